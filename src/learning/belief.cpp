#include "learning/belief.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::learning {

std::size_t Belief::add(double deviation) {
  const std::size_t at = size();
  if (at == stride_) {
    const std::size_t wider = std::max<std::size_t>(32, stride_ * 2);
    std::vector<double> moved(wider * wider, 0);
    for (std::size_t i = 0; i < at; ++i) std::copy_n(row(i), at, moved.data() + i * wider);
    covariance_ = std::move(moved);
    stride_ = wider;
  }
  mean_.push_back(0);
  first_.push_back(deviation * deviation);
  row(at)[at] = deviation * deviation;
  return at;
}

double Belief::mean(std::span<const Term> x) const noexcept {
  double sum = 0;
  for (const auto& term : x) sum += term.value * mean_[term.at];
  return sum;
}

double Belief::variance(std::span<const Term> x) const noexcept {
  double sum = 0;
  for (const auto& a : x) {
    for (const auto& b : x) sum += a.value * b.value * row(a.at)[b.at];
  }
  return std::max(sum, 0.0);
}

double Belief::first_variance(std::span<const Term> x) const noexcept {
  double sum = 0;
  for (const auto& term : x) sum += term.value * term.value * first_[term.at];
  return sum;
}

void Belief::see(std::span<const Term> x, double y, double noise) {
  gain_.assign(size(), 0);
  for (const auto& term : x) {
    const double* const from = row(term.at);
    for (std::size_t i = 0; i < size(); ++i) gain_[i] += term.value * from[i];
  }
  double spread = noise;
  for (const auto& term : x) spread += term.value * gain_[term.at];
  const double surprise = (y - mean(x)) / spread;
  for (std::size_t i = 0; i < size(); ++i) {
    mean_[i] += gain_[i] * surprise;
    const double factor = gain_[i] / spread;
    if (factor == 0) continue;
    double* const to = row(i);
    for (std::size_t j = 0; j < size(); ++j) to[j] -= factor * gain_[j];
  }
}

void Belief::fade(double keep) {
  const double square = keep * keep;
  for (std::size_t i = 0; i < size(); ++i) {
    mean_[i] *= keep;
    double* const to = row(i);
    for (std::size_t j = 0; j < size(); ++j) to[j] *= square;
    to[i] += (1 - square) * first_[i];
  }
}

void Belief::doubt(std::span<const std::size_t> weights, double share) {
  for (const auto at : weights) row(at)[at] += share * first_[at];
}

Belief::Kept Belief::kept() const {
  Kept out{mean_, first_, {}};
  out.covariance.reserve(size() * size());
  for (std::size_t i = 0; i < size(); ++i)
    out.covariance.insert(out.covariance.end(), row(i), row(i) + size());
  return out;
}

bool Belief::restore(const Kept& kept) {
  const std::size_t count = kept.mean.size();
  if (kept.first.size() != count || kept.covariance.size() != count * count) return false;
  const auto finite = [](double value) { return std::isfinite(value); };
  for (const auto* part : {&kept.mean, &kept.first, &kept.covariance}) {
    if (!std::all_of(part->begin(), part->end(), finite)) return false;
  }
  mean_ = kept.mean;
  first_ = kept.first;
  covariance_ = kept.covariance;
  stride_ = count;
  return true;
}

}  // namespace codecrucible::learning
