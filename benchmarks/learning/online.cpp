#include "online.hpp"

#include <algorithm>
#include <numeric>

namespace codecrucible::measuring {
namespace {

constexpr double largest = 70;  // billions, the unit of the price
constexpr double dropped = 0.5;

std::size_t best_of(const std::vector<double>& worths) {
  return static_cast<std::size_t>(std::max_element(worths.begin(), worths.end()) - worths.begin());
}

// Best arms by hindsight over the rows, where the scores of `hit` count `factor`.
struct Hindsight {
  std::size_t fixed = 0;
  std::vector<std::size_t> by_task;
};
Hindsight hindsight(const Set& set, const std::vector<double>& prices, std::size_t hit, double factor) {
  std::vector<double> all(set.models.size(), 0);
  std::vector<std::vector<double>> per(set.tasks.size(), all);
  for (const auto& row : set.rows) {
    for (std::size_t arm = 0; arm < all.size(); ++arm) {
      const double reward = row.scores[arm] * (arm == hit ? factor : 1) - prices[arm];
      all[arm] += reward;
      per[row.task][arm] += reward;
    }
  }
  Hindsight out{best_of(all), {}};
  for (const auto& worths : per) out.by_task.push_back(best_of(worths));
  return out;
}

}  // namespace

std::vector<Step> run(const Set& set, const learning::BanditSettings& settings, bool traits,
                      const Course& course) {
  const std::size_t arms = set.models.size();
  std::vector<double> prices;
  for (const double size : set.sizes) prices.push_back(course.price_of_largest * size / largest);
  std::vector<std::size_t> order(set.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  learning::Dice dice(course.seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[dice.below(i)]);
  if (course.requests > 0) {
    order.resize(course.requests);
    for (auto& row : order) row = dice.below(set.rows.size());
  }

  learning::Bandit bandit({set.tasks.size(), 3, traits ? classifier::Vectors::dims : 0}, settings);
  for (const auto& model : set.models) bandit.arm(model);
  const auto situation_of = [&](const Row& row) {
    learning::Situation situation{row.task, row.complexity, {}};
    if (traits) situation.traits = row.traits;
    return situation;
  };
  const auto option_of = [&](const Row& row, std::size_t arm) {
    return learning::Option{arm, row.priors[arm], prices[arm]};
  };
  for (std::size_t i = 0; i < course.warm; ++i) {
    const auto& row = set.rows[order[i]];
    const std::size_t one = dice.below(arms);
    for (std::size_t arm = 0; arm < arms; ++arm) {
      if (course.warm_full || arm == one)
        bandit.learn(option_of(row, arm), situation_of(row), row.scores[arm]);
    }
  }

  const auto before = hindsight(set, prices, arms, 1);
  const auto after = hindsight(set, prices, before.fixed, dropped);
  const std::size_t middle = order.size() / 2;
  std::vector<Step> steps;
  std::vector<learning::Option> options(arms);
  for (std::size_t i = course.warm; i < order.size(); ++i) {
    const auto& row = set.rows[order[i]];
    const bool changed = course.drop && i >= middle;
    const auto score_of = [&](const Row& of, std::size_t arm) {
      return of.scores[arm] * (changed && arm == before.fixed ? dropped : 1);
    };
    for (std::size_t arm = 0; arm < arms; ++arm) options[arm] = option_of(row, arm);
    const auto choice = bandit.choose(options, situation_of(row), dice);
    Step step;
    std::vector<double> rewards, expected;
    for (std::size_t arm = 0; arm < arms; ++arm) {
      rewards.push_back(score_of(row, arm) - prices[arm]);
      expected.push_back(row.priors[arm] - prices[arm]);
    }
    const auto& best = changed ? after : before;
    step.reward = rewards[choice.position];
    step.fixed = rewards[best.fixed];
    step.by_task = rewards[best.by_task[row.task]];
    step.oracle = *std::max_element(rewards.begin(), rewards.end());
    step.random = std::accumulate(rewards.begin(), rewards.end(), 0.0) / static_cast<double>(arms);
    step.rules = rewards[best_of(expected)];
    step.propensity = choice.propensity;
    steps.push_back(step);
    if (course.frozen && i >= middle) continue;
    // The control: the word is about another request and another model.
    double told = score_of(row, choice.position);
    if (course.shuffled) told = score_of(set.rows[order[dice.below(order.size())]], dice.below(arms));
    bandit.learn(options[choice.position], situation_of(row), told);
  }
  return steps;
}

double mean_of(const std::vector<Step>& steps, double Step::* what, std::size_t begin, std::size_t end) {
  end = std::min(end, steps.size());
  if (begin >= end) return 0;
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += steps[i].*what;
  return sum / static_cast<double>(end - begin);
}

}  // namespace codecrucible::measuring
