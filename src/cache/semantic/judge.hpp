#pragma once

#include "cache/semantic/guard.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace codecrucible::cache {

// What is known of a stored answer that might do.
struct Likeness {
  double score = 0;  // similarity of the two texts
  double gap = 0;    // by how much the nearest text with another answer is less similar, at most 0.3
  std::optional<Difference> difference;
  std::uint32_t right = 0, wrong = 0;  // what was observed of this stored answer
};

// Keeps the rate of wrong hits (wrong hits over all requests) under a bound, in the manner of vCache
// (Schroeder et al. 2025): how likely an answer is wrong is learned from what was observed, of all and of
// each stored answer by itself, and only as much of that risk is taken as the bound allows. Every request
// that is generated although something alike was stored is an observation; a share of those that could have
// been answered is generated all the same, so that the region in use keeps being observed. Starts strict. For
// one thread at a time.
class Judge {
 public:
  explicit Judge(double bound);

  // Probability that the stored answer would be wrong, 0..1.
  double risk(const Likeness& likeness) const;
  // Counts a request; `risk` if something alike was found. True: the risk may be taken.
  bool admits(std::optional<double> risk);
  // It was generated: the stored answer would have been right or not.
  void observe(const Likeness& likeness, bool right);

  double limit() const noexcept { return limit_; }

 private:
  static constexpr std::size_t trait_count = 3 + difference_count + 2;
  using Traits = std::array<double, trait_count>;
  struct Sample {
    Traits traits;
    bool wrong;
  };
  static Traits traits_of(const Likeness& likeness);
  void fit();
  void set_limit();

  double bound_;
  double limit_;  // of the risk that is taken
  Traits weights_;
  std::deque<Sample> samples_;
  std::size_t since_fit_ = 0;
  std::deque<double> recent_;  // risks of the last requests that found something alike
  std::uint64_t requests_ = 0, alike_ = 0;
};

}  // namespace codecrucible::cache
