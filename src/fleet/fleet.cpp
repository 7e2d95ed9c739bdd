#include "fleet/fleet.hpp"

#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {

constexpr Millis waiting_step{50};  // while someone waits, time alone may open a way
constexpr Millis resting_step{1'000};

core::Failure queue_is_full(double seconds, const std::string& why) {
  auto failure = core::fail(core::Cause::queue_full, why);
  failure.retry_after = Seconds(std::clamp<std::int64_t>(std::llround(std::ceil(seconds)), 1, 300));
  return failure;
}

}  // namespace

Fleet::Fleet(Settings settings, core::Time now) : state_(std::make_unique<State>()) {
  state_->jitter = Jitter(settings.seed);
  apply(std::move(settings), now);
}
Fleet::~Fleet() = default;
Fleet::Fleet(Fleet&&) noexcept = default;
Fleet& Fleet::operator=(Fleet&&) noexcept = default;

const Settings& Fleet::settings() const noexcept {
  return state_->settings;
}

Answer Fleet::ask(Ask ask, core::Time now) {
  State& state = *state_;
  const auto id = ++state.last_id;
  Ticket& ticket = state.waiting[id];
  ticket.id = id;
  ticket.ask = std::move(ask);
  ticket.since = now;
  ticket.deadline = std::min(ticket.ask.deadline.at, now + state.settings.queue.max_wait);

  std::optional<core::Failure> full;
  for (const auto& group : state.groups(ticket.ask)) {
    if (!state.seat(ticket, group, now)) continue;
    const auto places = ticket.places;
    for (Place* place : places) {
      if (state.waiting.contains(id)) state.pump(*place->host, now);
    }
    if (!state.waiting.contains(id)) {
      // Called at once; others that this made room for stay in the list for take_called.
      const auto mine = std::find_if(state.called.begin(), state.called.end(),
                                     [&](const Called& called) { return called.ticket == id; });
      Lease lease = std::get<Lease>(std::move(mine->result));
      state.called.erase(mine);
      return lease;
    }
    const Host& home = *ticket.home;
    const auto& queue = state.settings.queue;
    const bool host_full = static_cast<std::size_t>(home.queued) > queue.per_host;
    const bool client_full = home.clients.find(ticket.ask.client)->second.waiting > queue.per_client;
    const double wait = state
                            .expected(*ticket.places.front(), ticket.ask.prompt_tokens,
                                      ticket.ask.output_tokens, ticket.places.front()->queued - 1, now)
                            .first();
    if (!host_full && !client_full) return Waiting{id, state.position(ticket, now), wait};
    full = queue_is_full(wait, client_full
                                   ? "too many requests of this client are waiting for " + home.settings.name
                                   : "the queue of " + home.settings.name + " is full");
    state.unseat(ticket);
    ticket.home = nullptr;
  }
  if (!full && now < state.recovery_ends(ticket.ask)) return Waiting{id, 0, 0};
  auto failure = full ? std::move(*full) : state.refusal(ticket.ask, now);
  state.waiting.erase(id);
  return failure;
}

bool Fleet::cancel(TicketId id, core::Time now) {
  State& state = *state_;
  const auto found = state.waiting.find(id);
  if (found == state.waiting.end()) return false;
  state.unseat(found->second);
  state.waiting.erase(found);
  state.settle(now);
  return true;
}

std::optional<std::size_t> Fleet::position(TicketId id, core::Time now) const {
  const auto found = state_->waiting.find(id);
  if (found == state_->waiting.end()) return std::nullopt;
  return state_->position(found->second, now);
}

std::vector<Called> Fleet::take_called() {
  return std::exchange(state_->called, {});
}

Fleet::Events Fleet::take_events() {
  return std::exchange(state_->events, {});
}

void Fleet::tick(core::Time now) {
  State& state = *state_;
  state.cool_down(now);
  std::vector<TicketId> late;
  bool homeless = false;
  for (const auto& [id, ticket] : state.waiting) {
    if (now >= ticket.deadline) late.push_back(id);
    homeless = homeless || ticket.places.empty();
  }
  for (const auto id : late) {
    const Ticket& ticket = state.waiting.at(id);
    const double wait =
        ticket.places.empty()
            ? 1
            : state.expected(*ticket.places.front(), 0, 0, ticket.places.front()->queued, now).first();
    const bool down = ticket.places.empty();
    state.refuse(id, down ? state.refusal(ticket.ask, now)
                          : queue_is_full(wait, "no slot became free before the deadline of the wait"));
  }
  // A breaker that turns half-open is seen by the picture and by those who wait for it.
  for (const auto& host : state.hosts) {
    if (state.view && host->breaker.opened_at() != core::Time{} &&
        host->breaker.state(now) != host->breaker.state(state.view->at)) {
      ++state.version;
      state.seats_changed = true;
    }
    for (const auto& [id, place] : host->places) {
      if (state.view && place->breaker.state(now) != place->breaker.state(state.view->at)) ++state.version;
    }
  }
  state.seats_changed = state.seats_changed || homeless;
  state.settle(now);
  state.forget_removed();
}

core::Time Fleet::next_wake(core::Time now) const {
  const State& state = *state_;
  core::Time wake = now + (state.waiting.empty() ? resting_step : waiting_step);
  for (const auto& [id, ticket] : state.waiting) wake = std::min(wake, std::max(now, ticket.deadline));
  for (const auto& host : state.hosts) {
    for (const auto& [id, place] : host->places) {
      for (const auto end : place->cooling) wake = std::min(wake, std::max(now, end));
    }
  }
  return wake;
}

std::optional<Expected> Fleet::expected(const Pair& pair, std::int64_t prompt, std::int64_t output,
                                        core::Time now) const {
  const Place* const place = state_->place(pair.host, pair.model);
  if (!place) return std::nullopt;
  return state_->expected(*place, prompt, output, place->queued, now);
}

std::optional<core::Failure> Fleet::misfit(const Pair& pair, std::int64_t prompt,
                                           std::optional<std::int64_t> max_tokens) const {
  const Place* const place = state_->place(pair.host, pair.model);
  return place ? state_->misfit(*place, prompt, max_tokens) : std::nullopt;
}

std::int64_t Fleet::calibrated(const Pair& pair, std::int64_t tokens) const {
  const Place* const place = state_->place(pair.host, pair.model);
  return place ? state_->calibrated(*place, tokens) : tokens;
}

ModelSettings Fleet::model_settings(const Pair& pair) const {
  const Place* const place = state_->place(pair.host, pair.model);
  return place ? place->wishes : ModelSettings{};
}

const TimeoutSettings& Fleet::timeouts(std::string_view name) const noexcept {
  const Host* const host = state_->host(name);
  return host ? state_->timeouts(*host) : state_->settings.timeouts;
}

core::Duration Fleet::first_token_limit(const Pair& pair) const {
  const Place* const place = state_->place(pair.host, pair.model);
  const auto& limits = timeouts(pair.host);
  const bool cold = place && place->host->habits.loads_models && (place->loading || !place->resident);
  return cold ? limits.first_token_while_loading : limits.first_token;
}

void Fleet::reset_breaker(std::string_view name, std::string_view model, core::Time now) {
  State& state = *state_;
  Host* const host = state.host(name);
  if (!host) return;
  if (model.empty()) {
    host->breaker.reset();
    for (const auto& [id, place] : host->places) place->breaker.reset();
  } else if (Place* const place = state.place(name, model)) {
    place->breaker.reset();
  }
  ++state.version;
  state.seats_changed = true;
  state.settle(now);
}

std::vector<Learned> Fleet::learned() const {
  // What no place claimed since the start is kept too: its host may only be switched off.
  auto all = state_->restored;
  for (const auto& host : state_->hosts) {
    if (host->removed) continue;
    for (const auto& [id, place] : host->places) {
      Learned entry{host->settings.name, id, place->speeds, std::nullopt};
      if (place->learner.slots > 0 && place->learner.slots != host->habits.slots) {
        entry.slots = place->learner.slots;
      }
      all.push_back(std::move(entry));
    }
  }
  return all;
}

void Fleet::restore(const std::vector<Learned>& learned) {
  for (const auto& entry : learned) {
    if (Place* const place = state_->place(entry.host, entry.model)) {
      place->speeds = entry.speeds;
      if (entry.slots) place->learner.slots = *entry.slots;
    } else {
      state_->restored.push_back(entry);
    }
  }
  ++state_->version;
}

Fleet::Counts Fleet::counts() const {
  Counts counts{state_->running.size(), state_->waiting.size(), 0, 0};
  for (const auto& host : state_->hosts) {
    for (const auto& [id, place] : host->places) {
      counts.cooling += place->cooling.size();
      counts.loading += place->loading ? 1 : 0;
    }
  }
  return counts;
}

}  // namespace codecrucible::fleet
