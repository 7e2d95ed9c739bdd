#include "learning/release.hpp"

#include "learning/dice.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace codecrucible::learning;
using namespace std::chrono_literals;

namespace {

const Release::Wall start{1000h};

ReleaseSettings canary() {
  ReleaseSettings settings;
  settings.initial_percentage = 10;
  settings.increment_percentage = 30;
  settings.increment_interval = 10min;
  settings.minimum_samples = 50;
  return settings;
}

// `count` requests of each side, by seeded chance: failing, good, slow as told.
struct Way {
  double failing = 0, good = 0.8, seconds = 1;
};
void serve(Release& release, Way current, Way candidate, Release::Wall now, int count, Dice& dice) {
  for (int i = 0; i < count; ++i) {
    for (const auto side : {Side::current, Side::candidate}) {
      const auto& way = side == Side::current ? current : candidate;
      Outcome outcome;
      outcome.failed = dice.unit() < way.failing;
      outcome.seconds = way.seconds * (0.5 + dice.unit());
      if (!outcome.failed) outcome.quality = dice.unit() < way.good ? 1 : 0;
      release.saw(side, outcome, now);
    }
  }
}

}  // namespace

TEST_CASE("release: a canary that is as good grows step by step to the whole") {
  Release release(canary(), 1, 2, start);
  Dice dice(1);
  auto now = start;
  double before = release.percentage();
  CHECK(before == 10);
  for (int step = 0; step < 3; ++step) {
    serve(release, {}, {}, now, 200, dice);
    CHECK(!release.advance(now + 9min));
    now += 10min;
    CHECK(release.advance(now));
    CHECK(release.percentage() == std::min(100.0, before + 30));
    before = release.percentage();
  }
  CHECK(release.stage() == Stage::released);
  CHECK(release.in_force() == 2);
  CHECK(release.side_of(77) == Side::candidate);
}

TEST_CASE("release: without enough requests a canary waits and says how many it has seen") {
  Release release(canary(), 1, 2, start);
  Dice dice(1);
  serve(release, {}, {}, start, 49, dice);
  CHECK(!release.advance(start + 24h));
  CHECK(release.percentage() == 10);
  CHECK(release.reason() == "waiting: 49 of 50 requests seen");
  serve(release, {}, {}, start, 1, dice);
  CHECK(release.advance(start + 24h));
}

TEST_CASE("release: a canary does not grow while it is a little worse, nor is it rolled back") {
  for (const Way worse : {Way{.good = 0.7}, Way{.seconds = 1.6}, Way{.failing = 0.03}}) {
    Release release(canary(), 1, 2, start);
    Dice dice(4);
    serve(release, {}, worse, start, 300, dice);
    CHECK(!release.advance(start + 1h));
    CHECK(release.reason().starts_with("waiting"));
    CHECK(release.stage() == Stage::running);
  }
}

TEST_CASE("release: a canary that is surely worse rolls back by itself, and says why") {
  const std::pair<Way, std::string> cases[] = {
      {{.good = 0.4}, "quality"}, {{.seconds = 4}, "95 %"}, {{.failing = 0.5}, "failures"}};
  for (const auto& [worse, why] : cases) {
    CAPTURE(why);
    Release release(canary(), 1, 2, start);
    Dice dice(2);
    serve(release, {}, worse, start, 300, dice);
    CHECK(release.stage() == Stage::rolled_back);
    CHECK(release.reason().starts_with(why));
    CHECK(release.in_force() == 1);
    CHECK(release.side_of(5) == Side::current);
    CHECK(!release.advance(start + 24h));
  }
}

TEST_CASE("release: an equally good canary is rolled back in less than one of twenty cases") {
  int back = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Release release(canary(), 1, 2, start);
    Dice dice(seed);
    serve(release, {.failing = 0.02}, {.failing = 0.02}, start, 300, dice);
    back += release.stage() == Stage::rolled_back ? 1 : 0;
  }
  CHECK(back < 10);
}

TEST_CASE("release: a restart in the middle changes nothing") {
  Release before(canary(), 3, 4, start);
  Dice dice(9);
  serve(before, {}, {}, start, 200, dice);
  REQUIRE(before.advance(start + 10min));
  serve(before, {.good = 0.5}, {.good = 0.6}, start + 10min, 30, dice);

  Release after(ReleaseSettings{}, 0, 0, {});
  REQUIRE(Release::read(before.written(), after));
  CHECK(after.written() == before.written());
  CHECK(after.percentage() == 40);
  CHECK(after.candidate() == 4);
  for (std::uint64_t key = 0; key < 1000; ++key) CHECK(after.side_of(key) == before.side_of(key));
  Dice one(5), two(5);
  serve(before, {}, {}, start + 15min, 100, one);
  serve(after, {}, {}, start + 15min, 100, two);
  CHECK(before.advance(start + 20min) == after.advance(start + 20min));
  CHECK(after.written() == before.written());
}

TEST_CASE("release: state that is cut or foreign is refused and changes nothing") {
  const Release whole(canary(), 3, 4, start);
  const auto text = whole.written();
  Release other(canary(), 7, 8, start);
  const auto own = other.written();
  CHECK(!Release::read("", other));
  CHECK(!Release::read("release-2 0", other));
  CHECK(!Release::read(text.substr(0, text.size() / 2), other));
  CHECK(other.written() == own);
}

TEST_CASE("release: keys stay on their side while the share grows") {
  Release release(canary(), 1, 2, start);
  Dice dice(1);
  std::vector<Side> first;
  for (std::uint64_t key = 0; key < 5000; ++key) first.push_back(release.side_of(key));
  serve(release, {}, {}, start, 200, dice);
  REQUIRE(release.advance(start + 10min));
  int now_new = 0;
  for (std::uint64_t key = 0; key < 5000; ++key) {
    if (first[key] == Side::candidate) CHECK(release.side_of(key) == Side::candidate);
    now_new += release.side_of(key) == Side::candidate ? 1 : 0;
  }
  CHECK(now_new > 1800);
  CHECK(now_new < 2200);
}

TEST_CASE("release: the other ways: at once, gradual, a fixed split, in the background") {
  auto settings = canary();
  settings.strategy = Strategy::immediate;
  CHECK(Release(settings, 1, 2, start).in_force() == 2);

  settings.strategy = Strategy::gradual;
  Release gradual(settings, 1, 2, start);
  CHECK(gradual.advance(start + 10min));  // grows with time alone
  CHECK(gradual.percentage() == 40);

  settings.strategy = Strategy::ab;
  settings.split = 50;
  Release ab(settings, 1, 2, start);
  Dice dice(3);
  serve(ab, {.good = 0.6}, {.good = 0.2}, start, 300, dice);
  CHECK(!ab.advance(start + 1000h));
  CHECK(ab.stage() == Stage::running);  // a person decides
  CHECK(report(ab).verdict.starts_with("The new one is worse"));
  CHECK(report(ab).quality.high < 0);

  settings.strategy = Strategy::shadow;
  const Release shadow(settings, 1, 2, start);
  for (std::uint64_t key = 0; key < 100; ++key) CHECK(shadow.side_of(key) == Side::current);
}

TEST_CASE("release: a report says better, no difference, too early") {
  auto settings = canary();
  settings.strategy = Strategy::ab;
  Dice dice(3);
  Release better(settings, 1, 2, start);
  serve(better, {.good = 0.5}, {.good = 0.7}, start, 20, dice);
  CHECK(report(better).verdict.starts_with("Too early"));
  serve(better, {.good = 0.5}, {.good = 0.7}, start, 500, dice);
  CHECK(report(better).verdict.starts_with("The new one is better"));
  Release same(settings, 1, 2, start);
  serve(same, {}, {}, start, 300, dice);
  CHECK(report(same).verdict.starts_with("No difference"));
}

TEST_CASE("release: the slowest 5 percent are found within a step of a fifth") {
  Outcomes outcomes;
  for (int i = 1; i <= 1000; ++i) outcomes.add({false, i / 100.0, {}});
  CHECK(outcomes.p95_seconds() >= 9.5);
  CHECK(outcomes.p95_seconds() <= 9.5 * 1.2);
  CHECK(Outcomes{}.p95_seconds() == 0);
}
