#include "cuts.hpp"
#include "wire/ndjson.hpp"

namespace {

using codecrucible::wire::NdjsonReader;

void drain(NdjsonReader& reader, std::string& out) {
  std::string_view line;
  while (reader.next(line)) out.append(line).append("\n");
}

}  // namespace

// Whatever the cut, the same lines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  std::string whole, split;
  NdjsonReader first;
  first.feed(input.bytes);
  drain(first, whole);
  first.end();
  drain(first, whole);
  NdjsonReader second;
  input.in_pieces([&](std::string_view piece) {
    second.feed(piece);
    drain(second, split);
  });
  second.end();
  drain(second, split);
  fuzz::require(whole == split);
  return 0;
}
