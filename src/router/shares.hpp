#pragma once

#include <span>
#include <vector>

namespace codecrucible::router {

// What is believed of one option's worth.
struct Worth {
  double mean = 0;
  double deviation = 0;
};

// Probability of each option to be the best one, were their worths independent Gaussians: the shares that
// Thompson sampling gives them. Sum 1; equal options without deviation share alike. By quadrature of that
// many points, so that the propensity of a choice is known exactly and not drawn. `shares` is as long as
// `options`.
void best_shares(std::span<const Worth> options, std::span<double> shares, int points = 48) noexcept;

// The same shares with at most `budget` (0..1) for all but the best by mean, which gets the rest.
void bounded_shares(std::span<const Worth> options, double budget, std::span<double> shares,
                    int points = 48) noexcept;

std::vector<double> best_shares(std::span<const Worth> options);
std::vector<double> bounded_shares(std::span<const Worth> options, double budget);

}  // namespace codecrucible::router
