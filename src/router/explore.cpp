#include "router/prospect.hpp"
#include "router/shares.hpp"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace codecrucible::router {

double even01(std::uint64_t key, std::string_view salt) noexcept {
  const auto hash = XXH3_64bits_withSeed(salt.data(), salt.size(), key);
  return static_cast<double>(hash >> 11) * 0x1.0p-53;
}

namespace {

// Few enough that their shares cost microseconds.
constexpr std::size_t most_tried = 5;
constexpr int quadrature = 24;
constexpr double far_off = 4;  // deviations of the difference: never the best

// What was learned says who might be better than the best by mean. Positions in `ranked` that may be tried,
// the best first; their shares beside them.
struct Trials {
  std::array<std::size_t, most_tried> positions{};
  std::array<double, most_tried> shares{};
  std::size_t count = 0;
};

Trials learned_trials(std::span<Prospect* const> ranked, const ExplorationSettings& settings, Trial trial) {
  const Prospect& best = *ranked.front();
  std::array<Worth, most_tried> worths{};
  Trials out;
  for (std::size_t i = 0; i < ranked.size() && out.count < most_tried; ++i) {
    const Prospect& other = *ranked[i];
    const double gap = best.terms.utility - other.terms.utility;
    const double doubt = std::hypot(best.terms.doubt, other.terms.doubt);
    if (i > 0 && (other.group != best.group || gap > settings.max_gap || gap >= far_off * doubt)) continue;
    worths[out.count] = {other.terms.utility, other.terms.doubt};
    out.positions[out.count++] = i;
  }
  const std::span<const Worth> options(worths.data(), out.count);
  const std::span<double> shares(out.shares.data(), out.count);
  if (trial == Trial::thompson) {
    bounded_shares(options, settings.budget, shares, quadrature);
    return out;
  }
  const auto by_hope = [](const Worth& a, const Worth& b) {
    return a.mean + a.deviation < b.mean + b.deviation;
  };
  const auto hope =
      static_cast<std::size_t>(std::max_element(options.begin(), options.end(), by_hope) - options.begin());
  shares[0] = hope == 0 ? 1 : 1 - settings.budget;
  if (hope != 0) shares[hope] = settings.budget;
  return out;
}

}  // namespace

// Only inside the best one's group, and only among those not much worse. The best keeps at least 1 - budget
// whatever the mode, so the budget holds by construction.
std::size_t choose(std::span<Prospect* const> ranked, const ExplorationSettings& settings, Trial trial,
                   bool may_explore, double random01) {
  if (ranked.empty()) return 0;
  Prospect& best = *ranked.front();
  best.propensity = 1;
  const bool learned = trial != Trial::none;
  if (!may_explore || !(settings.budget > 0) || settings.enabled == Exploring::never) return 0;
  if (!learned && settings.enabled != Exploring::always) return 0;
  if (learned) {
    const auto trials = learned_trials(ranked, settings, trial);
    std::size_t chosen = 0;
    double reached = 0;
    bool found = false;
    for (std::size_t i = 0; i < trials.count; ++i) {
      ranked[trials.positions[i]]->propensity = trials.shares[i];
      reached += trials.shares[i];
      if (found || random01 >= reached) continue;
      chosen = trials.positions[i];
      found = true;
    }
    return chosen;
  }

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
