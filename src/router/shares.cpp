#include "router/shares.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace codecrucible::router {
namespace {

constexpr double reach = 4;     // deviations on both sides
constexpr double least = 1e-9;  // a deviation below it counts as this: a step

double below(double x, const Worth& worth) noexcept {
  return 0.5 * std::erfc((worth.mean - x) / (std::max(worth.deviation, least) * std::sqrt(2.0)));
}

}  // namespace

void best_shares(std::span<const Worth> options, std::span<double> shares, int points) noexcept {
  std::fill(shares.begin(), shares.end(), 0.0);
  for (std::size_t i = 0; i < options.size(); ++i) {
    for (int point = 0; point < points; ++point) {
      const double z = reach * (2 * (point + 0.5) / points - 1);
      const double x = options[i].mean + z * std::max(options[i].deviation, least);
      double chance = std::exp(-z * z / 2);
      for (std::size_t j = 0; j < options.size() && chance > 1e-12; ++j) {
        if (j != i) chance *= below(x, options[j]);
      }
      shares[i] += chance;
    }
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (sum > 0) {
    for (auto& share : shares) share /= sum;
  }
}

void bounded_shares(std::span<const Worth> options, double budget, std::span<double> shares,
                    int points) noexcept {
  best_shares(options, shares, points);
  if (options.empty()) return;
  const auto best = static_cast<std::size_t>(
      std::max_element(options.begin(), options.end(),
                       [](const Worth& a, const Worth& b) { return a.mean < b.mean; }) -
      options.begin());
  const double others = 1 - shares[best];
  const double factor = others > budget ? budget / others : 1;
  double rest = 1;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (i == best) continue;
    shares[i] *= factor;
    rest -= shares[i];
  }
  shares[best] = rest;
}

std::vector<double> best_shares(std::span<const Worth> options) {
  std::vector<double> shares(options.size(), 0);
  best_shares(options, shares);
  return shares;
}

std::vector<double> bounded_shares(std::span<const Worth> options, double budget) {
  std::vector<double> shares(options.size(), 0);
  bounded_shares(options, budget, shares);
  return shares;
}

}  // namespace codecrucible::router
