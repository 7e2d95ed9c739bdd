#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {

// First guesses for a machine under a desk, until measured.
constexpr double default_prefill = 500;      // tokens/s
constexpr double default_decode = 30;        // tokens/s
constexpr double default_load = 10;          // s
constexpr double default_load_rate = 0.5e9;  // bytes/s from disk to memory
constexpr double default_service = 5;        // s per generation

// LM Studio answers several at once since 0.4.0; its version is known only where it told one.
bool batches(std::string_view version) {
  return version.empty() || !(version.starts_with("0.2") || version.starts_with("0.3"));
}

}  // namespace

Habits habits_of(core::ProviderKind kind, std::string_view version) {
  switch (kind) {
    case core::ProviderKind::lmstudio:
      return {true, false, false, !version.empty() && batches(version) ? 4 : 1};
    case core::ProviderKind::ollama:
      return {true, true, true, 1};
    default:
      return {};
  }
}

int State::slots(const Place& place) const {
  if (place.found.slots) return std::max(1, *place.found.slots);
  if (place.wishes.slots) return std::max(1, *place.wishes.slots);
  // The operator's word for the whole host holds for each of its models, before anything is learned.
  if (place.host->settings.max_concurrent) return std::max(1, *place.host->settings.max_concurrent);
  if (place.learner.slots > 0) return place.learner.slots;
  return place.host->habits.slots;
}

std::optional<std::int64_t> State::window(const Place& place) const {
  if (place.wishes.window) return place.wishes.window;
  // Ollama loads anew with what the request says; others keep the window they were loaded with.
  const bool request_decides = place.host->settings.kind == core::ProviderKind::ollama;
  if (place.wishes.num_ctx && (request_decides || !place.resident)) return place.wishes.num_ctx;
  return place.found.window;
}

std::int64_t State::calibrated(const Place& place, std::int64_t tokens) const {
  const double factor = place.speeds.token_factor.value().value_or(1.0);
  return static_cast<std::int64_t>(std::llround(static_cast<double>(tokens) * factor));
}

std::optional<core::Failure> State::misfit(const Place& place, std::int64_t prompt,
                                           std::optional<std::int64_t> max_tokens) const {
  const auto holds = window(place);
  if (!holds) return std::nullopt;
  const std::int64_t real = calibrated(place, prompt);
  // Without a wish of its own the answer needs at least one token of room.
  const std::int64_t needed = real + std::max<std::int64_t>(1, max_tokens.value_or(1));
  if (needed <= *holds) return std::nullopt;
  auto failure =
      core::fail(core::Cause::context_length,
                 "this model's maximum context length is " + std::to_string(*holds) + " tokens, but about " +
                     std::to_string(needed) + " are needed (" + std::to_string(real) + " in the prompt)",
                 "messages");
  failure.needed_tokens = needed;
  failure.window_tokens = holds;
  return failure;
}

bool State::usable(const Place& place, core::Time now) const {
  const Host& host = *place.host;
  return host.reachable && !host.removed && !host.draining && place.listed &&
         host.breaker.state(now) != core::BreakerState::open &&
         place.breaker.state(now) != core::BreakerState::open;
}

template <class Figure>
std::optional<double> State::best_elsewhere(const Place& place, Figure figure) const {
  std::optional<double> best;
  for (const auto& host : hosts) {
    if (host->removed) continue;
    for (const auto& [id, other] : host->places) {
      if (other.get() == &place || other->group != place.group) continue;
      const std::optional<double> value = figure(*other);
      if (value && (!best || *value < *best)) best = value;
    }
  }
  return best;
}

Expected State::expected(const Place& place, std::int64_t prompt, std::int64_t output, int ahead,
                         core::Time now) const {
  const Speeds& speeds = place.speeds;
  Expected times;
  const auto size = static_cast<double>(calibrated(place, prompt));
  auto first = speeds.first.at(size);
  auto token = speeds.token.value();
  times.measured = first && token;
  if (!first && place.wishes.prefill_tokens_per_second)
    first = static_cast<double>(prompt) / *place.wishes.prefill_tokens_per_second;
  if (!token && place.wishes.decode_tokens_per_second) token = 1 / *place.wishes.decode_tokens_per_second;
  // What was never measured here is thought to be as good as the best known replica: worse, and it would
  // never be tried; better, and it would be tried first by all.
  if (!first && prompt > 0)
    first = best_elsewhere(place, [&](const Place& other) { return other.speeds.first.at(size); });
  if (!token && output > 0)
    token = best_elsewhere(place, [](const Place& other) { return other.speeds.token.value(); });
  times.prefill = first.value_or(static_cast<double>(prompt) / default_prefill);
  times.decode = static_cast<double>(output) * token.value_or(1 / default_decode);

  const Host& host = *place.host;
  if (!host.habits.loads_models || place.resident) {
    const int limit = slots(place);
    const bool full = place.busy() >= limit ||
                      (host.settings.max_concurrent && host.busy() >= *host.settings.max_concurrent);
    if (!full && ahead <= 0) return times;
    auto service = speeds.service.value();
    if (!service)
      service = best_elsewhere(place, [](const Place& other) { return other.speeds.service.value(); });
    times.queue = service.value_or(default_service) * (ahead + 1) / limit;
    return times;
  }
  double load = default_load;
  if (place.found.size_bytes) load = 1 + static_cast<double>(*place.found.size_bytes) / default_load_rate;
  if (place.wishes.load_seconds) load = *place.wishes.load_seconds;
  load = speeds.load.value().value_or(load);
  if (place.loading) {
    times.load = std::max(0.1 * load, load - core::seconds(now - place.loading_since));
    return times;
  }
  times.load = load;
  if (!load_is_safe(place, now)) {
    // The models in memory finish first, or their turn runs out.
    times.queue = std::min(core::seconds(settings.swap.turn), default_service) + default_service;
  }
  return times;
}

}  // namespace codecrucible::fleet
