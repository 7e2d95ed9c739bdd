#include "cli/simulation.hpp"

namespace codecrucible::cli {
namespace {

void point(config::Settings& settings, core::ProviderKind kind, const std::string& url) {
  const std::string provider(name(kind));
  for (auto& host : settings.fleet.hosts) {
    if (host.name != provider) continue;
    host.url = url;
    host.api_key.clear();
    host.simulated = true;
    return;
  }
  fleet::HostSettings host;
  host.name = provider;
  host.kind = kind;
  host.url = url;
  host.simulated = true;
  settings.fleet.hosts.push_back(host);
  config::Provider named;
  named.name = provider;
  named.kind = kind;
  named.url = url;
  settings.providers.push_back(named);
  router::ProviderSettings routed;
  routed.name = provider;
  settings.routing.providers.push_back(routed);
}

}  // namespace

core::Result<Simulation> start_simulators() {
  Simulation simulation;
  for (const auto& wanted : {simulator::demo_lmstudio(), simulator::demo_ollama()}) {
    auto started = simulator::start(wanted);
    if (!started) return started.error();
    simulation.push_back(std::move(*started));
  }
  return simulation;
}

void stand_in(const Simulation& simulation, config::Settings& settings) {
  constexpr core::ProviderKind kinds[] = {core::ProviderKind::lmstudio, core::ProviderKind::ollama};
  for (std::size_t i = 0; i < simulation.size() && i < std::size(kinds); ++i) {
    point(settings, kinds[i], simulation[i]->url());
  }
  // Other hosts of the config do not answer; they stay out of a simulation.
  std::erase_if(settings.fleet.hosts, [](const auto& host) { return !host.simulated; });
}

core::Result<Simulation> begin_simulation(config::Settings& settings) {
  auto started = start_simulators();
  if (started) stand_in(*started, settings);
  return started;
}

}  // namespace codecrucible::cli
