#include "router/prospect.hpp"

#include <algorithm>

namespace codecrucible::router {

void set_threshold(Decision& decision, const Policy& policy, const Facts& facts, const Rule* rule) {
  const auto& compiled = *policy.compiled;
  const auto own = compiled.own_threshold(rule, decision.tier);
  decision.escalation_threshold = own.value_or(compiled.settings.escalation_threshold);
  const bool open = !own && decision.escalation_threshold > 0;
  if (!open || policy.learned == nullptr || facts.verdict == nullptr) return;
  const auto& learned = policy.learned->thresholds[static_cast<std::size_t>(facts.verdict->type)];
  if (!learned) return;
  decision.escalation_threshold = static_cast<double>(*learned);
  decision.threshold_learned = true;
}

void set_rule_confidence(Decision& decision, const Policy& policy, const CompiledRule& rule) {
  const double owners = rule.source.confidence.value_or(default_rule_confidence);
  decision.confidence =
      policy.learned == nullptr ? owners : policy.learned->rule_confidence(rule.name, owners);
  decision.rule_shortfall = std::max(0.0, owners - decision.confidence);
}

}  // namespace codecrucible::router
