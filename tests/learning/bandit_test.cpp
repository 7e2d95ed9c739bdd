#include "learning/bandit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace codecrucible::learning;

namespace {

// Three models on two tasks with known chances.
constexpr double good[2][3] = {{0.9, 0.6, 0.3}, {0.3, 0.5, 0.9}};

struct Played {
  double reward = 0;  // mean
  int explored = 0;
  int best_late = 0;  // right choices in the last quarter
};

Played play(Bandit& bandit, std::uint64_t seed, int steps, double shift = 0) {
  Dice dice(seed);
  Played out;
  for (int i = 0; i < steps; ++i) {
    const Situation situation{dice.below(2), 0, {}};
    const Option options[] = {{0, 0.5, 0}, {1, 0.5, 0}, {2, 0.5, 0}};
    const auto choice = bandit.choose(options, situation, dice);
    const double chance = std::abs(good[situation.task][choice.position] - shift);
    const double quality = dice.unit() < chance ? 1 : 0;
    bandit.learn(options[choice.position], situation, quality);
    out.reward += quality / steps;
    out.explored += choice.explored ? 1 : 0;
    if (i >= steps * 3 / 4) out.best_late += choice.position == (situation.task == 0 ? 0U : 2U) ? 1 : 0;
  }
  return out;
}

Bandit three(BanditSettings settings = {}) {
  Bandit bandit({2, 3, 0}, settings);
  for (const auto* name : {"small", "middle", "large"}) bandit.arm(name);
  return bandit;
}

}  // namespace

TEST_CASE("bandit: on the first day it says what the rules say") {
  const auto bandit = three();
  const Option options[] = {{0, 0.6, 0.1}, {1, 0.7, 0.1}, {2, 0.9, 0.4}};
  CHECK(bandit.expect(options[1], {0, 1, {}}).mean == 0.7);
  CHECK(bandit.known(1, {0, 1, {}}) == 0);
  // The best for its price; with no exploration allowed it is always taken.
  BanditSettings still;
  still.budget = 0;
  const auto quiet = three(still);
  Dice dice(1);
  for (int i = 0; i < 100; ++i) {
    const auto choice = quiet.choose(options, {0, 1, {}}, dice);
    CHECK(choice.position == 1);
    CHECK(choice.propensity == 1);
  }
}

TEST_CASE("bandit: both ways of choosing find the best model per task") {
  for (const auto algorithm : {Algorithm::thompson, Algorithm::linucb}) {
    BanditSettings settings;
    settings.algorithm = algorithm;
    settings.optimism = 1;
    auto bandit = three(settings);
    const auto played = play(bandit, 7, 2000);
    CHECK(played.best_late > 450);
    CHECK(played.reward > 0.8);
  }
}

TEST_CASE("bandit: the same seed gives the same run") {
  auto one = three(), two = three();
  play(one, 11, 300);
  play(two, 11, 300);
  CHECK(one.written() == two.written());
  auto other = three();
  play(other, 12, 300);
  CHECK(one.written() != other.written());
}

TEST_CASE("bandit: exploration keeps to its budget, and the propensities are true") {
  BanditSettings settings;
  settings.budget = 0.1;
  settings.optimism = 1;
  auto bandit = three(settings);
  CHECK(play(bandit, 5, 3000).explored < 3000 * 0.1 + 60);

  settings.budget = 1;
  const auto open = three(settings);
  const Option options[] = {{0, 0.5, 0}, {1, 0.55, 0}, {2, 0.3, 0}};
  Dice dice(3);
  double counts[3] = {}, propensities[3] = {};
  for (int i = 0; i < 20000; ++i) {
    const auto choice = open.choose(options, {0, 0, {}}, dice);
    counts[choice.position] += 1.0 / 20000;
    propensities[choice.position] = choice.propensity;
  }
  for (int i = 0; i < 3; ++i) CHECK(counts[i] == doctest::Approx(propensities[i]).epsilon(0.05));
}

TEST_CASE("bandit: what one model shows about a task counts for the others too") {
  auto bandit = three();
  for (int i = 0; i < 50; ++i) {
    bandit.learn({0, 0.8, 0}, {0, 0, {}}, 0);
    bandit.learn({1, 0.8, 0}, {0, 0, {}}, 0);
    bandit.learn({0, 0.8, 0}, {1, 0, {}}, 1);
  }
  // Nobody asked the third model, but the first task is known to be hard.
  CHECK(bandit.expect({2, 0.8, 0}, {0, 0, {}}).mean < bandit.expect({2, 0.8, 0}, {1, 0, {}}).mean - 0.1);
}

TEST_CASE("bandit: a model that gets worse is noticed and left") {
  BanditSettings settings;
  settings.optimism = 1;
  auto bandit = three(settings);
  play(bandit, 3, 1500);
  const auto quiet = bandit.alarms();
  // From now on the chances are turned around.
  const auto after = play(bandit, 4, 1500, 1);
  CHECK(bandit.alarms() > quiet);
  CHECK(after.best_late < 150);
  CHECK(quiet <= 2);
}

TEST_CASE("bandit: its state survives being written and read, and goes on the same") {
  auto before = three();
  play(before, 21, 500);
  auto after = three();
  REQUIRE(after.read(before.written()));
  CHECK(after.written() == before.written());
  CHECK(after.outcomes() == 500);
  CHECK(play(after, 22, 100).reward == play(before, 22, 100).reward);

  const auto text = before.written();
  auto other = three();
  const auto own = other.written();
  CHECK(!other.read(text.substr(0, text.size() / 2)));
  CHECK(!other.read("nothing"));
  Bandit wider({3, 3, 0}, {});
  CHECK(!wider.read(text));
  CHECK(other.written() == own);
}

TEST_CASE("bandit: words without sense change nothing") {
  auto bandit = three();
  const auto before = bandit.written();
  bandit.learn({0, 0.5, 0}, {0, 0, {}}, std::nan(""));
  bandit.learn({0, 0.5, 0}, {0, 0, {}}, 1, 0);
  CHECK(bandit.written() == before);
  Dice dice(1);
  CHECK(bandit.choose({}, {0, 0, {}}, dice).position == 0);
}

TEST_CASE("shares: what Thompson sampling would give, by quadrature") {
  const Worth options[] = {{0.6, 0.1}, {0.5, 0.1}, {0.5, 0.3}};
  const auto shares = best_shares(options);
  CHECK(std::accumulate(shares.begin(), shares.end(), 0.0) == doctest::Approx(1));
  // Against draws: a sum of twelve even numbers is near enough to a Gaussian.
  Dice dice(1);
  double counts[3] = {};
  for (int i = 0; i < 40000; ++i) {
    double drawn[3];
    for (int j = 0; j < 3; ++j) {
      double sum = -6;
      for (int k = 0; k < 12; ++k) sum += dice.unit();
      drawn[j] = options[j].mean + options[j].deviation * sum;
    }
    counts[std::max_element(drawn, drawn + 3) - drawn] += 1.0 / 40000;
  }
  for (std::size_t i = 0; i < 3; ++i) CHECK(shares[i] == doctest::Approx(counts[i]).epsilon(0.04));

  const auto bounded = bounded_shares(options, 0.1);
  CHECK(bounded[0] == doctest::Approx(0.9));
  CHECK(bounded[1] / bounded[2] == doctest::Approx(shares[1] / shares[2]));
  const Worth equal[] = {{0.5, 0}, {0.5, 0}};
  CHECK(best_shares(equal)[0] == doctest::Approx(0.5));
}

TEST_CASE("belief: one weight is the textbook's posterior") {
  Belief belief;
  const Term x[] = {{belief.add(2), 1}};
  belief.see(x, 3, 1);
  belief.see(x, 5, 1);
  // Precision 1/4 + 2, mean (3 + 5) / that.
  CHECK(belief.mean(x) == doctest::Approx(8 / 2.25));
  CHECK(belief.variance(x) == doctest::Approx(1 / 2.25));
  belief.fade(0.5);
  CHECK(belief.mean(x) == doctest::Approx(4 / 2.25));
  CHECK(belief.variance(x) == doctest::Approx(0.25 / 2.25 + 0.75 * 4));
}
