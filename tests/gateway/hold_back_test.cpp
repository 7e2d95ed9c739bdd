#include "gateway/hold_back.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace codecrucible;
using gateway::AnswerListener;
using gateway::HoldBack;
using Kind = core::Event::Kind;

namespace {

// Writes down what it hears.
struct Ear final : AnswerListener {
  void begin() override { heard += '|'; }
  void hear(const core::Event& event) override {
    if (event.kind == Kind::text || event.kind == Kind::tool_call) heard += event.text;
    if (event.kind == Kind::logprobs) heard += "<logprobs>";
    if (event.kind == Kind::finish) heard += '.';
  }
  std::string heard;
};

core::Event event(Kind kind, std::string_view text = {}) {
  core::Event one;
  one.kind = kind;
  one.text = text;
  return one;
}

HoldBack::Plan plan() {
  HoldBack::Plan plan;
  plan.model = confidence::plain_model();
  return plan;
}

}  // namespace

TEST_CASE("hold-back: listeners hear nothing of a held answer, and all of it once it is shown") {
  Ear ear;
  const std::vector<AnswerListener*> listeners{&ear};
  HoldBack hold(plan(), listeners);
  {
    // What was heard must not live longer than the call.
    std::string passing = "Hello";
    hold.hear(event(Kind::text, passing));
    passing = "xxxxx";
  }
  hold.hear(event(Kind::logprobs, "[]"));
  CHECK(ear.heard.empty());
  CHECK(hold.holding());
  hold.release();
  CHECK(ear.heard == "|Hello");
  CHECK(!hold.holding());
  hold.hear(event(Kind::text, " there"));
  hold.hear(event(Kind::logprobs, "[]"));
  hold.hear(event(Kind::finish));
  CHECK(ear.heard == "|Hello there.");
}

TEST_CASE("hold-back: who asked for log-probabilities hears them") {
  Ear ear;
  const std::vector<AnswerListener*> listeners{&ear};
  auto wanted = plan();
  wanted.show_logprobs = true;
  HoldBack hold(std::move(wanted), listeners);
  hold.hear(event(Kind::text, "a"));
  hold.hear(event(Kind::logprobs, "[]"));
  hold.release();
  CHECK(ear.heard == "|a<logprobs>");
}

TEST_CASE("hold-back: repaired arguments stand in the place of all the pieces they came in") {
  Ear ear;
  const std::vector<AnswerListener*> listeners{&ear};
  const core::Tool tool{"f", "", R"({"type":"object","properties":{"n":{"type":"integer"}}})", {}};
  auto wanted = plan();
  wanted.facts.tools = std::span(&tool, 1);
  HoldBack hold(std::move(wanted), listeners);
  auto first = event(Kind::tool_call, R"({"n":)");
  first.tool_name = "f";
  first.tool_id = "call_1";
  hold.hear(first);
  hold.hear(event(Kind::tool_call, R"("5",})"));
  hold.hear(event(Kind::finish));
  CHECK(hold.repaired() == 1);
  const auto events = hold.mended();
  REQUIRE(events.size() == 2);
  CHECK(events[0].text == R"({"n":5})");
  CHECK(events[0].tool_id == "call_1");
  hold.release();
  CHECK(ear.heard == R"(|{"n":5}.)");
}

TEST_CASE("hold-back: the verdict comes at the end of the window or of the answer, and stays") {
  const std::vector<AnswerListener*> nobody;
  HoldBack hold(plan(), nobody);
  const auto now = std::chrono::steady_clock::now();
  CHECK(hold.until() == core::Time::max());
  hold.hear(event(Kind::text, "Well"));
  CHECK(hold.until() < core::Time::max());
  CHECK(hold.tick(now) == confidence::Step::hold);
  CHECK(hold.tick(hold.until()) == confidence::Step::commit);
  HoldBack bad(plan(), nobody);
  bad.hear(event(Kind::text, "I'm sorry, but I can't assist with that."));
  CHECK(bad.tick(now) == confidence::Step::escalate);
  bad.hear(event(Kind::text, " But here it is."));
  CHECK(bad.tick(now) == confidence::Step::escalate);
}
