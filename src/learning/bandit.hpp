#pragma once

#include "learning/belief.hpp"
#include "learning/dice.hpp"
#include "learning/settings.hpp"
#include "router/shares.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::learning {

using router::best_shares;
using router::bounded_shares;
using router::Worth;

// Where a choice is made: kind of task, complexity, and (if the caller has them) numbers about the prompt
// such as its embedding.
struct Situation {
  std::size_t task = 0;
  std::size_t complexity = 0;
  std::span<const float> traits{};
};

// How many of each there are.
struct Dimensions {
  std::size_t tasks = 8;
  std::size_t complexities = 3;
  std::size_t traits = 0;
};

// How far things are expected to lie from what the rules say (standard deviations of quality, which lies
// between 0 and 1), and how noisy one outcome is.
struct Spread {
  double level = 0.5;        // all models alike
  double arm = 0.15;         // a model, whatever the task
  double task = 0.3;         // a task, whatever the model
  double complexity = 0.05;  //
  double arm_task = 0.2;     // a model on a task
  double arm_complexity = 0.03;
  double trait = 0.15;  // one of the traits, whatever the model; traits are of length 1
  double noise = 0.36;
};

struct BanditSettings {
  Algorithm algorithm = Algorithm::thompson;
  Spread spread;
  double forgetting = 1;  // what is known of everything fades by this per outcome; 1 = never
  double budget = 1;      // largest share of choices that do not take the best by mean
  double optimism = 0.5;  // LinUCB: deviations added; Thompson: factor on deviations
  // A model whose outcomes fall short of (or exceed) what was expected by this many noise deviations in
  // sum, beyond an allowance of `slack` each, is believed to have changed (CUSUM after Page 1954).
  double alarm = 10;
  double slack = 0.5;
  double doubt = 2;  // share of the first variance that it gets back then
};

// One thing that may be chosen now.
struct Option {
  std::size_t arm = 0;
  double prior = 0;  // quality that config and rules expect of it here
  double price = 0;  // what choosing it costs, in units of quality: time, money
};

struct Choice {
  std::size_t position = 0;  // into the options
  double propensity = 1;     // probability with which this one was chosen
  bool explored = false;     // not the best by mean
};

// Contextual bandit: expected quality = what the rules expect + level + model + task + complexity +
// model × task + model × complexity + traits, one Gaussian belief over all of them. With no outcome it says
// what the rules say. Quality is learned; prices are told. Deterministic given the dice. Not thread-safe.
class Bandit {
 public:
  Bandit(Dimensions dimensions, BanditSettings settings);

  // The number of this arm; new names are added.
  std::size_t arm(std::string_view name);
  const std::vector<std::string>& arms() const noexcept { return names_; }

  // Expected quality (not clamped to 0..1) and its standard deviation.
  Worth expect(const Option& option, const Situation& situation) const;
  // Share of what can be known about it that is known, 0 (nothing seen) … 1.
  double known(std::size_t arm, const Situation& situation) const;
  // Deviation of what sets this arm apart from the others here, times `optimism`: what a choice is made with.
  double doubt(std::size_t arm, const Situation& situation) const;
  Choice choose(std::span<const Option> options, const Situation& situation, Dice& dice) const;

  // The chosen option turned out this well: 0..1. `weight` below 1: a less certain word.
  void learn(const Option& option, const Situation& situation, double quality, double weight = 1);

  std::uint64_t outcomes() const noexcept { return outcomes_; }
  std::uint64_t alarms() const noexcept { return alarms_; }  // changes noticed

  // The whole state as text, and back; what does not fit these dimensions is refused.
  std::string written() const;
  bool read(std::string_view text);

 private:
  // Where the weights of an arm are: its own, per task, per complexity.
  struct Places {
    std::size_t first = 0;
    double low = 0, high = 0;  // CUSUM of shortfall and of excess
  };
  void terms(std::size_t arm, const Situation& situation, std::vector<Term>& out) const;
  void watch(std::size_t arm, double surprise);
  std::vector<Worth> worths(std::span<const Option> options, const Situation& situation) const;

  Dimensions dimensions_;
  BanditSettings settings_;
  Belief belief_;
  std::vector<std::string> names_;
  std::vector<Places> places_;
  std::uint64_t outcomes_ = 0, alarms_ = 0;
};

}  // namespace codecrucible::learning
