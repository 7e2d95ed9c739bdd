#include "online.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

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

std::vector<double> prices_of(const Set& set, const Course& course) {
  std::vector<double> prices;
  for (const double size : set.sizes) prices.push_back(course.price_of_largest * size / largest);
  return prices;
}

// Whoever chooses and learns.
struct Learner {
  std::function<learning::Choice(const Row&, learning::Dice&)> choose;
  std::function<void(const Row&, std::size_t arm, double quality)> learn;
};

std::vector<Step> run(const Set& set, const Learner& learner, const Course& course) {
  const std::size_t arms = set.models.size();
  const auto prices = prices_of(set, course);
  std::vector<std::size_t> order(set.rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  learning::Dice dice(course.seed);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[dice.below(i)]);
  if (course.requests > 0) {
    order.resize(course.requests);
    for (auto& row : order) row = dice.below(set.rows.size());
  }

  for (std::size_t i = 0; i < course.warm; ++i) {
    const auto& row = set.rows[order[i]];
    const std::size_t one = dice.below(arms);
    for (std::size_t arm = 0; arm < arms; ++arm) {
      if (course.warm_full || arm == one) learner.learn(row, arm, row.scores[arm]);
    }
  }

  const auto before = hindsight(set, prices, arms, 1);
  const auto after = hindsight(set, prices, before.fixed, dropped);
  const std::size_t middle = order.size() / 2;
  std::vector<Step> steps;
  for (std::size_t i = course.warm; i < order.size(); ++i) {
    const auto& row = set.rows[order[i]];
    const bool changed = course.drop && i >= middle;
    const auto score_of = [&](const Row& of, std::size_t arm) {
      return of.scores[arm] * (changed && arm == before.fixed ? dropped : 1);
    };
    const auto choice = learner.choose(row, dice);
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
    learner.learn(row, choice.position, told);
  }
  return steps;
}

// One Gaussian belief per task over the qualities of all models.
class Informed {
 public:
  Informed(const Set& set, std::vector<double> prices, double factor)
      : arms_(set.models.size()), factor_(factor), prices_(std::move(prices)) {
    const auto means = means_of(set);
    double spread = 0, cells = 0;
    for (const auto& row : set.rows) {
      for (std::size_t arm = 0; arm < arms_; ++arm) {
        spread += std::pow(row.scores[arm] - means[row.task][arm], 2);
        cells += 1;
      }
    }
    noise_ = spread / cells;
    for (std::size_t task = 0; task < means.size(); ++task) beliefs_.push_back(belief_of(means, task));
  }

  learning::Choice choose(const Row& row, learning::Dice& dice) const {
    const auto& belief = beliefs_[row.task];
    // Cholesky, row by row, while the draw is made of it.
    std::vector<double> root(arms_ * arms_, 0), normal(arms_), drawn(arms_);
    for (auto& one : normal)
      one = std::sqrt(-2 * std::log(1 - dice.unit())) * std::cos(6.283185307179586 * dice.unit());
    for (std::size_t i = 0; i < arms_; ++i) {
      drawn[i] = belief.mean[i] - prices_[i];
      for (std::size_t j = 0; j <= i; ++j) {
        double rest = belief.covariance[i * arms_ + j];
        for (std::size_t k = 0; k < j; ++k) rest -= root[i * arms_ + k] * root[j * arms_ + k];
        root[i * arms_ + j] = i == j ? std::sqrt(std::max(rest, 1e-12)) : rest / root[j * arms_ + j];
        drawn[i] += factor_ * root[i * arms_ + j] * normal[j];
      }
    }
    return {best_of(drawn), 1, false};
  }

  void learn(const Row& row, std::size_t arm, double quality) {
    auto& belief = beliefs_[row.task];
    std::vector<double> gain(arms_);
    const double spread = belief.covariance[arm * arms_ + arm] + noise_;
    for (std::size_t i = 0; i < arms_; ++i) gain[i] = belief.covariance[i * arms_ + arm];
    const double surprise = (quality - belief.mean[arm]) / spread;
    for (std::size_t i = 0; i < arms_; ++i) {
      belief.mean[i] += gain[i] * surprise;
      for (std::size_t j = 0; j < arms_; ++j) belief.covariance[i * arms_ + j] -= gain[i] * gain[j] / spread;
    }
  }

 private:
  struct Belief {
    std::vector<double> mean, covariance;
  };
  std::vector<std::vector<double>> means_of(const Set& set) const {
    std::vector<std::vector<double>> means(set.tasks.size(), std::vector<double>(arms_, 0));
    std::vector<double> counts(set.tasks.size(), 0);
    for (const auto& row : set.rows) {
      counts[row.task] += 1;
      for (std::size_t arm = 0; arm < arms_; ++arm) means[row.task][arm] += row.scores[arm];
    }
    for (std::size_t task = 0; task < means.size(); ++task) {
      for (auto& mean : means[task]) mean /= std::max(counts[task], 1.0);
    }
    return means;
  }
  // From all tasks but this one.
  Belief belief_of(const std::vector<std::vector<double>>& means, std::size_t left_out) const {
    constexpr double floor = 0.003;  // of the variances
    const auto others = static_cast<double>(means.size() - 1);
    Belief out{std::vector<double>(arms_, 0), std::vector<double>(arms_ * arms_, 0)};
    for (std::size_t task = 0; task < means.size(); ++task) {
      for (std::size_t i = 0; i < arms_ && task != left_out; ++i) out.mean[i] += means[task][i] / others;
    }
    for (std::size_t task = 0; task < means.size(); ++task) {
      for (std::size_t i = 0; i < arms_ && task != left_out; ++i) {
        for (std::size_t j = 0; j < arms_; ++j)
          out.covariance[i * arms_ + j] +=
              (means[task][i] - out.mean[i]) * (means[task][j] - out.mean[j]) / (others - 1);
      }
    }
    for (std::size_t i = 0; i < arms_; ++i) out.covariance[i * arms_ + i] += floor;
    return out;
  }

  std::size_t arms_;
  double factor_, noise_ = 0;
  std::vector<double> prices_;
  std::vector<Belief> beliefs_;
};

}  // namespace

std::vector<Step> run(const Set& set, const learning::BanditSettings& settings, bool traits,
                      const Course& course) {
  const auto prices = prices_of(set, course);
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
  std::vector<learning::Option> options(prices.size());
  Learner learner;
  learner.choose = [&](const Row& row, learning::Dice& dice) {
    for (std::size_t arm = 0; arm < options.size(); ++arm) options[arm] = option_of(row, arm);
    return bandit.choose(options, situation_of(row), dice);
  };
  learner.learn = [&](const Row& row, std::size_t arm, double quality) {
    bandit.learn(option_of(row, arm), situation_of(row), quality);
  };
  return run(set, learner, course);
}

std::vector<Step> run_informed(const Set& set, double factor, const Course& course) {
  Informed informed(set, prices_of(set, course), factor);
  Learner learner;
  learner.choose = [&](const Row& row, learning::Dice& dice) { return informed.choose(row, dice); };
  learner.learn = [&](const Row& row, std::size_t arm, double quality) { informed.learn(row, arm, quality); };
  return run(set, learner, course);
}

double mean_of(const std::vector<Step>& steps, double Step::* what, std::size_t begin, std::size_t end) {
  end = std::min(end, steps.size());
  if (begin >= end) return 0;
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += steps[i].*what;
  return sum / static_cast<double>(end - begin);
}

}  // namespace codecrucible::measuring
