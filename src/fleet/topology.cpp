#include "fleet/names.hpp"
#include "fleet/state.hpp"

namespace codecrucible::fleet {
namespace {

bool same_server(const HostSettings& a, const HostSettings& b) {
  return a.kind == b.kind && a.url == b.url;
}

}  // namespace

Host* State::host(std::string_view name) const {
  for (const auto& host : hosts) {
    if (!host->removed && host->settings.name == name) return host.get();
  }
  return nullptr;
}

Place* State::place(std::string_view host_name, std::string_view model) const {
  const Host* const owner = host(host_name);
  if (!owner) return nullptr;
  if (const auto exact = owner->places.find(model); exact != owner->places.end()) return exact->second.get();
  const auto wanted = canonical(model);
  for (const auto& [id, place] : owner->places) {
    if (canonical(id) == wanted) return place.get();
  }
  return nullptr;
}

// What the operator says about this place, over its host's defaults.
void State::configure(Place& place) {
  const auto& host = place.host->settings;
  place.wishes = {};
  const auto form = canonical(place.id);
  for (const auto& model : host.models) {
    if (canonical(model.id) == form) place.wishes = model;
  }
  place.wishes.id = place.id;
  if (!place.wishes.num_ctx) place.wishes.num_ctx = host.num_ctx;
  if (!place.wishes.keep_alive) place.wishes.keep_alive = host.keep_alive;
  place.public_id = place.wishes.public_id.empty() ? place.id : place.wishes.public_id;
  place.group = canonical(place.public_id);
}

Place& State::make_place(Host& host, const std::string& id) {
  auto& slot = host.places[id];
  if (slot) return *slot;
  slot = std::make_unique<Place>();
  Place& place = *slot;
  place.host = &host;
  place.id = id;
  configure(place);
  const auto mine = [&](const Learned& learned) {
    return learned.host == host.settings.name && learned.model == id;
  };
  const auto known = std::find_if(restored.begin(), restored.end(), mine);
  if (known != restored.end()) {
    place.speeds = known->speeds;
    place.learner.slots = known->slots.value_or(0);
    restored.erase(known);
  }
  return place;
}

// Removed hosts go once nothing points to them any more.
void State::forget_removed() {
  std::erase_if(hosts, [&](const std::unique_ptr<Host>& host) {
    if (!host->removed || host->running > 0) return false;
    return std::none_of(waiting.begin(), waiting.end(), [&](const auto& entry) {
      const Ticket& ticket = entry.second;
      return std::any_of(ticket.places.begin(), ticket.places.end(),
                         [&](const Place* place) { return place->host == host.get(); });
    });
  });
}

void State::lost(Host& host, std::string trouble, core::Time now) {
  if (host.reachable || host.trouble != trouble) ++version;
  host.trouble = std::move(trouble);
  if (!host.reachable) return;
  host.reachable = false;
  host.down_since = now;
  seats_changed = true;
  // What it had in memory is gone or unknown; a load under way there is lost.
  for (const auto& [id, place] : host.places) {
    place->resident = false;
    if (place->loading) end_load(*place, false, now);
    place->load_retry_at = {};
  }
}

void Fleet::apply(Settings settings, core::Time now) {
  State& state = *state_;
  std::vector<std::unique_ptr<Host>> hosts;
  for (const auto& wanted : settings.hosts) {
    const auto known = std::find_if(state.hosts.begin(), state.hosts.end(), [&](const auto& host) {
      return host && !host->removed && host->settings.name == wanted.name &&
             same_server(host->settings, wanted);
    });
    if (known != state.hosts.end()) {
      hosts.push_back(std::move(*known));
    } else {
      hosts.push_back(std::make_unique<Host>());
      hosts.back()->next_probe = now;
    }
    Host& host = *hosts.back();
    if (known == state.hosts.end() || host.settings.draining != wanted.draining) {
      host.draining = wanted.draining;
    }
    host.settings = wanted;
    host.habits = habits_of(wanted.kind, host.version);
  }
  for (auto& host : state.hosts) {
    if (!host) continue;
    host->removed = true;
    hosts.push_back(std::move(host));
  }
  state.hosts = std::move(hosts);
  state.settings = std::move(settings);
  for (const auto& host : state.hosts) {
    for (const auto& [id, place] : host->places) {
      if (!host->removed) state.configure(*place);
    }
  }
  ++state.version;
  state.seats_changed = true;
  state.settle(now);
  state.forget_removed();
}

void Fleet::drain(std::string_view name, bool on, core::Time now) {
  Host* const host = state_->host(name);
  if (!host || host->draining == on) return;
  host->draining = on;
  ++state_->version;
  state_->seats_changed = true;
  state_->settle(now);
}

}  // namespace codecrucible::fleet
