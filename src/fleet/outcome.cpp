#include "fleet/state.hpp"

#include <cmath>

namespace codecrucible::fleet {
namespace {

constexpr Millis overload_pause{1'000};         // after 429 or 503 without Retry-After
constexpr std::int64_t tokens_that_tell = 8;    // shorter answers say nothing about decode speed
constexpr std::int64_t prompt_that_tells = 40;  // shorter prompts are mostly template
constexpr double load_that_shows = 0.5;         // s: Ollama reports a few ms for a model in memory

// A whole reply whose server names no times: its one duration is shared out between reading and writing in
// the proportion that is expected, which comes closer to the truth with each answer.
Outcome with_first(const Running& run, Outcome outcome) {
  const bool told = outcome.first || outcome.timings.prefill.count() > 0;
  if (told || !outcome.usage.completion_tokens || !outcome.usage.prompt_tokens) return outcome;
  const auto& foreseen = run.lease.expected;
  const double tokens = static_cast<double>(std::max<std::int64_t>(1, *outcome.usage.completion_tokens));
  const double writing = tokens * run.seconds_per_token;
  if (foreseen.prefill + writing <= 0) return outcome;
  const double share = foreseen.prefill / (foreseen.prefill + writing);
  outcome.first = std::chrono::duration_cast<core::Duration>(outcome.total * share);
  return outcome;
}

// Faults of the connection or of the whole server rather than of one model.
bool blames_host(core::Cause cause) {
  using core::Cause;
  return cause == Cause::refused || cause == Cause::reset || cause == Cause::stall ||
         cause == Cause::timeout || cause == Cause::garbage;
}

}  // namespace

bool Blamed::count(std::uint64_t fingerprint, core::Time now, core::Duration window) {
  if (fingerprint == 0) return true;
  for (auto& entry : entries_) {
    if (entry.fingerprint == fingerprint && now - entry.at < window) return false;
  }
  entries_[next_++ % entries_.size()] = {fingerprint, now};
  return true;
}

// Speeds: the server's own figures first, the clock where it gives none.
void State::learn(Running& run, const Outcome& came) {
  const Outcome outcome = with_first(run, came);
  Speeds& speeds = run.place->speeds;
  const auto prompt = outcome.usage.prompt_tokens;
  const auto completion = outcome.usage.completion_tokens;
  const bool real = !outcome.usage.estimated;
  const double load = core::seconds(outcome.timings.load);
  if (load > load_that_shows && !run.lease.must_load_first) speeds.load.add(load);

  if (outcome.first && prompt) {
    double first = core::seconds(*outcome.first);
    if (load > load_that_shows) first = std::max(0.001, first - load);
    const double told = core::seconds(outcome.timings.prefill);
    const auto read =
        static_cast<double>(std::max<std::int64_t>(0, *prompt - outcome.usage.cached_tokens.value_or(0)));
    const double took = told > 0 ? told : first;
    if (run.ran_with <= 1) speeds.quiet_first.add(read, first);
    if (const auto quiet = speeds.quiet_first.at(read);
        quiet && *quiet > 0 && speeds.quiet_first.count >= 3) {
      run.place->learner.answered(first / *quiet, run.at_limit, run.ran_with, settings.slots);
    }
    speeds.first.add(read, took);
  }
  if (completion && *completion >= tokens_that_tell) {
    const auto generated = static_cast<double>(*completion);
    if (outcome.timings.decode.count() > 0) {
      speeds.token.add(core::seconds(outcome.timings.decode) / generated);
    } else if (outcome.first && outcome.total > *outcome.first) {
      speeds.token.add(core::seconds(outcome.total - *outcome.first) / (generated - 1));
    }
    speeds.output.add(generated);
  }
  speeds.service.add(core::seconds(outcome.total));
  const auto estimated = outcome.estimated_prompt > 0 ? outcome.estimated_prompt : run.prompt_tokens;
  if (prompt && real && estimated >= prompt_that_tells) {
    const double factor = static_cast<double>(*prompt) / static_cast<double>(estimated);
    // Outside of this the server counted only what was not cached, or cut the prompt.
    if (factor > 0.4 && factor < 2.5) speeds.token_factor.add(factor);
  }
}

void State::count_change(core::BreakerState was, core::BreakerState is) {
  if (was == is) return;
  if (is == core::BreakerState::open) ++events.breakers_opened;
  if (is == core::BreakerState::closed) ++events.breakers_closed;
}

// Health: breakers, pauses, suspicion.
void State::judge(Running& run, const Outcome& outcome, core::Time now) {
  using core::Cause;
  Place& place = *run.place;
  Host& host = *place.host;
  if (place.trial == run.lease.id) place.trial = 0;
  if (host.trial == run.lease.id) host.trial = 0;
  if (outcome.cancelled) return;

  const auto place_was = place.breaker.state(now);
  const auto host_was = host.breaker.state(now);
  if (!outcome.cause) {
    host.last_sign_of_life = now;
    place.breaker.good(now, settings.model_breaker);
    host.breaker.good(now, settings.host_breaker);
  } else {
    const Cause cause = *outcome.cause;
    if (core::blames_backend(cause)) {
      host.next_probe = std::min(host.next_probe, now);
      // Nobody there: that is the host's fault alone, and its models shall be tried as soon as it is back.
      const auto mark = cause == Cause::refused ? 0 : outcome.fingerprint;
      if (cause != Cause::refused && place.blamed.count(mark, now, settings.model_breaker.window))
        place.breaker.bad(now, settings.model_breaker, jitter);
      if (blames_host(cause) && host.blamed.count(mark, now, settings.host_breaker.window))
        host.breaker.bad(now, settings.host_breaker, jitter);
      if (cause == Cause::refused || cause == Cause::reset) host.connection_lost = true;
      if (cause == Cause::refused) {
        // The process is gone, and with it all that it had in memory.
        for (const auto& [id, other] : host.places) {
          if (other->resident) ++version;
          other->resident = false;
          other->residency_changed = now;
        }
      }
    } else if (cause == Cause::loading || cause == Cause::overloaded) {
      const core::Duration usual = cause == Cause::loading ? settings.retry.loading_wait : overload_pause;
      place.paused_until = now + outcome.retry_after.value_or(usual);
      if (cause == Cause::overloaded && place.learner.slots > 0) place.learner.overloaded();
    } else if (cause == Cause::backend_model_missing) {
      place.listed = place.resident = false;
      place.residency_changed = now;
      host.next_probe = std::min(host.next_probe, now);
      seats_changed = true;
      ++version;
    }
    if (cause == Cause::wrong_model) {
      place.resident = false;
      place.residency_changed = now;
      ++version;
    }
  }
  count_change(place_was, place.breaker.state(now));
  count_change(host_was, host.breaker.state(now));
  if (place_was != place.breaker.state(now) || host_was != host.breaker.state(now)) {
    seats_changed = true;
    ++version;
  }
}

void Fleet::progress(LeaseId id, core::Time now) {
  State& state = *state_;
  const auto found = state.running.find(id);
  if (found == state.running.end()) return;
  Running& run = found->second;
  run.answering = true;
  Place& place = *run.place;
  place.host->last_sign_of_life = now;
  if (place.loading && place.loader == id) {
    state.end_load(place, true, now);
    state.settle(now);
  } else {
    state.now_resident(place, now);
  }
}

// How far off the foreseen time was, the length of the answer known: how long an answer gets nobody foresees.
std::optional<double> State::surprise(const Running& run, const Outcome& outcome) {
  const auto& foreseen = run.lease.expected;
  const double actual = core::seconds(outcome.total);
  const auto generated = outcome.usage.completion_tokens;
  if (!foreseen.measured || actual <= 0 || !generated) return std::nullopt;
  // The clock of the outcome begins after an explicit load.
  const double load = run.lease.must_load_first ? 0 : foreseen.load;
  const double total = load + foreseen.prefill + run.seconds_per_token * static_cast<double>(*generated);
  return std::abs(total - actual) / actual;
}

std::optional<double> Fleet::finished(LeaseId id, const Outcome& outcome, core::Time now) {
  State& state = *state_;
  const auto found = state.running.find(id);
  if (found == state.running.end()) return std::nullopt;
  Running run = std::move(found->second);
  state.running.erase(found);
  Place& place = *run.place;
  --place.running;
  --place.host->running;
  state.counts_changed = true;
  const bool success = !outcome.cause && !outcome.cancelled;

  const bool was_loading = place.loading && place.loader == id;
  if (was_loading) {
    if (outcome.cancelled) {
      // Those who joined still want the model: the load goes on without its first asker.
      place.loader = 0;
    } else {
      state.end_load(place, success, now);
    }
  } else if (success) {
    state.now_resident(place, now);
  }
  // What we hung up on may still run over there (traps D11).
  const bool hung_up = outcome.cancelled || outcome.cause == core::Cause::timeout ||
                       outcome.cause == core::Cause::stall || outcome.cause == core::Cause::client_gone;
  if (hung_up && !was_loading) {
    const auto& slots = state.settings.slots;
    place.cooling.push_back(now + (run.answering ? slots.cancel_grace_decode : slots.cancel_grace_prefill));
  }
  std::optional<double> off;
  if (success) {
    off = State::surprise(run, outcome);
    state.learn(run, outcome);
  }
  state.judge(run, outcome, now);
  place.last_used = now;
  state.settle(now);
  if (place.host->removed) state.forget_removed();
  return off;
}

void State::cool_down(core::Time now) {
  for (const auto& host : hosts) {
    for (const auto& [id, place] : host->places) {
      if (std::erase_if(place->cooling, [&](core::Time end) { return now >= end; }) > 0)
        counts_changed = true;
      if (place->loading && now >= place->loading_until) end_load(*place, false, now);
      if (place->resident && now >= place->expires_at && place->busy() == 0 &&
          now >= place->last_used + Seconds(1)) {
        // Used since that probe means renewed; the next probe tells when it really goes.
        place->expires_at = core::Time::max();
        if (place->last_used < host->last_probe) {
          place->resident = false;
          ++version;
        }
      }
    }
  }
}

}  // namespace codecrucible::fleet
