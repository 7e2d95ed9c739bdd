#include "cache/answer.hpp"

#include "made.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace codecrucible;
using namespace codecrucible::cache;
using cache::tests::piece;
using Kind = core::Event::Kind;

namespace {

std::string told(std::string_view packed) {
  std::string out;
  Unpacker in(packed);
  core::Event event;
  while (in.next(event)) {
    out += std::to_string(static_cast<int>(event.kind)) + ":" + std::to_string(event.choice) + ":" +
           std::string(event.text) + "|";
  }
  CHECK(in.consumed() == packed.size());
  return out;
}

}  // namespace

TEST_CASE("answer: events come out as they went in") {
  std::string packed;
  pack(piece("Hello \xF0\x9F\x98\x80"), packed);
  pack(piece("", Kind::reasoning, 3), packed);
  auto call = piece("{\"a\":", Kind::tool_call);
  call.tool_index = 200;
  call.tool_id = "call_1";
  call.tool_name = "f";
  pack(call, packed);
  core::Event usage;
  usage.kind = Kind::usage;
  usage.usage.prompt_tokens = 0;
  usage.usage.completion_tokens = 1'000'000;
  usage.usage.estimated = true;
  usage.timings.decode = std::chrono::nanoseconds(123456789);
  pack(usage, packed);
  core::Event finish;
  finish.kind = Kind::finish;
  finish.finish = core::FinishReason::tool_calls;
  finish.choice = 3;
  pack(finish, packed);

  Unpacker in(packed);
  core::Event event;
  REQUIRE(in.next(event));
  CHECK(event.text == "Hello \xF0\x9F\x98\x80");
  REQUIRE(in.next(event));
  CHECK(event.kind == Kind::reasoning);
  CHECK(event.choice == 3);
  REQUIRE(in.next(event));
  CHECK(event.tool_index == 200);
  CHECK(event.tool_id == "call_1");
  CHECK(event.tool_name == "f");
  CHECK(event.text == "{\"a\":");
  REQUIRE(in.next(event));
  CHECK(event.usage.prompt_tokens == 0);
  CHECK(event.usage.completion_tokens == 1'000'000);
  CHECK(!event.usage.cached_tokens);
  CHECK(event.usage.estimated);
  CHECK(event.timings.decode.count() == 123456789);
  REQUIRE(in.next(event));
  CHECK(event.finish == core::FinishReason::tool_calls);
  CHECK(!in.next(event));
}

TEST_CASE("answer: the stop string that ended a choice is kept") {
  std::string packed;
  core::Event finish;
  finish.kind = Kind::finish;
  finish.choice = 2;
  finish.text = "\nEND \xF0\x9F\x98\x80";
  pack(piece("one", Kind::text, 2), packed);
  pack(finish, packed);
  CHECK(told(packed) == "1:2:one|6:2:\nEND \xF0\x9F\x98\x80|");
  CHECK(told(joined(packed)) == told(packed));
  // Half of it is not an end.
  Unpacker in(std::string_view(packed).substr(0, packed.size() - 1));
  core::Event event;
  CHECK(in.next(event));
  CHECK(!in.next(event));
}

TEST_CASE("answer: cut anywhere, whole events are read and the rest waits") {
  std::string packed;
  for (int i = 0; i < 5; ++i) pack(piece(std::string(150, 'a'), Kind::text, i), packed);
  for (std::size_t cut = 0; cut <= packed.size(); ++cut) {
    std::string buffer = packed.substr(0, cut);
    int events = 0;
    core::Event event;
    Unpacker first(buffer);
    while (first.next(event)) ++events;
    buffer.erase(0, first.consumed());
    buffer += packed.substr(cut);
    Unpacker rest(buffer);
    while (rest.next(event)) ++events;
    CHECK(events == 5);
  }
}

TEST_CASE("answer: any bytes are read without harm") {
  std::uint32_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string noise;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525 + 1013904223;
      noise += static_cast<char>(state >> 24);
    }
    Unpacker in(noise);
    core::Event event;
    std::size_t text = 0;
    while (in.next(event)) text += event.text.size();
    CHECK(text <= noise.size());
  }
}

TEST_CASE("answer: pieces that lie next to each other are joined, nothing else moves") {
  std::string packed;
  for (const char* const word : {"one ", "two ", "three"}) pack(piece(word), packed);
  pack(piece("other", Kind::text, 1), packed);
  pack(piece("a", Kind::reasoning), packed);
  pack(piece("b", Kind::reasoning), packed);
  pack(piece("x"), packed);
  pack(piece("[1]", Kind::logprobs), packed);
  pack(piece("y"), packed);
  pack(piece("[2]", Kind::logprobs), packed);
  CHECK(told(joined(packed)) == "1:0:one two three|1:1:other|2:0:ab|1:0:x|5:0:[1]|1:0:y|5:0:[2]|");
  CHECK(told(joined(packed, 8)).starts_with("1:0:one two |1:0:three|"));
}
