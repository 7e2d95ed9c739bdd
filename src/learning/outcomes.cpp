#include "learning/outcomes.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::learning {
namespace {

constexpr double first_step = 0.001;  // seconds
constexpr double growth = 1.2;

}  // namespace

void Outcomes::add(const Outcome& outcome) noexcept {
  ++requests_;
  if (outcome.failed) ++failures_;
  const double place =
      outcome.seconds > first_step ? std::log(outcome.seconds / first_step) / std::log(growth) : 0;
  ++times_[std::min(steps - 1, static_cast<std::size_t>(place))];
  if (outcome.quality) rate(*outcome.quality);
}

void Outcomes::rate(double said) noexcept {
  const double quality = std::clamp(said, 0.0, 1.0);
  ++rated_;
  sum_ += quality;
  squares_ += quality * quality;
}

double Outcomes::failure_share() const noexcept {
  return requests_ > 0 ? static_cast<double>(failures_) / static_cast<double>(requests_) : 0;
}

double Outcomes::quality() const noexcept {
  return rated_ > 0 ? sum_ / static_cast<double>(rated_) : 0;
}

// One good and one bad rating are added to the variance: equal ratings do not make certain.
double Outcomes::quality_error() const noexcept {
  if (rated_ < 2) return 1;
  const double n = static_cast<double>(rated_) + 2;
  const double mean = (sum_ + 1) / n;
  const double variance = std::max((squares_ + 1) / n - mean * mean, 0.0);
  return std::sqrt(variance / static_cast<double>(rated_));
}

double Outcomes::p95_seconds() const noexcept {
  std::uint64_t left = requests_ - requests_ * 95 / 100;
  if (requests_ == 0) return 0;
  for (std::size_t i = steps; i-- > 0;) {
    if (times_[i] >= left) return first_step * std::pow(growth, static_cast<double>(i + 1));
    left -= times_[i];
  }
  return 0;
}

Difference quality_difference(const Outcomes& current, const Outcomes& candidate) noexcept {
  Difference out;
  if (current.rated() < 2 || candidate.rated() < 2) return out;
  out.value = candidate.quality() - current.quality();
  const double reach = 1.96 * std::hypot(current.quality_error(), candidate.quality_error());
  out.low = out.value - reach;
  out.high = out.value + reach;
  return out;
}

}  // namespace codecrucible::learning
