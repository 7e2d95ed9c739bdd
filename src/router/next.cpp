#include "router/decision.hpp"

#include <algorithm>

namespace codecrucible::router {

std::optional<std::size_t> next_candidate(const Decision& decision, const core::FleetView& fleet,
                                          std::span<const std::size_t> tried, core::Cause cause) {
  const bool too_long = cause == core::Cause::context_length;
  if (!core::may_try_elsewhere(cause) && !too_long) return std::nullopt;
  const auto window = [&](std::size_t position) {
    return fleet.models[decision.ranked[position].model].window.value_or(std::int64_t{1} << 40);
  };
  const auto usable = [&](std::size_t position) {
    if (position >= decision.ranked.size()) return false;
    if (std::find(tried.begin(), tried.end(), position) != tried.end()) return false;
    return !too_long || tried.empty() || window(position) > window(tried.back());
  };
  // First the lists for this cause, then those for any, then the ranking.
  for (const bool exact : {true, false}) {
    for (const auto& detour : decision.detours) {
      if (exact ? detour.cause != cause : detour.cause.has_value()) continue;
      const auto found = std::find_if(detour.positions.begin(), detour.positions.end(), usable);
      if (found != detour.positions.end()) return *found;
    }
  }
  for (std::size_t i = 0; i < decision.ranked.size(); ++i) {
    if (usable(i)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> stronger_candidate(const Decision& decision, std::span<const std::size_t> tried,
                                              std::size_t from, double least_gain) {
  if (decision.concrete || from >= decision.ranked.size()) return std::nullopt;
  const double floor = decision.ranked[from].quality + least_gain;
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < decision.ranked.size(); ++i) {
    if (i == from || decision.ranked[i].quality < floor) continue;
    if (std::find(tried.begin(), tried.end(), i) != tried.end()) continue;
    if (!best || decision.ranked[i].utility > decision.ranked[*best].utility) best = i;
  }
  return best;
}

}  // namespace codecrucible::router
