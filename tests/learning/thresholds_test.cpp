#include "learning/thresholds.hpp"

#include "learning/dice.hpp"
#include "learning/rule_words.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace codecrucible;
using namespace codecrucible::learning;

namespace {

constexpr auto edit = core::TaskType::edit;
constexpr auto general_work = core::TaskType::general;
constexpr double general = 0.6, reach = 0.2;

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

TEST_CASE("thresholds: with nothing learned there is none, nor where escalation or learning of it is off") {
  Thresholds thresholds;
  CHECK_FALSE(thresholds.threshold(edit, general, reach));
  thresholds.saw(edit, 0.9, 0, 1);
  CHECK(thresholds.threshold(edit, general, reach));
  CHECK_FALSE(thresholds.threshold(edit, 0, reach));
  CHECK_FALSE(thresholds.threshold(edit, general, 0));
  CHECK_FALSE(thresholds.threshold(general_work, general, reach));
}

TEST_CASE("thresholds: answers worse than they look raise it, better ones lower it, never beyond the reach") {
  Thresholds worse, better;
  for (int i = 0; i < 200; ++i) {
    worse.saw(edit, 0.8, i % 10 < 3 ? 1 : 0, 1);
    better.saw(edit, 0.7, i % 20 == 0 ? 0 : 1, 1);
  }
  CHECK(*worse.threshold(edit, general, reach) == doctest::Approx(general + reach));
  CHECK(*better.threshold(edit, general, reach) == doctest::Approx(general - reach));
  CHECK(*worse.threshold(edit, 0.9, reach) <= 0.95);
  CHECK(*better.threshold(edit, 0.1, reach) >= 0.05);
}

TEST_CASE(
    "thresholds: a shift of the judge is found, so that what escalates really is as doubtful as meant") {
  Dice dice(7);
  Thresholds thresholds;
  constexpr double shift = -0.5;
  for (int i = 0; i < 3000; ++i) {
    const double looks = 0.3 + 0.65 * dice.unit();
    const double good = logistic(std::log(looks / (1 - looks)) + shift);
    thresholds.saw(edit, looks, dice.unit() < good ? 1 : 0, 1);
  }
  CHECK(thresholds.view(edit).shift == doctest::Approx(shift).epsilon(0.2));
  const double found = *thresholds.threshold(edit, general, reach);
  CHECK(logistic(std::log(found / (1 - found)) + shift) == doctest::Approx(general).epsilon(0.05));
}

TEST_CASE("thresholds: where stronger models are no better than expected of the small one, fewer escalate") {
  Thresholds poor, fine;
  for (int i = 0; i < 30; ++i) {
    poor.escalated(edit, 0.9, i % 10 < 7 ? 1 : 0, 1);
    fine.escalated(edit, 0.9, i % 10 < 9 ? 1 : 0, 1);
  }
  CHECK(*poor.threshold(edit, general, reach) < general - 0.1);
  CHECK(*fine.threshold(edit, general, reach) == doctest::Approx(general).epsilon(0.01));
}

TEST_CASE("thresholds: what was learned fades, and a weak word moves less than a strong one") {
  Thresholds faded, weak, strong;
  for (int i = 0; i < 20; ++i) {
    faded.saw(edit, 0.8, 0, 1);
    strong.saw(edit, 0.8, 0, 1);
    weak.saw(edit, 0.8, 0, 0.1);
  }
  for (int i = 0; i < 1000; ++i) faded.fade(edit, 0.99);
  CHECK(*faded.threshold(edit, general, 0.5) == doctest::Approx(general).epsilon(0.01));
  CHECK(weak.view(edit).shift < 0);
  CHECK(strong.view(edit).shift < weak.view(edit).shift);
}

TEST_CASE("thresholds and rules: written and read back; anything else changes nothing") {
  Thresholds thresholds;
  RuleWords rules;
  thresholds.saw(edit, 0.8, 0, 0.5);
  thresholds.escalated(general_work, 0.9, 0.2, 1);
  rules.learn("to the small one: 7b", 1, 0.5, 0.99);
  rules.learn("to the small one: 7b", 0, 1, 0.99);
  rules.learn("other", 1, 1, 0.99);
  rules.learn("", 1, 1, 0.99);
  std::string text;
  thresholds.write(text);
  rules.write(text);
  Thresholds again;
  RuleWords rules_again;
  Words words(text);
  REQUIRE(again.read(words));
  REQUIRE(rules_again.read(words));
  CHECK(again.view(edit).shift == thresholds.view(edit).shift);
  CHECK(again.view(general_work).gain == thresholds.view(general_work).gain);
  CHECK(rules_again.rules().size() == 2);
  const auto& kept = rules_again.rules().at("to the small one: 7b");
  CHECK(kept.words == 2);
  CHECK(kept.share() == doctest::Approx(0.495 / 1.495));
  for (const char* const other : {"", "1 2 3", "nan nan nan", "1 -1 0 0 0 0 "}) {
    Words wrong(other);
    CHECK_FALSE(again.read(wrong));
  }
  CHECK(again.view(edit).judged == 1);
}

TEST_CASE("rules: of very many the one with the least to say makes room") {
  RuleWords rules;
  for (int i = 0; i < 300; ++i) rules.learn("rule " + std::to_string(i), 1, i == 0 ? 0.01 : 1, 1);
  CHECK(rules.rules().size() == 256);
  CHECK_FALSE(rules.rules().contains("rule 0"));
  CHECK(rules.rules().contains("rule 299"));
}
