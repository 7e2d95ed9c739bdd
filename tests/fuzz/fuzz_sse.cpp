#include "cuts.hpp"
#include "wire/sse.hpp"

namespace {

using codecrucible::wire::SseEvent;
using codecrucible::wire::SseReader;

void drain(SseReader& reader, std::string& out) {
  SseEvent event;
  while (reader.next(event)) {
    if (event.plain) fuzz::require(event.raw == "data: " + std::string(event.data) + "\n\n");
    out.append(event.name).append("|").append(event.data).append(event.cut ? "|cut\n" : "\n");
  }
}

}  // namespace

// Whatever the cut, the same events.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::Input input(data, size);
  std::string whole, split;
  SseReader first;
  first.feed(input.bytes);
  drain(first, whole);
  first.end();
  drain(first, whole);
  SseReader second;
  input.in_pieces([&](std::string_view piece) {
    second.feed(piece);
    drain(second, split);
  });
  second.end();
  drain(second, split);
  fuzz::require(whole == split);
  return 0;
}
