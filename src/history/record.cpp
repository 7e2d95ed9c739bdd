#include "history/record.hpp"

namespace codecrucible::history {

void Record::clear() {
  // Strings and vectors are emptied, not replaced: a record that goes round allocates nothing.
  Record fresh;
  const auto keep = [](auto& to, auto& from) {
    from.clear();
    to.swap(from);
  };
  keep(fresh.id, id);
  keep(fresh.surface, surface);
  keep(fresh.features.keywords, features.keywords);
  keep(fresh.features.language, features.language);
  keep(fresh.features.model_asked, features.model_asked);
  keep(fresh.features.prefer, features.prefer);
  keep(fresh.rule, rule);
  keep(fresh.tier, tier);
  keep(fresh.reason, reason);
  keep(fresh.ranked, ranked);
  keep(fresh.attempts, attempts);
  *this = std::move(fresh);
}

std::optional<double> reward(const std::vector<Signal>& signals, std::string_view model) {
  double sum = 0;
  double weight = 0;
  for (const auto& signal : signals) {
    const bool meant = model.empty() ? signal.kind != SignalKind::escalation : signal.model == model;
    if (!meant) continue;
    sum += signal.value * signal.weight;
    weight += signal.weight;
  }
  if (weight <= 0) return std::nullopt;
  return sum / weight;
}

}  // namespace codecrucible::history
