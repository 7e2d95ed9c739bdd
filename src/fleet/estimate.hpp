#pragma once

#include <cstdint>
#include <optional>

namespace codecrucible::fleet {

// Running mean of a positive quantity in log space; single outliers move it by a bounded step. The first
// samples count as a plain mean, later ones with a fixed weight, so that it follows a server that changes.
struct Mean {
  double log = 0;
  double spread = 0.3;  // mean absolute deviation of the logarithm
  double count = 0;

  void add(double value) noexcept;
  std::optional<double> value() const noexcept;
};

// y = base + slope * x, fitted to recent samples with equal relative weight, so that short and long prompts
// count alike. Outliers are clamped to a factor of 3 of the prediction.
struct Line {
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;  // decayed weighted sums
  double count = 0;

  void add(double at, double value) noexcept;
  std::optional<double> slope() const noexcept;  // never negative
  std::optional<double> at(double x) const noexcept;
};

// Everything measured of one model on one host. Times in seconds.
struct Speeds {
  Mean load;
  Line first;         // prompt tokens that had to be read -> seconds to the first token
  Line quiet_first;   // the same, only with nothing else running
  Mean token;         // seconds per generated token
  Mean service;       // whole generations, for queue estimates
  Mean output;        // tokens per answer
  Mean token_factor;  // real prompt tokens over estimated ones
};

}  // namespace codecrucible::fleet
