#include "cli/discover.hpp"

#include "gateway/listing.hpp"
#include "net/server.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>

namespace codecrucible::cli {
namespace {

net::task<> ask_into(net::Worker& worker, Place& place, std::chrono::milliseconds patience,
                     std::size_t& open) {
  const auto backend = gateway::make_backend(place.host);
  if (backend) {
    auto answer = co_await gateway::ask_listing(worker, **backend, patience);
    place.answer = std::move(answer);
  } else {
    place.answer = backend.error();
  }
  --open;
}

std::vector<Place> candidates(const config::Settings& settings) {
  std::vector<Place> places;
  for (const auto& host : settings.fleet.hosts) places.push_back({host, true});
  if (!settings.discovery.enabled) return places;
  const auto add = [&](const std::string& machine, core::ProviderKind kind, std::uint16_t port) {
    if (port == 0) return;
    fleet::HostSettings host;
    host.kind = kind;
    host.url = "http://" + machine + ":" + std::to_string(port);
    host.name = std::string(name(kind));
    if (machine != "127.0.0.1" && machine != "localhost") host.name += "-" + machine;
    const auto same = [&](const Place& place) {
      return place.host.url == host.url || place.host.url == "http://localhost:" + std::to_string(port) ||
             place.host.name == host.name;
    };
    if (std::none_of(places.begin(), places.end(), same)) places.push_back({host, false});
  };
  for (const auto& machine : settings.discovery.hosts) {
    add(machine, core::ProviderKind::lmstudio, settings.discovery.lmstudio_port);
    add(machine, core::ProviderKind::ollama, settings.discovery.ollama_port);
    add(machine, core::ProviderKind::llamacpp, settings.discovery.llamacpp_port);
    add(machine, core::ProviderKind::vllm, settings.discovery.vllm_port);
  }
  return places;
}

void ask_all(std::vector<Place>& places, const config::Settings& settings) {
  if (places.empty()) return;
  const auto worker = net::make_worker(settings.server);
  std::size_t open = places.size();
  for (auto& place : places) {
    boost::asio::co_spawn(worker->context(), ask_into(*worker, place, settings.discovery.timeout, open),
                          [](std::exception_ptr) {});
  }
  while (open > 0) worker->context().run_one();
}

}  // namespace

std::vector<Place> look_around(const config::Settings& settings) {
  auto places = candidates(settings);
  ask_all(places, settings);
  return places;
}

std::vector<Place> look_for_new(const config::Settings& settings, const std::vector<std::string>& known) {
  auto places = candidates(settings);
  std::erase_if(places, [&](const Place& place) {
    return place.configured || std::find(known.begin(), known.end(), place.host.url) != known.end();
  });
  ask_all(places, settings);
  std::erase_if(places, [](const Place& place) { return !place.answer; });
  return places;
}

bool anybody_answers(const std::vector<Place>& places) {
  return std::any_of(places.begin(), places.end(),
                     [](const Place& place) { return place.answer.has_value(); });
}

void adopt(const std::vector<Place>& places, config::Settings& settings,
           const std::vector<std::string>& kept) {
  for (const auto& place : places) {
    const bool stays = std::find(kept.begin(), kept.end(), place.host.url) != kept.end();
    if (place.configured || (!place.answer && !stays)) continue;
    settings.fleet.hosts.push_back(place.host);
    router::ProviderSettings provider;
    provider.name = place.host.name;
    settings.routing.providers.push_back(provider);
    config::Provider named;
    named.name = place.host.name;
    named.kind = place.host.kind;
    named.url = place.host.url;
    settings.providers.push_back(named);
  }
}

}  // namespace codecrucible::cli
