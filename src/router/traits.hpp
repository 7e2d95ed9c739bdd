#pragma once

#include "core/task.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::router {

// What config and name say about one (provider, model), apart from the fleet's changing state.
struct Traits {
  std::string provider, id;
  double parameters = 0, active = 0;  // billions, from override or id; 0 = unknown
  bool size_given = false;            // by the operator: beats what the backend says
  bool coder = false;                 // trained for code
  std::optional<double> quality;
  std::array<std::optional<double>, core::task_type_count> task_quality{};
  std::uint64_t tiers = 0;  // bit per tier
  bool hidden = false;
  bool local = true;
  bool provider_lists = false;    // the provider's settings name preferred models …
  std::optional<int> preference;  // … and this is one of them, at this place
};

// Remembers traits: matching patterns costs more than all the rest of a decision. Insert-only, lock-free,
// bounded; a full or crowded table computes anew each time. Outwardly the function stays pure.
class TraitsCache {
 public:
  TraitsCache() = default;
  TraitsCache(const TraitsCache&) = delete;
  TraitsCache& operator=(const TraitsCache&) = delete;
  ~TraitsCache();

  const Traits* find(std::string_view provider, std::string_view id) const noexcept;
  // Keeps the traits if there is room; returns the kept ones (perhaps another thread's), else null.
  const Traits* keep(std::unique_ptr<const Traits>& traits) const noexcept;

 private:
  static constexpr std::size_t slots = 1024, probes = 8;
  mutable std::array<std::atomic<const Traits*>, slots> table_{};
};

}  // namespace codecrucible::router
