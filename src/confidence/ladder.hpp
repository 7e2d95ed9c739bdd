#pragma once

#include "confidence/agreement.hpp"
#include "confidence/settings.hpp"
#include "core/clock.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace codecrucible::confidence {

// The client's wish: header x-codecrucible-escalate.
enum class Escalate : std::uint8_t { never, automatic, always };
std::optional<Escalate> escalate_of(std::string_view header) noexcept;  // "never", "auto", "always"; any case

// Steps up. `always` means: held and judged even where the pick is safe, and above the share of the budget.
enum class Rung : std::uint8_t { fast, quality, strongest };
std::string_view name(Rung rung) noexcept;

// Escalations allowed as a share of requests: every request earns `share`, an escalation costs one, at most
// `burst` are saved. The first one is an advance that the first requests earn back, so that of n requests no
// more than share * n are paid for (of fewer than 1 / share: one). Any number of threads may share one;
// nobody ever waits, and a full one is only read.
class Budget {
 public:
  Budget(double share, double burst) noexcept
      : share_(parts(share)),
        burst_(parts(burst)),
        saved_(std::min(parts(burst), whole)),
        owed_(std::min(parts(burst), whole)) {}
  // New terms; what was saved stays, as far as the new burst allows.
  void terms(double share, double burst) noexcept;
  void request() noexcept;
  bool affords() const noexcept { return saved_.load(std::memory_order_relaxed) >= whole; }
  bool spend() noexcept;  // false: nothing left, nothing taken
  double saved() const noexcept { return static_cast<double>(saved_.load()) / whole; }

  // Where more answers fall below a threshold than can be paid for, only the worst are worth it: an answer
  // that was judged moves the bar towards the `share` least sure of all that are judged (stochastic
  // approximation of the quantile, Robbins and Monro 1951).
  void judged(double good) noexcept;
  // The threshold, or the bar if that is lower and not all that may be saved is saved.
  double selective(double threshold) const noexcept;

 private:
  // Counted in millionths, as a sum of them is exact.
  static constexpr std::int64_t whole = 1'000'000;
  static std::int64_t parts(double share) noexcept { return std::llround(share * whole); }

  std::atomic<std::int64_t> share_, burst_, saved_;
  std::atomic<std::int64_t> owed_;        // of the advance, still to be earned
  std::atomic<std::int64_t> bar_{whole};  // P(good), in millionths
};

// What is to be done with one pick.
enum class Care : std::uint8_t {
  none,    // flows at once; read for the record only
  hold,    // held for the window, then judged
  second,  // held and judged with a second small answer drawn in parallel
};

// The climb of one request.
class Ladder {
 public:
  Ladder(const Settings& settings, Escalate wish, Rung start, core::Time began) noexcept;

  // `expected` = expected quality of the pick, 0..1. `kind` = by the request alone.
  Care care(double expected, Comparable kind) const noexcept;
  // May one more step be taken now? The budget is asked only for automatic escalations.
  bool may_climb(const Budget& budget, core::Time now) const noexcept;
  // Takes one step; nothing when it may not. Spends from the budget.
  std::optional<Rung> climb(Budget& budget, core::Time now) noexcept;

  int steps() const noexcept { return steps_; }
  Rung rung() const noexcept { return rung_; }

 private:
  bool enabled_;
  int most_steps_;
  double safe_above_, second_below_;
  core::Duration extra_time_;
  Escalate wish_;
  Rung rung_;
  int steps_ = 0;
  core::Time began_;
};

// What rule, task and tier ask for; the nearest to the request counts, the general one if none does.
struct Thresholds {
  std::optional<double> rule, tier, task;
  double general = 0.6;
  double chosen() const noexcept;  // rule before task before tier before general
};

}  // namespace codecrucible::confidence
