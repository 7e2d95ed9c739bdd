#include "cli/routing_check.hpp"

#include "router/router.hpp"

namespace codecrucible::cli {

std::vector<config::Finding> check_routing(const config::Settings& settings) {
  router::KnownNames known;
  for (const auto& provider : settings.providers) known.providers.push_back(provider.name);
  std::vector<config::Finding> findings;
  for (auto& problem : router::check(settings.routing, known)) {
    findings.push_back({problem.fatal, problem.place, problem.offset, problem.message});
  }
  return findings;
}

}  // namespace codecrucible::cli
