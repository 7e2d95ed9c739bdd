#include "learning/off_policy.hpp"

#include "learning/dice.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace codecrucible::learning;

namespace {

// A world whose truth is known: four kinds of requests, three models, fixed chances of a good answer.
constexpr double good[4][3] = {{0.9, 0.5, 0.3}, {0.4, 0.8, 0.6}, {0.2, 0.3, 0.7}, {0.6, 0.6, 0.6}};
// The policy in force takes model 0 in three of four cases; the other one takes the best per kind.
constexpr double in_force[3] = {0.76, 0.12, 0.12};
constexpr double other[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.5, 0.5, 0}};

double truth() {
  double sum = 0;
  for (int kind = 0; kind < 4; ++kind) {
    for (int model = 0; model < 3; ++model) sum += other[kind][model] * good[kind][model] / 4;
  }
  return sum;
}

// `wrong`: how far the guesses of the doubly robust estimate are off.
std::vector<Logged> simulated(std::uint64_t seed, std::size_t requests, double wrong) {
  Dice dice(seed);
  std::vector<Logged> log;
  for (std::size_t i = 0; i < requests; ++i) {
    const auto kind = dice.below(4);
    const double at = dice.unit();
    const std::size_t model = at < in_force[0] ? 0 : at < in_force[0] + in_force[1] ? 1 : 2;
    Logged one;
    one.propensity = in_force[model];
    one.reward = dice.unit() < good[kind][model] ? 1 : 0;
    one.share = other[kind][model];
    one.expected_served = good[kind][model] + wrong;
    for (std::size_t m = 0; m < 3; ++m) one.expected_other += other[kind][m] * (good[kind][m] + wrong);
    log.push_back(one);
  }
  return log;
}

bool covers(const Estimate& estimate, double value) {
  return estimate.low <= value && value <= estimate.high;
}

}  // namespace

TEST_CASE("off-policy: 95 percent intervals cover the truth in nine of ten of 200 runs at least") {
  for (const std::size_t requests : {200, 1000}) {
    for (const double wrong : {0.0, 0.2}) {
      int ips = 0, snips = 0, robust = 0;
      for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const auto found = evaluate(simulated(seed * 7919, requests, wrong), {.resamples = 200});
        ips += covers(found.ips, truth()) ? 1 : 0;
        snips += covers(found.snips, truth()) ? 1 : 0;
        robust += covers(found.robust, truth()) ? 1 : 0;
      }
      CAPTURE(requests);
      CAPTURE(wrong);
      CHECK(ips >= 180);
      CHECK(snips >= 180);
      CHECK(robust >= 180);
    }
  }
}

TEST_CASE("off-policy: good guesses make the doubly robust interval the narrowest, bad ones do not bias it") {
  double width_ips = 0, width_robust = 0, robust = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto right = evaluate(simulated(seed, 1000, 0), {.resamples = 50});
    width_ips += right.ips.high - right.ips.low;
    width_robust += right.robust.high - right.robust.low;
    robust += evaluate(simulated(seed, 1000, 0.3), {.resamples = 50}).robust.value / 50;
  }
  CHECK(width_robust < 0.8 * width_ips);
  CHECK(robust == doctest::Approx(truth()).epsilon(0.02));
}

TEST_CASE("off-policy: a better policy is called better, the same one is not") {
  const auto better = evaluate(simulated(3, 4000, 0));
  CHECK(better.can_tell);
  CHECK(plain_verdict(better).starts_with("Better"));
  auto same = simulated(3, 4000, 0);
  for (auto& one : same) {
    one.share = one.propensity;
    one.expected_other = one.expected_served = 0.5;
  }
  CHECK(plain_verdict(evaluate(same)).starts_with("No difference"));
}

TEST_CASE("off-policy: a policy of models that were never tried cannot be judged, and it is said") {
  auto log = simulated(5, 500, 0);
  for (auto& one : log) one.share = 0;
  const auto nothing = evaluate(log);
  CHECK(!nothing.can_tell);
  CHECK(nothing.matched == 0);
  CHECK(plain_verdict(nothing).find("cannot tell") != std::string::npos);

  // Half of what the other one takes was never tried.
  log = simulated(5, 2000, 0);
  for (auto& one : log) one.share *= 0.5;
  const auto half = evaluate(log);
  CHECK(!half.can_tell);
  CHECK(half.warnings.front().find("never tried") != std::string::npos);
}

TEST_CASE("off-policy: few or heavy requests are warned of") {
  CHECK(!evaluate(simulated(1, 20, 0)).can_tell);
  auto log = simulated(1, 2000, 0);
  log.front().propensity = 0.0001;
  log.front().share = 1;
  const auto heavy = evaluate(log);
  CHECK(!heavy.can_tell);
  CHECK(heavy.largest_share > 0.1);
  CHECK(!evaluate({}).can_tell);
  // Nothing but bad answers: the weights are right all the same.
  log = simulated(1, 500, 0);
  for (auto& one : log) {
    one.reward = 0;
    one.share = one.propensity;
  }
  CHECK(evaluate(log).mean_weight == doctest::Approx(1));
  CHECK(evaluate(log).can_tell);
}
