#include "wire/think_splitter.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;

namespace {

struct Said {
  std::string reasoning, text;
  bool operator==(const Said&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Said& said) {
  return out << "(" << said.reasoning << "|" << said.text << ")";
}

// Feeds `whole` in two pieces cut at `at`, then a finish.
Said split_at(std::string_view whole, std::size_t at, core::ThinkTags tags) {
  wire::ThinkSplitter splitter(tags);
  Said said;
  const auto hear = [&](core::Events events) {
    splitter.split(events);
    for (const auto& event : events) {
      if (event.kind == core::Event::Kind::reasoning) said.reasoning += event.text;
      if (event.kind == core::Event::Kind::text) said.text += event.text;
    }
  };
  const auto text = [](std::string_view piece) {
    core::Event event;
    event.text = piece;
    return event;
  };
  // Each piece dies behind its call, as a decoder's do.
  std::string first(whole.substr(0, at)), second(whole.substr(at));
  hear({text(first)});
  first.assign(first.size(), '!');
  hear({text(second)});
  second.assign(second.size(), '!');
  core::Event finish;
  finish.kind = core::Event::Kind::finish;
  hear({finish});
  return said;
}

void same_at_every_cut(std::string_view whole, const Said& wanted, core::ThinkTags tags) {
  for (std::size_t at = 0; at <= whole.size(); ++at) {
    CAPTURE(whole);
    CAPTURE(at);
    CHECK(split_at(whole, at, tags) == wanted);
  }
}

}  // namespace

TEST_CASE("think tags: reasoning before the answer is told apart wherever the stream is cut") {
  using enum core::ThinkTags;
  same_at_every_cut("<think>\nfirst I look\n</think>\n\nYes.", {"first I look\n", "Yes."}, tags);
  same_at_every_cut("\n <think>a < b</ th</think>ok", {"a < b</ th", "ok"}, tags);
  same_at_every_cut("<think></think>ok", {"", "ok"}, tags);
  same_at_every_cut("<think>never closed </thi", {"never closed </thi", ""}, tags);
}

TEST_CASE("think tags: an answer without them stays as it is") {
  using enum core::ThinkTags;
  same_at_every_cut("  The tag <think> opens, </think> closes.",
                    {"", "  The tag <think> opens, </think> closes."}, tags);
  same_at_every_cut("<thin", {"", "<thin"}, tags);
  same_at_every_cut("<think>x</think>y", {"", "<think>x</think>y"}, none);
}

TEST_CASE("think tags: where the template opens the thought, only the closing tag is seen") {
  using enum core::ThinkTags;
  same_at_every_cut("I weigh it.\n</think>\n\n42", {"I weigh it.\n", "42"}, inside);
}

TEST_CASE("think tags: a server that separates reasoning itself is believed") {
  wire::ThinkSplitter splitter(core::ThinkTags::inside);
  core::Event reasoning;
  reasoning.kind = core::Event::Kind::reasoning;
  reasoning.text = "hm";
  core::Event text;
  text.text = "answer";
  core::Events events{reasoning, text};
  splitter.split(events);
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == core::Event::Kind::text);
  CHECK(events[1].text == "answer");
}

TEST_CASE("think tags: choices do not mix, and a call lets held text go first") {
  wire::ThinkSplitter splitter(core::ThinkTags::tags);
  core::Event one, two, call;
  one.text = "<think>a</th";
  two.text = "<thi";
  two.choice = 1;
  call.kind = core::Event::Kind::tool_call;
  call.choice = 1;
  core::Events events{one, two, call};
  splitter.split(events);
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind == core::Event::Kind::reasoning);
  CHECK(events[0].text == "a");
  CHECK(events[1].text == "<thi");
  CHECK(events[1].choice == 1);
  CHECK(events[2].kind == core::Event::Kind::tool_call);
}
