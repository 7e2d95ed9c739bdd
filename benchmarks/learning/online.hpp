#pragma once

#include "data.hpp"
#include "learning/bandit.hpp"

#include <functional>

namespace codecrucible::measuring {

// What happened at one request: rewards are score minus price.
struct Step {
  double reward = 0;   // of the arm that was taken
  double fixed = 0;    // of the best fixed arm
  double by_task = 0;  // of the best arm per task
  double oracle = 0;   // of the best arm for this request
  double random = 0;   // mean over arms
  double rules = 0;    // of what the rules alone would have taken
  double propensity = 1;
};

struct Course {
  std::uint64_t seed = 1;
  std::size_t requests = 0;  // drawn from the rows with repetition; 0 = each row once
  std::size_t warm = 0;      // outcomes told beforehand, not counted
  bool warm_full = false;    // … each with the scores of all models, else of one at random
  bool shuffled = false;     // feedback is that of another request's answer
  bool drop = false;         // the best fixed arm loses half of its quality in the middle
  bool frozen = false;       // nothing is learned after the middle
  double price_of_largest = 0.2;
};

// One pass over the set in a seeded order; feedback for the chosen arm only.
std::vector<Step> run(const Set& set, const learning::BanditSettings& settings, bool traits,
                      const Course& course);

// The same by a learner that knows beforehand what no learner can: how all models do on all other tasks (mean
// and covariance of their qualities), and the noise of an outcome. It draws from its joint belief of each
// task (Thompson), deviations times `factor`. What it misses, nobody need find.
std::vector<Step> run_informed(const Set& set, double factor, const Course& course);

double mean_of(const std::vector<Step>& steps, double Step::* what, std::size_t begin = 0,
               std::size_t end = ~std::size_t{0});

}  // namespace codecrucible::measuring
