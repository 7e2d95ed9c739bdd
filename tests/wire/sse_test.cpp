#include "wire/sse.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using codecrucible::wire::SseEvent;
using codecrucible::wire::SseReader;

namespace {

struct Seen {
  std::string data, name;
  bool cut = false;
  bool operator==(const Seen&) const = default;
};

void drain(SseReader& reader, std::vector<Seen>& out) {
  SseEvent event;
  while (reader.next(event)) out.push_back({std::string(event.data), std::string(event.name), event.cut});
}

std::vector<Seen> read(const std::vector<std::string>& pieces) {
  SseReader reader;
  std::vector<Seen> out;
  for (const auto& piece : pieces) {
    const std::string own(piece);  // dies before the next feed, so that a kept view would be caught
    reader.feed(own);
    drain(reader, out);
  }
  reader.end();
  drain(reader, out);
  return out;
}

// Whole, split in two at every byte, byte by byte, and in random pieces.
void check_every_cut(const std::string& stream, const std::vector<Seen>& expected) {
  CHECK(read({stream}) == expected);
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    CAPTURE(at);
    CHECK(read({stream.substr(0, at), stream.substr(at)}) == expected);
  }
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  CHECK(read(bytes) == expected);
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 9;
      pieces.push_back(stream.substr(at, size));
      at += size;
    }
    CHECK(read(pieces) == expected);
  }
}

}  // namespace

TEST_CASE("sse: events with LF ends are delivered once wherever they are split") {
  check_every_cut("data: {\"a\":1}\n\ndata: [DONE]\n\n", {{"{\"a\":1}", ""}, {"[DONE]", ""}});
}

TEST_CASE("sse: CRLF and CR end lines too, also mixed and split between reads") {
  check_every_cut("data: a\r\n\r\ndata: b\r\n\r\n", {{"a", ""}, {"b", ""}});
  check_every_cut("data: a\r\rdata: b\r\r", {{"a", ""}, {"b", ""}});
  check_every_cut("data: a\n\r\ndata: b\r\n\rdata: c\n\n", {{"a", ""}, {"b", ""}, {"c", ""}});
}

TEST_CASE("sse: comments, unknown fields, empty events and a byte order mark are skipped") {
  check_every_cut(
      "\xEF\xBB\xBF: hello\n\ndata: a\n: ping\nid: 7\nretry: 1\n\n: ping\n: ping\n\nevent: ping\n\n"
      "data:\n\ndata\n\ndata:b\n\n",
      {{"a", ""}, {"b", ""}});
  check_every_cut(
      "\xEF\xBB\xBF"
      "data: x\n\n",
      {{"x", ""}});
}

TEST_CASE("sse: several data lines join with LF and only one leading space goes") {
  check_every_cut("data: {\ndata:   \"a\": 1\ndata: }\n\ndata:  two\n\n",
                  {{"{\n  \"a\": 1\n}", ""}, {" two", ""}});
  check_every_cut("data:\ndata: x\n\n", {{"\nx", ""}});
}

TEST_CASE("sse: event names and the error lines of old llama.cpp are reported") {
  check_every_cut("event: error\ndata: {\"m\":1}\n\nerror: {\"code\":500}\n\ndata: z\nevent: late\n\n",
                  {{"{\"m\":1}", "error"}, {"{\"code\":500}", "error"}, {"z", "late"}});
}

TEST_CASE("sse: an event without its blank line is given at the end and marked cut") {
  check_every_cut("data: a\n\ndata: b", {{"a", ""}, {"b", "", true}});
  check_every_cut("data: a\n\ndata: b\n", {{"a", ""}, {"b", "", true}});
  check_every_cut("data: a\n\ndata: b\r", {{"a", ""}, {"b", "", true}});
  check_every_cut("data: a\n\nevent: x\n", {{"a", ""}});
  check_every_cut("", {});
}

TEST_CASE("sse: characters of several bytes survive any cut") {
  check_every_cut("data: {\"t\":\"h\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80\"}\n\n",
                  {{"{\"t\":\"h\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80\"}", ""}});
}

TEST_CASE("sse: only an event of one data line with LF ends is plain, and raw is its own bytes") {
  const auto plain = [](std::string_view bytes) {
    SseReader reader;
    reader.feed(bytes);
    SseEvent event;
    REQUIRE(reader.next(event));
    if (event.plain) {
      CHECK(event.raw == bytes);
    }
    return event.plain;
  };
  CHECK(plain("data: a\n\n"));
  CHECK_FALSE(plain("data:a\n\n"));
  CHECK_FALSE(plain("data: a\r\n\r\n"));
  CHECK_FALSE(plain("event: x\ndata: a\n\n"));
  CHECK_FALSE(plain("data: a\n: x\n\n"));
  CHECK_FALSE(plain("data: a\ndata: b\n\n"));
  CHECK_FALSE(
      plain("\xEF\xBB\xBF"
            "data: a\n\n"));
}

TEST_CASE("sse: the limit bounds memory and fails for good") {
  SseReader reader(64);
  SseEvent event;
  const std::string forty(40, 'x');
  const std::string whole_event = "data: " + forty + "\n\n";
  const std::string half_event = "data: " + forty;
  reader.feed(whole_event);
  CHECK(reader.next(event));
  CHECK_FALSE(reader.next(event));
  reader.feed(half_event);
  CHECK_FALSE(reader.next(event));
  CHECK_FALSE(reader.overflown());
  reader.feed(forty);
  CHECK_FALSE(reader.next(event));
  CHECK(reader.overflown());
  reader.feed("\n\ndata: y\n\n");
  CHECK_FALSE(reader.next(event));

  SseReader whole(64);
  const std::string long_event = "data: " + std::string(100, 'x') + "\n\n";
  whole.feed(long_event);
  CHECK_FALSE(whole.next(event));
  CHECK(whole.overflown());
}

TEST_CASE("sse: endless bare comments use no memory") {
  SseReader reader(64);
  SseEvent event;
  for (int i = 0; i < 1000; ++i) {
    reader.feed(": ping\n");
    CHECK_FALSE(reader.next(event));
  }
  CHECK_FALSE(reader.overflown());
  reader.feed("data: a\n\n");
  CHECK(reader.next(event));
  CHECK(event.plain);
}

TEST_CASE("sse: a very long line within the limit is read") {
  const std::string text(std::size_t{9} << 20, 'q');
  SseReader reader;
  SseEvent event;
  const std::string stream = "data: " + text + "\n\n";
  std::size_t seen = 0;
  for (std::size_t at = 0; at < stream.size(); at += 16384) {
    reader.feed(std::string_view(stream).substr(at, 16384));
    while (reader.next(event)) seen = event.data.size();
  }
  CHECK(seen == text.size());
}
