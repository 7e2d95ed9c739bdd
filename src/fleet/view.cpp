#include "fleet/state.hpp"

namespace codecrucible::fleet {
namespace {

core::Speed speed_of(const State& state, const Place& place, core::Time now) {
  core::Speed speed;
  const auto& learned = place.speeds;
  speed.load_seconds = learned.load.value() ? learned.load.value() : place.wishes.load_seconds;
  if (const auto slope = learned.first.slope(); slope && *slope > 0) {
    speed.prefill_tokens_per_second = 1 / *slope;
  } else {
    speed.prefill_tokens_per_second = place.wishes.prefill_tokens_per_second;
  }
  if (const auto token = learned.token.value()) {
    speed.decode_tokens_per_second = 1 / *token;
  } else {
    speed.decode_tokens_per_second = place.wishes.decode_tokens_per_second;
  }
  speed.queue_seconds = state.expected(place, 0, 0, place.queued, now).queue;
  return speed;
}

core::ModelView model_view(const State& state, const Place& place, std::size_t host, core::Time now) {
  core::ModelView model;
  model.id = place.id;
  model.public_id = place.public_id;
  model.host = host;
  model.can = place.found.can;
  model.window = state.window(place);
  model.max_window = place.found.max_window;
  model.size_bytes = place.found.size_bytes;
  model.vram_bytes = place.found.vram_bytes;
  model.parameters_billion = place.found.parameters_billion;
  model.resident = place.resident;
  model.loading = place.loading;
  model.slots = state.slots(place);
  model.running = place.busy();
  model.queued = place.queued;
  model.breaker = place.breaker.state(now);
  model.speed = speed_of(state, place, now);
  model.token_factor = place.speeds.token_factor.value().value_or(1.0);
  if (place.resident && place.expires_at != core::Time::max() && place.expires_at > now) {
    model.expires_in_seconds = std::chrono::duration_cast<Seconds>(place.expires_at - now).count();
  }
  return model;
}

}  // namespace

core::FleetViewPtr State::build_view(core::Time now) const {
  auto picture = std::make_shared<core::FleetView>();
  picture->at = now;
  for (const auto& host : hosts) {
    if (host->removed) continue;
    const std::size_t index = picture->hosts.size();
    core::HostView shown;
    shown.name = host->settings.name;
    shown.url = host->settings.url;
    shown.kind = host->settings.kind;
    shown.version = host->version;
    shown.reachable = host->reachable;
    shown.simulated = host->settings.simulated;
    shown.draining = host->draining;
    shown.breaker = host->breaker.state(now);
    shown.trouble = host->trouble;
    shown.vram_total = host->settings.vram_bytes ? host->settings.vram_bytes : host->vram_total;
    shown.vram_free = host->vram_free;
    shown.running = host->busy();
    shown.queued = host->queued;
    picture->hosts.push_back(std::move(shown));
    for (const auto& [id, place] : host->places) {
      if (place->listed) picture->models.push_back(model_view(*this, *place, index, now));
    }
  }
  return picture;
}

core::FleetViewPtr Fleet::view(core::Time now, bool exact) {
  State& state = *state_;
  const bool changed = !state.view || state.view_version != state.version;
  const bool stale =
      !changed && state.counts_changed && (exact || now - state.view->at >= state.settings.view_max_age);
  if (changed || stale) {
    state.view = state.build_view(now);
    state.view_version = state.version;
    state.counts_changed = false;
  }
  return state.view;
}

std::uint64_t Fleet::version() const noexcept {
  return state_->version;
}

}  // namespace codecrucible::fleet
