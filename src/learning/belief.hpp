#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace codecrucible::learning {

// One input of a linear model that is not zero.
struct Term {
  std::size_t at = 0;
  double value = 1;
};

// A Gaussian over the weights of a linear model, y = w · x + noise, with its whole covariance: what one arm
// teaches about a task is known for the others too. Bayes' rule in its recursive form (Kalman filter): exact,
// a seen value costs O(size²), some ten microseconds for a hundred weights. Not thread-safe.
class Belief {
 public:
  Belief() = default;

  std::size_t size() const noexcept { return mean_.size(); }
  // One more weight, expected to be zero with this standard deviation. Returns its place.
  std::size_t add(double deviation);

  double mean(std::span<const Term> x) const noexcept;
  double variance(std::span<const Term> x) const noexcept;  // of w · x, without noise
  // What `variance` was before anything was seen.
  double first_variance(std::span<const Term> x) const noexcept;

  // y was seen at x, with noise of this variance (> 0).
  void see(std::span<const Term> x, double y, double noise);
  // Time passed: what is known drifts back to the beginning by 1 - keep (0 < keep <= 1).
  void fade(double keep);
  // These weights may have changed: each becomes less certain by `share` of its first variance.
  void doubt(std::span<const std::size_t> weights, double share);

  // For keeping and bringing back.
  struct Kept {
    std::vector<double> mean, first, covariance;  // covariance: size × size, by rows
  };
  Kept kept() const;
  // False if the sizes do not fit each other or a number is not finite: nothing changes.
  bool restore(const Kept& kept);

 private:
  const double* row(std::size_t i) const noexcept { return covariance_.data() + i * stride_; }
  double* row(std::size_t i) noexcept { return covariance_.data() + i * stride_; }

  std::vector<double> mean_, first_;  // first: variance at the beginning
  std::vector<double> covariance_;    // stride_ × stride_, of which size × size is in use
  std::size_t stride_ = 0;
  std::vector<double> gain_;  // working memory of `see`
};

}  // namespace codecrucible::learning
