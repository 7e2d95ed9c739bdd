#include "confidence/hold.hpp"

#include "confidence/ladder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::confidence;
using core::Event;
using std::chrono::milliseconds;

namespace {

const core::Time start{};

Event text(std::string_view piece) {
  Event event;
  event.text = piece;
  return event;
}
Event of(Event::Kind kind) {
  Event event;
  event.kind = kind;
  return event;
}

}  // namespace

static_assert(!std::is_constructible_v<Live, Held&>, "live is reached by commit only");

TEST_CASE("confidence: the window ends by tokens") {
  Settings settings;
  settings.hold_tokens = 3;
  Held held({}, settings, {}, plain_model());
  CHECK(held.feed(of(Event::Kind::start), start) == Step::hold);
  CHECK(held.until() == core::Time::max());
  CHECK(held.feed(text("one"), start) == Step::hold);
  CHECK(held.feed(text(" two"), start) == Step::hold);
  CHECK(held.feed(text(" six"), start) == Step::commit);
  Live live = std::move(held).commit();
  live.feed(text(" more"));
  live.feed(of(Event::Kind::finish));
  CHECK(live.evidence().text() == "one two six more");
  CHECK(live.judgement().whole);
}

TEST_CASE("confidence: the window ends by time since the first token") {
  Held held({}, {}, {}, plain_model());
  CHECK(held.tick(start + milliseconds(5000)) == Step::hold);  // no token yet: prefill is no holding back
  CHECK(held.feed(text("one"), start + milliseconds(5000)) == Step::hold);
  CHECK(held.until() == start + milliseconds(5400));
  CHECK(held.tick(start + milliseconds(5399)) == Step::hold);
  CHECK(held.tick(start + milliseconds(5400)) == Step::commit);
}

TEST_CASE("confidence: a refusal escalates before the window ends") {
  Held held({}, {}, {}, plain_model());
  CHECK(held.feed(text("I'm sorry, "), start) == Step::hold);
  CHECK(held.feed(text("but I cannot help with that."), start) == Step::escalate);
  CHECK(held.judgement().reasons[0] == "refusal");
  CHECK(held.judgement().good < 0.6F);
}

TEST_CASE("confidence: the last step shows what it has unless the backend fails") {
  Terms terms;
  terms.may_escalate = false;
  Held held({}, {}, terms, plain_model());
  held.feed(text("I cannot help with that."), start);
  CHECK(held.feed(of(Event::Kind::finish), start) == Step::commit);
  Held dies({}, {}, terms, plain_model());
  dies.feed(text("It"), start);
  CHECK(dies.feed(of(Event::Kind::failure), start) == Step::escalate);
  CHECK(dies.judgement().reasons[0] == "backend failed");
}

TEST_CASE("confidence: a whole answer is judged at its end only") {
  Terms terms;
  terms.whole = true;
  Facts facts;
  facts.format.kind = core::Format::Kind::json;
  Held held(facts, {}, terms, plain_model());
  for (int i = 0; i < 60; ++i)
    CHECK(held.feed(text(i == 0 ? "[" : "1,"), start + std::chrono::seconds(i)) == Step::hold);
  CHECK(held.feed(of(Event::Kind::finish), start) == Step::escalate);  // the array never closes
}

TEST_CASE("confidence: a tool call that began in the window is held until it is whole") {
  core::Tool tool{"f", "", R"({"type":"object","required":["x"]})", {}};
  Facts facts;
  facts.tools = std::span(&tool, 1);
  Settings settings;
  settings.hold_tokens = 2;
  for (const bool whole : {true, false}) {
    settings.whole_tool_calls = whole;
    Held held(facts, settings, {}, plain_model());
    auto call = of(Event::Kind::tool_call);
    call.tool_name = "f";
    call.text = "{";
    held.feed(call, start);
    call.tool_name = {};
    call.text = "\"y\":1}";
    CHECK(held.feed(call, start) == (whole ? Step::hold : Step::commit));
    // Nobody shall look again and again for a window that does not end by time.
    if (whole) CHECK(held.until() == core::Time::max());
    if (whole) CHECK(held.look_at() == core::Time::max());
    if (whole) CHECK(held.feed(of(Event::Kind::finish), start) == Step::escalate);
  }
}

TEST_CASE("confidence: a second answer that differs lowers and one that agrees raises") {
  Facts facts;
  facts.prompt = "Answer only with the colour: what is the sky?";
  Held held(facts, {}, {}, plain_model());
  held.feed(text("blue"), start);
  held.feed(of(Event::Kind::finish), start);
  const float alone = held.judgement().good;
  held.compare("Blue.");
  CHECK(held.judgement().good > alone);
  CHECK(held.judgement().signs.has(Sign::agreement));
  held.compare("green");
  CHECK(held.judgement().good < alone);
  CHECK(held.judgement().signs.has(Sign::disagreement));
}

TEST_CASE("confidence: the budget is a share with a small burst") {
  Budget budget(0.05, 4);
  int spent = 0;
  for (int i = 0; i < 10000; ++i) {
    budget.request();
    spent += budget.spend() ? 1 : 0;
  }
  CHECK(spent <= 500);
  CHECK(spent >= 499);
  Budget saved(0.05, 4);
  for (int i = 0; i < 10000; ++i) saved.request();
  CHECK(saved.saved() == doctest::Approx(4));
}

TEST_CASE("confidence: the first request can be paid for, and yet of all no more than the share") {
  Budget budget(0.05, 4);
  int spent = 0;
  for (int n = 1; n <= 2000; ++n) {
    budget.request();
    spent += budget.spend() ? 1 : 0;
    if (n == 1) CHECK(spent == 1);
    CHECK(spent <= std::max(1.0, 0.05 * n + 1e-6));
  }
  CHECK(spent == 100);
}

namespace {

struct Given {
  int up = 0, doubted = 0;
  double sum = 0;  // of P(good) of those given up
};

// What a budget makes of answers judged one after the other.
template <class Draw>
Given spend_on(Budget& budget, int requests, Draw draw) {
  Given given;
  for (int i = 0; i < requests; ++i) {
    budget.request();
    const double good = draw();
    given.doubted += good < 0.6 ? 1 : 0;
    if (!budget.affords()) continue;
    const double limit = budget.selective(0.6);
    budget.judged(good);
    if (good >= limit || !budget.spend()) continue;
    ++given.up;
    given.sum += good;
  }
  return given;
}

}  // namespace

TEST_CASE("confidence: where more is doubted than can be paid for, the worst answers are given up") {
  std::mt19937_64 random(1);
  const auto chance = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
  Budget budget(0.05, 4);
  const auto given = spend_on(budget, 4000, chance);
  CHECK(given.up <= 200);
  CHECK(given.up >= 180);
  CHECK(given.sum / given.up < 0.12);  // the first come would have 0.3
}

TEST_CASE("confidence: where little is doubted, all of it is given up") {
  std::mt19937_64 random(1);
  const auto chance = [&] { return static_cast<double>(random() >> 11) * 0x1.0p-53; };
  Budget budget(0.05, 4);
  const auto given = spend_on(budget, 4000, [&] { return chance() < 0.03 ? 0.43 : 0.9; });
  CHECK(given.up >= given.doubted * 0.9);
}

TEST_CASE("confidence: terms that allow nothing take the advance back") {
  Budget budget(0, 1);
  budget.terms(0, 0);
  budget.request();
  CHECK_FALSE(budget.affords());
}

TEST_CASE("confidence: one budget for many threads gives out no more than was earned, and loses nothing") {
  Budget budget(0.05, 100'000);
  std::atomic<int> spent{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20'000; ++k) {
        budget.request();
        if (budget.spend()) ++spent;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(spent + budget.saved() == doctest::Approx(0.05 * 80'000));
}

TEST_CASE("confidence: new terms of a budget keep what was saved, as far as they allow") {
  Budget budget(1, 10);
  for (int i = 0; i < 20; ++i) budget.request();
  budget.terms(0, 3);
  budget.request();
  CHECK(budget.saved() == doctest::Approx(3));
  budget.terms(0, 0);
  budget.request();
  CHECK_FALSE(budget.affords());
  CHECK_FALSE(budget.spend());
}

TEST_CASE("confidence: doubt is looked for at half of the window, by tokens or by time, and only there") {
  Settings settings;
  settings.hold_tokens = 8;
  Terms terms;
  terms.threshold = 0.9F;  // a medium request's answer, with nothing against it, is good with 0.92
  Facts facts;
  facts.complexity = core::Complexity::medium;
  Held held(facts, settings, terms, plain_model());
  CHECK(held.look_at() == core::Time::max());
  held.feed(text("one"), start);
  CHECK(held.look_at() == start + milliseconds(200));
  CHECK_FALSE(held.doubtful());
  // More than half at once.
  CHECK(held.feed(text(" two three four five six"), start) == Step::hold);
  for (int i = 0; i < 4; ++i) CHECK(held.feed(text(" x"), start) == Step::hold);
  CHECK(held.doubtful());
  CHECK(held.look_at() == start + milliseconds(400));

  Held slow(facts, settings, terms, plain_model());
  slow.feed(text("one"), start);
  CHECK(slow.tick(start + milliseconds(199)) == Step::hold);
  CHECK_FALSE(slow.doubtful());
  CHECK(slow.tick(start + milliseconds(200)) == Step::hold);
  CHECK(slow.doubtful());
  CHECK(slow.tick(start + milliseconds(400)) == Step::commit);
  CHECK_FALSE(slow.doubtful());

  terms.threshold = 0.6F;
  Held sure(facts, settings, terms, plain_model());
  sure.feed(text("one"), start);
  sure.tick(start + milliseconds(300));
  CHECK_FALSE(sure.doubtful());
}

TEST_CASE("confidence: the ladder ends at its steps, its top, its time and its wish") {
  Settings settings;
  settings.max_escalations = 2;
  Budget budget(0, 10);
  for (int i = 0; i < 10; ++i) budget.request();
  Budget rich(1, 10);
  for (int i = 0; i < 10; ++i) rich.request();
  Ladder ladder(settings, Escalate::automatic, Rung::fast, start);
  CHECK(ladder.climb(rich, start) == Rung::quality);
  CHECK(ladder.climb(rich, start) == Rung::strongest);
  CHECK_FALSE(ladder.climb(rich, start));
  CHECK(rich.saved() == doctest::Approx(8));
  CHECK_FALSE(Ladder(settings, Escalate::never, Rung::fast, start).climb(rich, start));
  CHECK_FALSE(
      Ladder(settings, Escalate::automatic, Rung::fast, start).climb(rich, start + std::chrono::hours(1)));
  Budget none(0, 0);
  CHECK_FALSE(Ladder(settings, Escalate::automatic, Rung::fast, start).climb(none, start));
  CHECK(Ladder(settings, Escalate::always, Rung::fast, start).climb(none, start));
}

TEST_CASE("confidence: safe picks are not held and risky comparable ones get a second answer") {
  const Settings settings;
  const Ladder ladder(settings, Escalate::automatic, Rung::fast, start);
  CHECK(ladder.care(0.95, Comparable::prose) == Care::none);
  CHECK(ladder.care(0.8, Comparable::number) == Care::hold);
  CHECK(ladder.care(0.5, Comparable::number) == Care::second);
  CHECK(ladder.care(0.5, Comparable::prose) == Care::hold);
  CHECK(Ladder(settings, Escalate::never, Rung::fast, start).care(0.1, Comparable::number) == Care::none);
  CHECK(Ladder(settings, Escalate::always, Rung::fast, start).care(0.99, Comparable::prose) == Care::hold);
  CHECK(escalate_of(" Always ") == Escalate::always);
  CHECK(escalate_of("auto") == Escalate::automatic);
  CHECK_FALSE(escalate_of("perhaps"));
  CHECK(Thresholds{0.9, 0.5, {}, 0.6}.chosen() == doctest::Approx(0.9));
  CHECK(Thresholds{{}, 0.5, 0.7, 0.6}.chosen() == doctest::Approx(0.7));
  CHECK(Thresholds{}.chosen() == doctest::Approx(0.6));
}
