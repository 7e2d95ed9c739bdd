#include "cache/semantic/judge.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::cache {
namespace {

constexpr std::size_t remembered_samples = 3000;
constexpr std::size_t remembered_risks = 1000;
constexpr std::size_t fit_every = 50;
constexpr std::size_t fewest_samples = 30;
// Of the bound: the rest is for what the estimate does not know.
constexpr double used_share = 0.65;
constexpr double highest_limit = 0.25;  // no single answer is told that is likely wrong
constexpr double largest_gap = 0.3;

}  // namespace

// The prior: what intents and developers' questions have in common, on the strict side (docs/caching.md).
Judge::Judge(double bound)
    : bound_(bound), limit_(bound), weights_{-3, -12, -8, 4, 2, 2, 2, 2, 2, 2, 2, 2, -0.5} {}

Judge::Traits Judge::traits_of(const Likeness& likeness) {
  Traits out{};
  out[0] = 1;
  out[1] = likeness.score - 0.8;
  out[2] = std::min(likeness.gap, largest_gap) - 0.1;
  if (likeness.difference) out[3 + static_cast<std::size_t>(*likeness.difference)] = 1;
  out[3 + difference_count] = std::log1p(likeness.wrong);
  out[4 + difference_count] = std::log1p(likeness.right);
  return out;
}

double Judge::risk(const Likeness& likeness) const {
  const auto traits = traits_of(likeness);
  double sum = 0;
  for (std::size_t i = 0; i < traits.size(); ++i) sum += weights_[i] * traits[i];
  return 1 / (1 + std::exp(-sum));
}

bool Judge::admits(std::optional<double> risk) {
  ++requests_;
  if (!risk) return false;
  ++alike_;
  recent_.push_back(*risk);
  if (recent_.size() > remembered_risks) recent_.pop_front();
  if (alike_ % fit_every == 0) set_limit();
  return *risk <= limit_;
}

void Judge::observe(const Likeness& likeness, bool right) {
  samples_.push_back({traits_of(likeness), !right});
  if (samples_.size() > remembered_samples) samples_.pop_front();
  if (++since_fit_ < fit_every || samples_.size() < fewest_samples) return;
  since_fit_ = 0;
  fit();
}

// The highest limit at which the risks taken add up to no more than the bound allows.
void Judge::set_limit() {
  std::vector<double> risks(recent_.begin(), recent_.end());
  std::sort(risks.begin(), risks.end());
  const double share = static_cast<double>(alike_) / static_cast<double>(requests_);
  const double budget = bound_ * used_share / share * static_cast<double>(risks.size());
  double spent = 0;
  limit_ = 0;
  for (const double risk : risks) {
    spent += risk;
    if (spent > budget || risk > highest_limit) break;
    limit_ = risk;
  }
}

// Logistic regression by Newton's method, drawn towards the prior weights as by a few observations.
void Judge::fit() {
  const auto prior = Judge(bound_).weights_;
  Traits ridge;
  ridge.fill(1.0);
  ridge[0] = 2.0;
  ridge[1] = ridge[2] = 0.1;
  ridge[3 + difference_count] = ridge[4 + difference_count] = 2.0;
  Traits weights = weights_;
  for (int round = 0; round < 6; ++round) {
    std::array<std::array<double, trait_count + 1>, trait_count>
        system{};  // Hessian, and the gradient as last column
    for (std::size_t i = 0; i < trait_count; ++i) {
      system[i][i] = ridge[i];
      system[i][trait_count] = ridge[i] * (weights[i] - prior[i]);
    }
    for (const auto& sample : samples_) {
      double sum = 0;
      for (std::size_t i = 0; i < trait_count; ++i) sum += weights[i] * sample.traits[i];
      const double guess = 1 / (1 + std::exp(-sum));
      const double error = guess - (sample.wrong ? 1 : 0);
      const double slope = std::max(guess * (1 - guess), 1e-6);
      for (std::size_t i = 0; i < trait_count; ++i) {
        if (sample.traits[i] == 0) continue;
        system[i][trait_count] += error * sample.traits[i];
        for (std::size_t j = 0; j < trait_count; ++j)
          system[i][j] += slope * sample.traits[i] * sample.traits[j];
      }
    }
    // Gauss without pivoting: the matrix is positive definite.
    for (std::size_t i = 0; i < trait_count; ++i) {
      for (std::size_t row = i + 1; row < trait_count; ++row) {
        const double factor = system[row][i] / system[i][i];
        for (std::size_t column = i; column <= trait_count; ++column)
          system[row][column] -= factor * system[i][column];
      }
    }
    for (std::size_t i = trait_count; i-- > 0;) {
      double value = system[i][trait_count];
      for (std::size_t j = i + 1; j < trait_count; ++j) value -= system[i][j] * system[j][trait_count];
      system[i][trait_count] = value / system[i][i];
      weights[i] -= std::clamp(system[i][trait_count], -4.0, 4.0);
    }
  }
  if (std::all_of(weights.begin(), weights.end(), [](double value) { return std::isfinite(value); }))
    weights_ = weights;
}

}  // namespace codecrucible::cache
