#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {

// One that waits stays with the better replica unless another is at least so much better by now.
constexpr double clearly_better = 0.9;

constexpr double most_turns_behind = 4;
constexpr double turns_between_tries = 16;
constexpr double worth_a_try = 3;  // times the best expected end

core::Duration span(double seconds) {
  return std::chrono::duration_cast<core::Duration>(std::chrono::duration<double>(seconds));
}

// Another place of the ticket promises a clearly earlier end than this one.
bool better_elsewhere(const State& state, const Place& place, const Ticket& ticket, core::Time now) {
  const auto total = [&](const Place& at) {
    const int ahead = at.queued - (&at == ticket.places.front() ? 1 : 0);
    return state.expected(at, ticket.ask.prompt_tokens, ticket.ask.output_tokens, ahead, now).total();
  };
  const double here = total(place);
  return std::any_of(ticket.places.begin(), ticket.places.end(), [&](const Place* other) {
    return other != &place && state.usable(*other, now) && total(*other) < clearly_better * here;
  });
}

}  // namespace

State::Chance State::chance(const Place& place, const Ticket& ticket, core::Time now) const {
  const Host& host = *place.host;
  if (!usable(place, now) || now < place.paused_until || place.loading) return Chance::no;
  if (host.trial != 0 && host.breaker.state(now) != core::BreakerState::closed) return Chance::no;
  if (place.trial != 0 && place.breaker.state(now) != core::BreakerState::closed) return Chance::no;
  if (place.busy() >= slots(place)) return Chance::no;
  if (host.settings.max_concurrent && host.busy() >= *host.settings.max_concurrent) return Chance::no;
  const bool as_wished = ticket.tries && &place == ticket.places.front();
  const bool patient = ticket.places.size() > 1 && now < ticket.patient_until && !as_wished;
  if (patient && better_elsewhere(*this, place, ticket, now)) return Chance::no;
  if (!host.habits.loads_models || place.resident) return place.yields ? Chance::no : Chance::run;
  if (!settings.swap.guard) return Chance::load;
  if (host.loading() || now < place.load_retry_at) return Chance::no;
  return load_is_safe(place, now) ? Chance::load : Chance::blocked;
}

bool State::comes_before(const Ticket& a, const Ticket& b, core::Time now) const {
  const auto later_class = [&](const Ticket& ticket) {
    return ticket.ask.priority == Priority::batch &&
           now - ticket.since < settings.queue.batch_becomes_interactive;
  };
  const bool a_later = later_class(a);
  const bool b_later = later_class(b);
  if (a_later != b_later) return b_later;
  return a.turn != b.turn ? a.turn < b.turn : a.id < b.id;
}

// Known candidates by model, in the order in which the models were first named.
std::vector<std::vector<Place*>> State::groups(const Ask& ask) const {
  std::vector<std::vector<Place*>> found;
  for (const auto& pair : ask.candidates) {
    Place* const at = place(pair.host, pair.model);
    if (!at) continue;
    const auto same = std::find_if(found.begin(), found.end(),
                                   [&](const auto& group) { return group[0]->group == at->group; });
    if (same == found.end()) {
      found.push_back({at});
    } else if (std::find(same->begin(), same->end(), at) == same->end()) {
      same->push_back(at);
    }
  }
  return found;
}

// Replicas that promise about the same end share the work by their hosts' weights: so one that nobody has
// measured yet is tried too, and equals wear alike. One that promises somewhat less is tried now and then:
// what was measured may have changed.
bool State::take_turns(std::vector<std::pair<double, Place*>>& order) {
  const double best = order.front().first;
  const auto behind = std::find_if(order.begin(), order.end(),
                                   [&](const auto& entry) { return entry.first > best / clearly_better; });
  double most = 0;
  for (auto at = order.begin(); at != behind; ++at) most = std::max(most, at->second->turns);
  auto next = std::find_if(behind, order.end(), [&](const auto& entry) {
    return entry.first <= worth_a_try * best && most - entry.second->turns >= turns_between_tries;
  });
  const bool tries = next != order.end();
  if (tries) {
    next->second->turns = most;
  } else {
    // Who was away catches up on a few turns, not on all that it missed.
    for (auto at = order.begin(); at != behind; ++at)
      at->second->turns = std::max(at->second->turns, most - most_turns_behind);
    next = std::min_element(order.begin(), behind,
                            [](const auto& a, const auto& b) { return a.second->turns < b.second->turns; });
  }
  std::rotate(order.begin(), next, next + 1);
  return tries;
}

// Puts the ticket into the queue of the best usable place of the group; false if none is usable.
bool State::seat(Ticket& ticket, const std::vector<Place*>& group, core::Time now) {
  std::vector<std::pair<double, Place*>> order;
  for (Place* place : group) {
    if (!usable(*place, now)) continue;
    if (misfit(*place, ticket.ask.prompt_tokens, ticket.ask.max_tokens)) continue;
    const auto times =
        expected(*place, ticket.ask.prompt_tokens, ticket.ask.output_tokens, place->queued, now);
    const auto after = std::upper_bound(order.begin(), order.end(), times.total(),
                                        [](double total, const auto& entry) { return total < entry.first; });
    order.emplace(after, times.total(), place);
  }
  if (order.empty()) return false;
  ticket.tries = take_turns(order);
  ticket.places.clear();
  for (const auto& [seconds, place] : order) ticket.places.push_back(place);
  ticket.patient_until = now + span(2 * std::min(order.front().first, 600.0) + 1);

  Host& home = *ticket.places.front()->host;
  auto& client = home.clients[ticket.ask.client];
  if (ticket.home != &home) {
    // One that comes from a host that failed has waited already: it goes to the front.
    const bool moved = ticket.home != nullptr;
    ticket.turn = moved ? home.turn + 1 : std::max(home.turn, client.last_turn) + 1;
    if (!moved) client.last_turn = ticket.turn;
  }
  ticket.home = &home;
  ++client.waiting;
  ++home.queued;
  ++ticket.places.front()->queued;
  counts_changed = true;
  return true;
}

void State::unseat(Ticket& ticket) {
  if (ticket.places.empty()) return;
  Host& home = *ticket.places.front()->host;
  --home.queued;
  --ticket.places.front()->queued;
  counts_changed = true;
  ticket.places.clear();
  const auto client = home.clients.find(ticket.ask.client);
  if (client == home.clients.end()) return;
  if (--client->second.waiting == 0) home.clients.erase(client);
}

void State::admit(Ticket& ticket, Place& place, bool load, core::Time now) {
  Host& host = *place.host;
  Running run;
  run.at_limit = place.busy() + 1 >= slots(place) && place.queued > 1;
  run.lease.id = ++last_id;
  run.lease.request = ticket.ask.request;
  run.lease.at = {host.settings.name, place.id};
  run.lease.must_load_first = load;
  run.lease.expected = expected(place, ticket.ask.prompt_tokens, ticket.ask.output_tokens, 0, now);
  run.lease.expected.queue = 0;
  if (ticket.ask.output_tokens > 0)
    run.seconds_per_token = run.lease.expected.decode / static_cast<double>(ticket.ask.output_tokens);
  if (host.breaker.state(now) == core::BreakerState::half_open) {
    host.trial = run.lease.id;
    run.lease.trial = true;
  }
  if (place.breaker.state(now) == core::BreakerState::half_open) {
    place.trial = run.lease.id;
    run.lease.trial = true;
  }
  run.place = &place;
  run.prompt_tokens = ticket.ask.prompt_tokens;
  run.began = now;
  if (load) {
    begin_load(place, run.lease.id, now);
  } else if (host.other_waits) {
    ++host.turn_count;
  }
  ++place.running;
  ++host.running;
  place.turns += 1 / std::max(host.settings.weight, 1e-3);
  run.ran_with = place.busy();
  place.last_used = now;

  Host& home = *ticket.home;
  home.turn = std::max(home.turn, ticket.turn);
  unseat(ticket);
  called.push_back({ticket.id, ticket.ask.request, run.lease});
  const LeaseId id = run.lease.id;
  running.emplace(id, std::move(run));
  waiting.erase(ticket.id);
}

// Admits what this host can take: first what runs on models in memory, then loads, each in fair order.
void State::pump(Host& host, core::Time now) {
  while (!waiting.empty()) {
    mark_turns(host, now);
    Ticket* next = nullptr;
    Place* where = nullptr;
    Chance how = Chance::no;
    for (auto& [id, ticket] : waiting) {
      for (Place* place : ticket.places) {
        if (place->host != &host) continue;
        const Chance got = chance(*place, ticket, now);
        if (got < Chance::load || got < how) continue;
        if (got == how && next && !comes_before(ticket, *next, now)) continue;
        next = &ticket;
        where = place;
        how = got;
      }
    }
    if (!next) return;
    admit(*next, *where, how == Chance::load, now);
  }
}

void State::pump(core::Time now) {
  for (const auto& host : hosts) {
    if (waiting.empty()) return;
    if (!host->removed) pump(*host, now);
  }
}

// Waiting requests choose again among what is usable now; those with nothing left are refused, or wait
// shortly for what just went down.
void State::reseat(core::Time now) {
  std::vector<TicketId> hopeless;
  for (auto& [id, ticket] : waiting) {
    unseat(ticket);
    for (const auto& group : groups(ticket.ask)) {
      if (seat(ticket, group, now)) break;
    }
    if (ticket.places.empty() && now >= recovery_ends(ticket.ask)) hopeless.push_back(id);
  }
  for (const auto id : hopeless) refuse(id, refusal(waiting.at(id).ask, now));
}

void State::settle(core::Time now) {
  if (seats_changed && !waiting.empty()) reseat(now);
  seats_changed = false;
  pump(now);
}

void State::refuse(TicketId id, core::Failure failure) {
  const auto entry = waiting.find(id);
  unseat(entry->second);
  called.push_back({id, entry->second.ask.request, std::move(failure)});
  waiting.erase(entry);
}

std::size_t State::position(const Ticket& ticket, core::Time now) const {
  std::size_t before = 0;
  for (const auto& [id, other] : waiting) {
    before += other.home == ticket.home && id != ticket.id && comes_before(other, ticket, now) ? 1 : 0;
  }
  return before;
}

}  // namespace codecrucible::fleet
