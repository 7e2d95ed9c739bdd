#pragma once

#include "core/clock.hpp"
#include "core/fleet_view.hpp"
#include "fleet/settings.hpp"

#include <cstdint>

namespace codecrucible::fleet {

// Small repeatable source of jitter (splitmix64).
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) noexcept : state_(seed) {}
  double unit() noexcept;  // 0 ≤ x < 1

 private:
  std::uint64_t state_;
};

// Stops traffic to something that keeps failing, then lets single trials through. The owner sees to it that
// only one trial runs at a time in half-open.
class Breaker {
 public:
  // What may come through at `now`; open becomes half-open by itself when its back-off is over.
  core::BreakerState state(core::Time now) const noexcept;

  void good(core::Time now, const BreakerSettings& settings) noexcept;
  void bad(core::Time now, const BreakerSettings& settings, Jitter& jitter) noexcept;
  // Trials may begin at once: a probe saw it alive.
  void alive(core::Time now) noexcept;
  void reset() noexcept { *this = {}; }

  core::Time open_until() const noexcept { return until_; }
  core::Time opened_at() const noexcept { return opened_at_; }

 private:
  struct Span {
    int good = 0, bad = 0;
  };
  void roll(core::Time now, const BreakerSettings& settings) noexcept;

  bool open_ = false;
  int reopened_ = 0;  // failed trials in a row
  core::Time until_{}, opened_at_{}, span_began_{};
  Span before_, current_;  // two halves of the window
};

}  // namespace codecrucible::fleet
