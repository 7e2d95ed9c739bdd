#include "router/prospect.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace codecrucible::router {

double even01(std::uint64_t key, std::string_view salt) noexcept {
  const auto hash = XXH3_64bits_withSeed(salt.data(), salt.size(), key);
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

// Only inside the best one's group, and only among those not much worse. The best keeps at least 1 - budget
// whatever the mode, so the budget holds by construction.
std::size_t choose(std::span<Prospect* const> ranked, const ExplorationSettings& settings, bool may_explore,
                   double random01) {
  if (ranked.empty()) return 0;
  Prospect& best = *ranked.front();
  best.propensity = 1;
  if (!may_explore || !settings.enabled || !(settings.budget > 0)) return 0;

  const auto eligible = [&](const Prospect& other) {
    return other.group == best.group && best.terms.utility - other.terms.utility <= settings.max_gap;
  };
  const auto weight = [&](const Prospect& other) {
    if (settings.mode == ExplorationMode::epsilon) return 1.0;
    return std::exp((other.terms.utility - best.terms.utility) / settings.temperature);
  };
  double others = 0;
  for (std::size_t i = 1; i < ranked.size(); ++i) {
    if (eligible(*ranked[i])) others += weight(*ranked[i]);
  }
  if (others <= 0) return 0;
  // Softmax: what the others would get, cut to the budget. Epsilon: the budget.
  const double share = settings.mode == ExplorationMode::epsilon
                           ? settings.budget
                           : std::min(settings.budget, others / (1 + others));
  best.propensity = 1 - share;
  double reached = best.propensity;
  std::size_t chosen = 0;
  bool found = random01 < reached;
  for (std::size_t i = 1; i < ranked.size(); ++i) {
    if (!eligible(*ranked[i])) continue;
    ranked[i]->propensity = share * weight(*ranked[i]) / others;
    reached += ranked[i]->propensity;
    if (found) continue;
    chosen = i;  // the last eligible one also takes what rounding leaves
    found = random01 < reached;
  }
  return chosen;
}

}  // namespace codecrucible::router
