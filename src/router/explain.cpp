#include "core/json_text.hpp"
#include "router/prospect.hpp"

#include <algorithm>

namespace codecrucible::router {
namespace {

// As the condition language would write it.
std::string value_text(const condition::VariableInfo& info, std::string_view argument,
                       const condition::Scene& scene) {
  using condition::Type;
  switch (info.type) {
    case Type::number: {
      std::string out;
      core::append_double(out, condition::number_of(info.variable, argument, scene));
      return out;
    }
    case Type::boolean:
      return condition::number_of(info.variable, argument, scene) != 0 ? "true" : "false";
    case Type::list: {
      std::string out = "[";
      for (const auto word : condition::list_of(info.variable, scene)) {
        out.append(out.size() > 1 ? ", " : "").append("'").append(word).append("'");
      }
      return out + "]";
    }
    default:
      return "'" + std::string(condition::text_of(info.variable, argument, scene)) + "'";
  }
}

std::string what_it_does(const Rule& rule) {
  if (rule.deny) return "denies";
  if (!rule.target.empty()) return "to " + rule.target + (rule.model.empty() ? "" : "/" + rule.model);
  if (!rule.model.empty()) return "to " + rule.model;
  if (!rule.tier.empty()) return "to tier " + rule.tier;
  if (!rule.weights.empty()) {
    std::string out = "split over";
    for (const auto& split : rule.weights) out += " " + split.target;
    return out;
  }
  return "sets thresholds only";
}

}  // namespace

Explanation explain(const Facts& facts, const Policy& policy, const core::FleetView& fleet, double random01) {
  Workspace space;
  Outcome outcome = run(facts, policy, fleet, random01, space);
  const Compiled& compiled = *policy.compiled;
  const condition::Scene scene{facts, fleet};

  Explanation out;
  out.model_asked = facts.model.empty() ? "auto" : facts.model;
  switch (outcome.asked.kind) {
    case Resolved::Kind::automatic:
      out.resolved = "auto, " + std::string(name(outcome.prefer));
      break;
    case Resolved::Kind::concrete:
      out.resolved = "concrete model";
      break;
    case Resolved::Kind::unknown:
      out.resolved = "unknown model";
      break;
  }
  if (outcome.asked.by_alias) out.resolved += " (by alias)";

  for (const auto& info : condition::variables()) {
    if (info.type == condition::Type::headers) continue;
    out.facts.push_back({std::string(info.name), value_text(info, {}, scene)});
  }
  for (const auto& host : fleet.hosts) {
    for (const auto& info : condition::provider_facts()) {
      out.facts.push_back({host.name + "." + std::string(info.name), value_text(info, host.name, scene)});
    }
  }
  if (facts.verdict != nullptr) {
    out.votes = facts.verdict->votes;
    out.signals.assign(facts.verdict->signals.begin(), facts.verdict->signals.end());
  }

  for (const auto& rule : compiled.rules) {
    Explanation::RuleTruth truth;
    truth.name = rule.name;
    truth.condition = rule.source.condition.empty() ? "true" : rule.source.condition;
    truth.applies = applies(rule, facts, outcome.explicit_wish);
    truth.truth = rule.condition.holds(scene);
    truth.spoke = &rule == outcome.rule;
    truth.note = what_it_does(rule.source);
    if (!rule.source.enabled) {
      truth.note = "switched off";
    } else if (!truth.applies) {
      truth.note = !applies(rule, facts, false) ? "for other users" : "the client's own wish goes first";
    }
    out.rules.push_back(std::move(truth));
  }

  for (const auto& prospect : space.pool) {
    const auto& model = fleet.models[prospect.model];
    Explanation::Row row;
    row.provider = fleet.host_of(model).name;
    row.model = model.id;
    row.index = prospect.model;
    row.passed = !prospect.shut;
    row.why = prospect.why;
    row.propensity = prospect.propensity;
    row.terms = prospect.terms;
    if (prospect.shut) {
      row.gate = name(*prospect.shut);
      row.reason = gate_reason(*prospect.shut, facts, policy, fleet, prospect.model);
    } else {
      const auto place = std::find(space.ranked.begin(), space.ranked.end(), &prospect);
      row.rank = static_cast<std::size_t>(place - space.ranked.begin()) + 1;
    }
    out.candidates.push_back(std::move(row));
  }
  // In order of rank, the shut ones last.
  std::sort(out.candidates.begin(), out.candidates.end(), [](const auto& a, const auto& b) {
    return a.rank != b.rank ? a.rank - 1 < b.rank - 1 : a.index < b.index;
  });
  if (!space.ranked.empty()) {
    out.provider = space.ranked.front()->traits->provider;
    out.model = space.ranked.front()->traits->id;
  }
  out.decision = std::move(outcome.decision);
  return out;
}

}  // namespace codecrucible::router
