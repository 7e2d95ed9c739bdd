#include "fleet/state.hpp"

namespace codecrucible::fleet {
namespace {

std::chrono::seconds whole_seconds(core::Duration span) {
  return std::max(std::chrono::ceil<std::chrono::seconds>(span), std::chrono::seconds(1));
}

}  // namespace

// Until when it makes sense to wait though no candidate is usable: short after one was lost.
core::Time State::recovery_ends(const Ask& ask) const {
  core::Time end{};
  for (const auto& pair : ask.candidates) {
    const Place* const at = place(pair.host, pair.model);
    if (!at || at->host->draining) continue;
    core::Time down{};
    const Host& host = *at->host;
    if (!host.reachable) down = host.down_since;
    if (host.breaker.open_until() != core::Time{}) down = std::max(down, host.breaker.opened_at());
    if (at->breaker.open_until() != core::Time{}) down = std::max(down, at->breaker.opened_at());
    if (down == core::Time{}) continue;
    if (misfit(*at, ask.prompt_tokens, ask.max_tokens)) continue;
    end = std::max(end, down + settings.queue.recovery_wait);
  }
  return end;
}

// Why none of the candidates can take the request.
core::Failure State::refusal(const Ask& ask, core::Time now) const {
  std::optional<core::Failure> too_long;
  std::string reasons;
  core::Time soonest = core::Time::max();
  bool known = false;
  for (const auto& pair : ask.candidates) {
    const Place* const at = place(pair.host, pair.model);
    if (!at) continue;
    known = true;
    const Host& host = *at->host;
    std::string why;
    if (host.draining) {
      why = "is draining";
    } else if (!host.reachable) {
      why = host.trouble.empty() ? "is not reachable" : "is not reachable: " + host.trouble;
      soonest = std::min(soonest, host.next_probe);
    } else if (!at->listed) {
      why = "no longer lists " + at->id;
    } else if (host.breaker.state(now) == core::BreakerState::open) {
      why = "failed too often and rests";
      soonest = std::min(soonest, host.breaker.open_until());
    } else if (at->breaker.state(now) == core::BreakerState::open) {
      why = at->id + " failed too often and rests";
      soonest = std::min(soonest, at->breaker.open_until());
    } else if (auto failure = misfit(*at, ask.prompt_tokens, ask.max_tokens)) {
      if (!too_long || *failure->window_tokens > *too_long->window_tokens) too_long = std::move(failure);
      continue;
    }
    if (!reasons.empty()) reasons += "; ";
    reasons += host.settings.name + " " + why;
  }
  if (!known)
    return core::fail(core::Cause::model_not_found, "no backend has any of the wanted models", "model");
  if (too_long && reasons.empty()) return *too_long;
  auto failure = core::fail(core::Cause::no_backend, "no backend can take the request now: " + reasons);
  if (soonest != core::Time::max())
    failure.retry_after = whole_seconds(std::max(soonest - now, core::Duration{}));
  return failure;
}

}  // namespace codecrucible::fleet
