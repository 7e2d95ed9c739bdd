#include "wire/ndjson.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using codecrucible::wire::NdjsonReader;

namespace {

std::vector<std::string> read(const std::vector<std::string>& pieces) {
  NdjsonReader reader;
  std::vector<std::string> out;
  std::string_view line;
  for (const auto& piece : pieces) {
    const std::string own(piece);
    reader.feed(own);
    while (reader.next(line)) out.emplace_back(line);
  }
  reader.end();
  while (reader.next(line)) out.emplace_back(line);
  return out;
}

void check_every_cut(const std::string& stream, const std::vector<std::string>& expected) {
  CHECK(read({stream}) == expected);
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    CAPTURE(at);
    CHECK(read({stream.substr(0, at), stream.substr(at)}) == expected);
  }
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  CHECK(read(bytes) == expected);
}

}  // namespace

TEST_CASE("ndjson: lines are delivered once wherever they are split") {
  check_every_cut("{\"a\":1}\n{\"b\":\"h\xC3\xA9\"}\n", {"{\"a\":1}", "{\"b\":\"h\xC3\xA9\"}"});
}

TEST_CASE("ndjson: CRLF, empty lines, blanks and a byte order mark are skipped") {
  check_every_cut("\xEF\xBB\xBF{}\r\n\r\n\n  \n {\"b\":2} \n", {"{}", "{\"b\":2}"});
}

TEST_CASE("ndjson: a last line without its end is given at the end") {
  check_every_cut("{}\n{\"cut\":", {"{}", "{\"cut\":"});
  check_every_cut("{\"whole\":1}", {"{\"whole\":1}"});
  check_every_cut("", {});
}

TEST_CASE("ndjson: the limit bounds memory and fails for good") {
  NdjsonReader reader(16);
  std::string_view line;
  reader.feed("{\"a\":1}\n{\"bbbbb");
  CHECK(reader.next(line));
  CHECK_FALSE(reader.next(line));
  CHECK_FALSE(reader.overflown());
  reader.feed("bbbbbbbbbbbbbbbb");
  CHECK_FALSE(reader.next(line));
  CHECK(reader.overflown());
  reader.feed("\n{}\n");
  CHECK_FALSE(reader.next(line));
}
