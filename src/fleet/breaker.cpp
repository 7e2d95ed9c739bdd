#include "fleet/breaker.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::fleet {

double Jitter::unit() noexcept {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return static_cast<double>((mixed ^ (mixed >> 31U)) >> 11U) * 0x1.0p-53;
}

core::BreakerState Breaker::state(core::Time now) const noexcept {
  if (!open_) return core::BreakerState::closed;
  return now >= until_ ? core::BreakerState::half_open : core::BreakerState::open;
}

void Breaker::roll(core::Time now, const BreakerSettings& settings) noexcept {
  const core::Duration half = settings.window / 2;
  if (now - span_began_ < half) return;
  before_ = now - span_began_ < 2 * half ? current_ : Span{};
  current_ = {};
  span_began_ = now;
}

void Breaker::good(core::Time now, const BreakerSettings& settings) noexcept {
  if (open_) {
    // Success of a request that began before it opened proves as much as a trial.
    reset();
    return;
  }
  roll(now, settings);
  ++current_.good;
}

void Breaker::bad(core::Time now, const BreakerSettings& settings, Jitter& jitter) noexcept {
  const auto was = state(now);
  if (was == core::BreakerState::open) return;  // stragglers from before
  if (was == core::BreakerState::closed) {
    roll(now, settings);
    ++current_.bad;
    const int bad = before_.bad + current_.bad;
    const int all = bad + before_.good + current_.good;
    if (bad < settings.failures || bad < settings.share * all) return;
    opened_at_ = now;
  } else {
    ++reopened_;
  }
  const double most = static_cast<double>(settings.max_backoff.count());
  const double plain = std::min(
      most, std::ldexp(static_cast<double>(settings.first_backoff.count()), std::min(reopened_, 30)));
  const double pause = plain * (1 + settings.jitter * (2 * jitter.unit() - 1));
  open_ = true;
  until_ = now + Millis(static_cast<Millis::rep>(pause));
  before_ = current_ = {};
}

void Breaker::alive(core::Time now) noexcept {
  if (open_) until_ = std::min(until_, now);
}

}  // namespace codecrucible::fleet
