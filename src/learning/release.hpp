#pragma once

#include "learning/outcomes.hpp"
#include "learning/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::learning {

// Bringing something new into use (a learned policy, a model, a set of rules) in one of five ways, as a pure
// state machine: time and outcomes are told, nothing is read from a clock.
//   immediate  all requests at once
//   gradual    the share grows with time, whatever comes of it; the rollback criteria hold
//   canary     the share grows by one step each interval while the success criteria hold
//   ab         a fixed share for as long as the operator wants; never rolled back by itself
//   shadow     no request; outcomes are gathered beside those that are answered
enum class Stage : std::uint8_t { running, released, rolled_back };
std::string_view name(Stage stage) noexcept;

std::string_view name(Strategy strategy) noexcept;
std::optional<Strategy> strategy_of(std::string_view name) noexcept;

struct ReleaseSettings {
  Strategy strategy = Strategy::canary;
  double initial_percentage = 5;  // of the requests, at the start
  double increment_percentage = 10;
  std::chrono::milliseconds increment_interval{std::chrono::minutes{30}};
  std::uint32_t minimum_samples = 100;  // requests of the new one before a step is judged
  double split = 50;                    // A/B: percentage of the new one
  Criteria success{0.02, 1.25, 0.01};   // within them the share grows
  Criteria rollback{0.05, 2.0, 0.05};   // surely beyond one of them: back
};
// The part of the configuration that speaks of releases.
ReleaseSettings release_settings(const Settings& settings) noexcept;

// Who serves a request.
enum class Side : std::uint8_t { current, candidate };

class Release {
 public:
  using Wall = std::chrono::system_clock::time_point;  // it must survive restarts

  // `candidate` and `current` are version numbers; `current` is what a rollback goes back to.
  Release(ReleaseSettings settings, std::uint64_t current, std::uint64_t candidate, Wall now);

  // Which side this request belongs to; the same key (conversation, user) stays on its side while the share
  // only grows. Pure, any thread.
  Side side_of(std::uint64_t key) const noexcept;
  double percentage() const noexcept { return percentage_; }

  // A request of this side ended. May roll back at once.
  void saw(Side side, const Outcome& outcome, Wall now);
  // A later word about a request of this side.
  void rated(Side side, double quality, Wall now);
  // Time passed. True if stage or percentage changed.
  bool advance(Wall now);
  // By hand.
  void roll_back(std::string why, Wall now);
  void release(std::string why, Wall now);

  Stage stage() const noexcept { return stage_; }
  std::uint64_t in_force() const noexcept { return stage_ == Stage::released ? candidate_ : current_; }
  std::uint64_t current() const noexcept { return current_; }
  std::uint64_t candidate() const noexcept { return candidate_; }
  const ReleaseSettings& settings() const noexcept { return settings_; }
  // Why it stands where it stands, for a person: "waiting: 40 of 100 requests seen".
  const std::string& reason() const noexcept { return reason_; }
  Wall changed() const noexcept { return changed_; }
  // Since the last step, and since the beginning.
  const Outcomes& step(Side side) const noexcept { return step_[index(side)]; }
  const Outcomes& all(Side side) const noexcept { return all_[index(side)]; }

  // The whole state as text, and back; false and unchanged if the text is not whole.
  std::string written() const;
  static bool read(std::string_view text, Release& into);

 private:
  static std::size_t index(Side side) noexcept { return static_cast<std::size_t>(side); }
  void judge(Side side, Wall now);
  bool must_roll_back(std::string& why) const;
  bool may_grow(std::string& why) const;
  void grow(Wall now);

  ReleaseSettings settings_;
  std::uint64_t current_ = 0, candidate_ = 0;
  Stage stage_ = Stage::running;
  double percentage_ = 0;
  Wall changed_{};
  std::string reason_;
  Outcomes step_[2], all_[2];
};

// What an A/B comparison (or any release) shows so far.
struct Report {
  std::uint64_t current = 0, candidate = 0;  // rated requests
  Difference quality;
  double failures = 0;   // difference of shares
  double p95_ratio = 1;  // candidate over current
  std::string verdict;   // plain words
};
Report report(const Release& release);

}  // namespace codecrucible::learning
