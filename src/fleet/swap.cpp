#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {

bool dwelled(const Place& place, const SwapSettings& swap, core::Time now) {
  return now - place.loaded_at >= swap.min_dwell;
}

bool in_memory(const Place& place) {
  return place.resident || place.busy() > 0;
}

std::optional<std::int64_t> size_of(const Place& place) {
  return place.found.vram_bytes ? place.found.vram_bytes : place.found.size_bytes;
}

}  // namespace

int State::max_loaded(const Host& host) const {
  if (host.settings.max_loaded) return std::max(1, *host.settings.max_loaded);
  return host.habits.learns_limit ? host.seen_together : 1;
}

// True if loading `place` cannot put out a model that is generating or has not yet had its dwell.
bool State::load_is_safe(const Place& place, core::Time now) const {
  const Host& host = *place.host;
  if (!settings.swap.guard) return true;
  int others = 0;
  int may_go = 0;  // idle and long enough in memory
  int busy = 0;
  std::int64_t held = 0;  // bytes of busy models
  bool sized = size_of(place).has_value();
  for (const auto& [id, other] : host.places) {
    if (other.get() == &place || !in_memory(*other)) continue;
    ++others;
    if (other->busy() > 0) {
      ++busy;
      const auto size = size_of(*other);
      sized = sized && size.has_value();
      held += size.value_or(0);
    } else if (dwelled(*other, settings.swap, now)) {
      ++may_go;
    }
  }
  const auto vram = host.settings.vram_bytes ? host.settings.vram_bytes : host.vram_total;
  if (vram && sized && busy > 0 && held + *size_of(place) > *vram) return false;
  const int must_go = others + 1 - max_loaded(host);
  if (must_go <= 0) return true;
  if (host.habits.waits_for_idle) return may_go >= must_go;
  return may_go == others;
}

// Decides which models in memory must stop admitting because another model has waited long enough.
void State::mark_turns(Host& host, core::Time now) {
  for (const auto& [id, place] : host.places) place->yields = false;
  const bool waited_before = host.other_waits;
  host.other_waits = false;
  if (!settings.swap.guard || !host.habits.loads_models || waiting.empty()) return;

  const Ticket* first = nullptr;
  Place* wanted = nullptr;
  for (const auto& [id, ticket] : waiting) {
    for (Place* place : ticket.places) {
      if (place->host != &host) continue;
      const Chance got = chance(*place, ticket, now);
      if (got != Chance::blocked && got != Chance::load) continue;
      if (first && !comes_before(ticket, *first, now)) continue;
      first = &ticket;
      wanted = place;
    }
  }
  if (!first) {
    host.turn_count = 0;
    return;
  }
  host.other_waits = true;
  if (!waited_before && chance(*wanted, *first, now) == Chance::blocked) ++events.swaps_avoided;
  const auto& swap = settings.swap;
  const bool aged = first->ask.priority == Priority::interactive ||
                    now - first->since >= settings.queue.batch_becomes_interactive;
  const bool over =
      now - std::max(first->since, host.turn_began) >= swap.turn || host.turn_count >= swap.turn_requests;
  if (!aged || !over) return;

  std::vector<Place*> busy;
  int others = 0;
  for (const auto& [id, place] : host.places) {
    if (place.get() == wanted || !in_memory(*place)) continue;
    ++others;
    busy.push_back(place.get());
  }
  // Longest in memory goes first; a server that evicts whatever it likes must be idle as a whole.
  std::sort(busy.begin(), busy.end(),
            [](const Place* a, const Place* b) { return a->loaded_at < b->loaded_at; });
  std::size_t must_go = busy.size();
  const int over_limit = others + 1 - max_loaded(host);
  if (host.habits.waits_for_idle && over_limit > 0) must_go = static_cast<std::size_t>(over_limit);
  for (std::size_t i = 0; i < must_go && i < busy.size(); ++i) busy[i]->yields = true;
}

void State::begin_load(Place& place, LeaseId loader, core::Time now) {
  place.loading = true;
  place.loading_since = now;
  place.loading_until = now + timeouts(*place.host).load;
  place.loader = loader;
  ++version;

  // What has no room beside it leaves as the load begins. Which of several idle ones goes is the server's
  // choice: until the next probe none of them is counted on, so that nobody loads one by surprise.
  Host& host = *place.host;
  int others = 0;
  for (const auto& [id, other] : host.places) others += other.get() != &place && in_memory(*other) ? 1 : 0;
  if (others + 1 <= max_loaded(host)) return;
  ++host.evictions;
  for (const auto& [id, other] : host.places) {
    if (other.get() == &place || !other->resident || other->busy() > 0) continue;
    other->resident = false;
    other->residency_changed = now;
  }
}

void State::end_load(Place& place, bool ok, core::Time now) {
  if (!place.loading) return;
  place.loading = false;
  place.loader = 0;
  place.host->load_ended = now;
  place.loading_until = core::Time::max();
  place.host->next_probe = std::min(place.host->next_probe, now);  // what did it put out?
  ++version;
  if (ok) {
    place.failed_loads = 0;
    now_resident(place, now);
    return;
  }
  const double factor = std::ldexp(1.0, std::min(place.failed_loads++, 5));
  const core::Duration pause = std::min<core::Duration>(
      std::chrono::duration_cast<core::Duration>(settings.swap.load_backoff * factor), Seconds(60));
  place.load_retry_at = now + pause;
}

// `place` was seen to work: it is in memory.
void State::now_resident(Place& place, core::Time now) {
  place.last_used = now;
  if (place.resident) return;
  Host& host = *place.host;
  place.resident = true;
  place.residency_changed = place.loaded_at = now;
  host.turn_began = now;
  host.turn_count = 0;
  ++version;
}

}  // namespace codecrucible::fleet
