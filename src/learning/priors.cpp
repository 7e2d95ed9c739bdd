#include "learning/priors.hpp"

namespace codecrucible::learning {

std::map<std::string, Cells> priors_of(const router::Settings& settings, const core::FleetView& fleet) {
  std::map<std::string, Cells> priors;
  router::Settings plain = settings;
  plain.rules.clear();
  plain.exploration.enabled = router::Exploring::never;
  for (auto& provider : plain.providers) provider.models.clear();
  const auto policy = router::compile(plain, {});
  if (!policy) return priors;
  core::FleetView all = fleet;
  for (auto& host : all.hosts) {
    host.reachable = true;
    host.draining = false;
    host.breaker = core::BreakerState::closed;
  }
  for (auto& model : all.models) {
    model.breaker = core::BreakerState::closed;
    model.window.reset();
  }
  for (std::size_t task = 0; task < core::task_type_count; ++task) {
    for (std::size_t complexity = 0; complexity < core::complexity_count; ++complexity) {
      classifier::Verdict verdict;
      verdict.type = static_cast<core::TaskType>(task);
      verdict.complexity = static_cast<core::Complexity>(complexity);
      router::Facts facts;
      facts.verdict = &verdict;
      for (const auto& candidate : router::decide(facts, *policy, all, 0.5).ranked)
        priors[all.models[candidate.model].id][task][complexity] = candidate.quality;
    }
  }
  return priors;
}

}  // namespace codecrucible::learning
