#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {
constexpr Millis shortest_gap{250};  // between two probes of one host, however suspect it is
}

std::vector<std::string> Fleet::due(core::Time now) {
  std::vector<std::string> names;
  for (const auto& host : state_->hosts) {
    if (host->removed || now < host->next_probe) continue;
    // An answer may take several calls of one timeout each; after that it was lost by the caller.
    if (host->probing_since && now - *host->probing_since < 5 * state_->timeouts(*host).probe) continue;
    if (host->last_probe != core::Time{} && now - host->last_probe < shortest_gap) continue;
    host->probing_since = host->last_probe = now;
    names.push_back(host->settings.name);
  }
  return names;
}

std::vector<std::string> Fleet::missing_at_start(std::string_view name) const {
  std::vector<std::string> missing;
  const Host* const host = state_->host(name);
  if (!host || !host->reachable || host->draining) return missing;
  for (const auto& wanted : host->settings.start_models) {
    const Place* const place = state_->place(name, wanted);
    if (place && place->listed && !place->resident && !place->loading) missing.push_back(place->id);
  }
  return missing;
}

void Fleet::suspect(std::string_view name, core::Time now) {
  if (Host* const host = state_->host(name)) host->next_probe = std::min(host->next_probe, now);
}

void Fleet::probed(std::string_view name, const Listing& listing, core::Time started, core::Time now) {
  State& state = *state_;
  Host* const host = state.host(name);
  if (!host) return;
  host->probing_since.reset();
  host->failed_probes = 0;
  host->next_probe = now + state.settings.probe.interval;
  host->last_sign_of_life = now;
  const bool came_back = !host->reachable || host->connection_lost;
  if (!host->reachable) state.seats_changed = true;
  if (came_back) {
    host->breaker.alive(now);
    for (const auto& [id, place] : host->places) place->breaker.alive(now);
    state.seats_changed = true;
    ++state.version;
  }
  host->connection_lost = false;
  host->reachable = true;
  host->trouble.clear();
  if (host->version != listing.version || host->vram_total != listing.vram_total ||
      host->vram_free != listing.vram_free) {
    host->version = listing.version;
    host->vram_total = listing.vram_total;
    host->vram_free = listing.vram_free;
    host->habits = habits_of(host->settings.kind, host->version);
    ++state.version;
  }

  std::vector<Place*> listed;
  int together = 0;
  for (const auto& found : listing.models) {
    Place& place = state.make_place(*host, found.id);
    listed.push_back(&place);
    if (!place.listed) {
      place.listed = true;
      state.seats_changed = true;
    }
    place.found = found;
    together += found.resident ? 1 : 0;
    // In the middle of a load the list may still show what is about to leave.
    const bool settled = !host->loading() && started >= host->load_ended;
    const bool fresh = started >= place.residency_changed && (settled || !found.resident);
    if (fresh && !place.loading && place.resident != found.resident) {
      place.resident = found.resident;
      if (found.resident) place.loaded_at = now;
    }
    place.expires_at = found.expires_in_seconds && *found.expires_in_seconds >= 0
                           ? now + Seconds(*found.expires_in_seconds)
                           : core::Time::max();
    if (place.learner.slots == 0) place.learner.slots = host->habits.slots;
  }
  for (const auto& [id, place] : host->places) {
    if (!place->listed || std::find(listed.begin(), listed.end(), place.get()) != listed.end()) continue;
    place->listed = place->resident = false;
    state.seats_changed = true;
  }
  host->seen_together = std::max(host->seen_together, together);
  // Sizes, expiry and residency may all have moved: one new picture per probe is cheap.
  ++state.version;
  state.settle(now);
}

void Fleet::probe_failed(std::string_view name, const core::Failure& failure, core::Time now) {
  State& state = *state_;
  Host* const host = state.host(name);
  if (!host) return;
  const auto& probe = state.settings.probe;
  host->probing_since.reset();
  // The gateway could not ask, for want of descriptors: nothing is known of the host.
  if (failure.cause == core::Cause::no_backend) {
    host->next_probe = now + probe.interval;
    return;
  }
  ++host->failed_probes;
  const double factor = std::ldexp(1.0, std::clamp(host->failed_probes - probe.failures, 0, 10));
  const double jitter = 0.9 + 0.2 * state.jitter.unit();
  const double pause = std::min(static_cast<double>(probe.interval.count()) * factor,
                                static_cast<double>(probe.max_interval.count()));
  host->next_probe = now + Millis(static_cast<Millis::rep>(pause * jitter));
  // A server busy with prefill may be slow to list; answers that still flow prove it alive. Nobody there
  // is certain at once.
  const bool certain = failure.cause == core::Cause::refused || failure.cause == core::Cause::backend_auth;
  const bool alive = now - host->last_sign_of_life < 2 * probe.interval && host->running > 0;
  if (certain || (host->failed_probes >= probe.failures && !alive) || !host->reachable) {
    state.lost(*host, failure.detail.empty() ? std::string(core::label(failure.cause)) : failure.detail, now);
  }
  state.settle(now);
}

void Fleet::load_finished(std::string_view host, std::string_view model, bool ok, core::Duration took,
                          core::Time now) {
  State& state = *state_;
  Place* const place = state.place(host, model);
  if (!place) return;
  const double seconds = std::chrono::duration<double>(took).count();
  // An instant "load" found the model in memory already and says nothing about a cold one.
  if (ok && seconds > 0.05) place->speeds.load.add(seconds);
  if (place->loading) {
    state.end_load(*place, ok, now);
  } else if (ok) {
    state.now_resident(*place, now);
  }
  state.settle(now);
}

}  // namespace codecrucible::fleet
