#include "learning/bandit.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::learning {

Bandit::Bandit(Dimensions dimensions, BanditSettings settings)
    : dimensions_(dimensions), settings_(settings) {
  const auto& spread = settings_.spread;
  belief_.add(spread.level);
  for (std::size_t i = 0; i < dimensions_.tasks; ++i) belief_.add(spread.task);
  for (std::size_t i = 0; i < dimensions_.complexities; ++i) belief_.add(spread.complexity);
  for (std::size_t i = 0; i < dimensions_.traits; ++i) belief_.add(spread.trait);
}

std::size_t Bandit::arm(std::string_view name) {
  const auto known = std::find(names_.begin(), names_.end(), name);
  if (known != names_.end()) return static_cast<std::size_t>(known - names_.begin());
  const auto& spread = settings_.spread;
  Places places;
  places.first = belief_.add(spread.arm);
  for (std::size_t i = 0; i < dimensions_.tasks; ++i) belief_.add(spread.arm_task);
  for (std::size_t i = 0; i < dimensions_.complexities; ++i) belief_.add(spread.arm_complexity);
  names_.emplace_back(name);
  places_.push_back(places);
  return names_.size() - 1;
}

void Bandit::terms(std::size_t arm, const Situation& situation, std::vector<Term>& out) const {
  const std::size_t task = std::min(situation.task, dimensions_.tasks - 1);
  const std::size_t complexity = std::min(situation.complexity, dimensions_.complexities - 1);
  const auto& places = places_[arm];
  out.clear();
  out.push_back({0, 1});
  out.push_back({1 + task, 1});
  out.push_back({1 + dimensions_.tasks + complexity, 1});
  out.push_back({places.first, 1});
  out.push_back({places.first + 1 + task, 1});
  out.push_back({places.first + 1 + dimensions_.tasks + complexity, 1});
  const std::size_t traits = 1 + dimensions_.tasks + dimensions_.complexities;
  const std::size_t count = std::min(situation.traits.size(), dimensions_.traits);
  for (std::size_t i = 0; i < count; ++i)
    out.push_back({traits + i, static_cast<double>(situation.traits[i])});
}

Worth Bandit::expect(const Option& option, const Situation& situation) const {
  std::vector<Term> x;
  terms(option.arm, situation, x);
  return {option.prior + belief_.mean(x), std::sqrt(belief_.variance(x))};
}

double Bandit::known(std::size_t arm, const Situation& situation) const {
  std::vector<Term> x;
  terms(arm, situation, x);
  const double first = belief_.first_variance(x);
  return first > 0 ? std::clamp(1 - belief_.variance(x) / first, 0.0, 1.0) : 0;
}

double Bandit::doubt(std::size_t arm, const Situation& situation) const {
  std::vector<Term> x;
  terms(arm, situation, x);
  const std::span<const Term> own = std::span(x).subspan(3, 3);
  return settings_.optimism * std::sqrt(belief_.variance(own));
}

// Only what tells the options apart matters to a choice: what they share (level, task, traits) would count
// as doubt in each of them.
std::vector<Worth> Bandit::worths(std::span<const Option> options, const Situation& situation) const {
  std::vector<Worth> out;
  std::vector<Term> x, own;
  out.reserve(options.size());
  for (const auto& option : options) {
    terms(option.arm, situation, x);
    own.assign(x.begin() + 3, x.begin() + 6);
    out.push_back({option.prior - option.price + belief_.mean(x),
                   settings_.optimism * std::sqrt(belief_.variance(own))});
  }
  return out;
}

Choice Bandit::choose(std::span<const Option> options, const Situation& situation, Dice& dice) const {
  Choice choice;
  const double random = dice.unit();  // always one throw: runs stay comparable
  if (options.empty()) return choice;
  const auto worth = worths(options, situation);
  const auto by_mean = [](const Worth& a, const Worth& b) { return a.mean < b.mean; };
  const auto best =
      static_cast<std::size_t>(std::max_element(worth.begin(), worth.end(), by_mean) - worth.begin());
  if (settings_.algorithm == Algorithm::linucb) {
    const auto by_hope = [](const Worth& a, const Worth& b) {
      return a.mean + a.deviation < b.mean + b.deviation;
    };
    const auto hope =
        static_cast<std::size_t>(std::max_element(worth.begin(), worth.end(), by_hope) - worth.begin());
    // Within the budget; at a budget of 1 the hoped-for one is always taken.
    const bool tries = hope != best && random < settings_.budget;
    choice.position = tries ? hope : best;
    choice.propensity = hope == best ? 1 : tries ? settings_.budget : 1 - settings_.budget;
    choice.explored = tries;
    return choice;
  }
  const auto shares = bounded_shares(worth, settings_.budget);
  choice.position = best;
  double reached = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    reached += shares[i];
    if (random < reached) {
      choice.position = i;
      break;
    }
  }
  choice.propensity = shares[choice.position];
  choice.explored = choice.position != best;
  return choice;
}

void Bandit::learn(const Option& option, const Situation& situation, double quality, double weight) {
  if (!(weight > 0) || !std::isfinite(quality)) return;
  std::vector<Term> x;
  terms(option.arm, situation, x);
  const double y = std::clamp(quality, 0.0, 1.0) - option.prior;
  const double noise = settings_.spread.noise * settings_.spread.noise / std::min(weight, 1.0);
  const double surprise = (y - belief_.mean(x)) / std::sqrt(belief_.variance(x) + noise);
  if (settings_.forgetting < 1) belief_.fade(settings_.forgetting);
  belief_.see(x, y, noise);
  ++outcomes_;
  watch(option.arm, surprise);
}

void Bandit::watch(std::size_t arm, double surprise) {
  auto& places = places_[arm];
  places.low = std::max(0.0, places.low - surprise - settings_.slack);
  places.high = std::max(0.0, places.high + surprise - settings_.slack);
  if (places.low < settings_.alarm && places.high < settings_.alarm) return;
  ++alarms_;
  places.low = places.high = 0;
  std::vector<std::size_t> weights;
  for (std::size_t i = 0; i < 1 + dimensions_.tasks + dimensions_.complexities; ++i)
    weights.push_back(places.first + i);
  belief_.doubt(weights, settings_.doubt);
}

}  // namespace codecrucible::learning
