#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace codecrucible::learning {

// How one request went, as far as comparing policies needs it.
struct Outcome {
  bool failed = false;
  double seconds = 0;             // until the end of the answer
  std::optional<double> quality;  // 0..1, where something was said about it
};

// What is kept of many outcomes: counts, moments of quality, and times in steps of a fifth. Fixed size, so
// that it can be written down whole.
class Outcomes {
 public:
  static constexpr std::size_t steps = 72;  // 1 ms … 5.0e5 ms

  void add(const Outcome& outcome) noexcept;
  // A word about a request that was added before.
  void rate(double quality) noexcept;

  std::uint64_t requests() const noexcept { return requests_; }
  std::uint64_t failures() const noexcept { return failures_; }
  std::uint64_t rated() const noexcept { return rated_; }
  double failure_share() const noexcept;
  double quality() const noexcept;        // mean; 0 if nothing was rated
  double quality_error() const noexcept;  // standard error of that mean; 1 below two ratings
  double p95_seconds() const noexcept;    // upper end of the step that holds it; 0 without requests

 private:
  friend class OutcomesText;  // writes them down
  std::uint64_t requests_ = 0, failures_ = 0, rated_ = 0;
  double sum_ = 0, squares_ = 0;
  std::array<std::uint32_t, steps> times_{};
};

// Difference of two means of quality (candidate minus current), with its 95 % interval (Welch).
struct Difference {
  double value = 0, low = -1, high = 1;
};
Difference quality_difference(const Outcomes& current, const Outcomes& candidate) noexcept;

}  // namespace codecrucible::learning
