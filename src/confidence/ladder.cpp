#include "confidence/ladder.hpp"

#include "confidence/text.hpp"

#include <algorithm>

namespace codecrucible::confidence {

std::optional<Escalate> escalate_of(std::string_view header) noexcept {
  const auto word = trimmed(header);
  const auto is = [&](std::string_view name) {
    return word.size() == name.size() && find_folded(word, name) == 0;
  };
  if (is("never")) return Escalate::never;
  if (is("auto")) return Escalate::automatic;
  if (is("always")) return Escalate::always;
  return std::nullopt;
}

std::string_view name(Rung rung) noexcept {
  static constexpr std::string_view names[] = {"fast", "quality", "strongest"};
  return names[static_cast<std::size_t>(rung)];
}

void Budget::terms(double share, double burst) noexcept {
  const auto put = [](std::atomic<std::int64_t>& to, std::int64_t value) {
    if (to.load(std::memory_order_relaxed) != value) to.store(value, std::memory_order_relaxed);
  };
  put(share_, parts(share));
  put(burst_, parts(burst));
}

void Budget::request() noexcept {
  const auto share = share_.load(std::memory_order_relaxed), burst = burst_.load(std::memory_order_relaxed);
  auto owed = owed_.load(std::memory_order_relaxed), earned = share;
  while (owed > 0) {
    earned = 0;
    if (owed_.compare_exchange_weak(owed, std::max<std::int64_t>(owed - share, 0), std::memory_order_relaxed))
      break;
    earned = share;
  }
  auto saved = saved_.load(std::memory_order_relaxed);
  while (true) {
    const auto next = std::min(saved + earned, burst);
    if (next == saved || saved_.compare_exchange_weak(saved, next, std::memory_order_relaxed)) return;
  }
}

bool Budget::spend() noexcept {
  auto saved = saved_.load(std::memory_order_relaxed);
  while (saved >= whole) {
    if (saved_.compare_exchange_weak(saved, saved - whole, std::memory_order_relaxed)) return true;
  }
  return false;
}

void Budget::judged(double good) noexcept {
  constexpr double pace = 0.05;
  const auto share = static_cast<double>(share_.load(std::memory_order_relaxed)) / whole;
  auto bar = bar_.load(std::memory_order_relaxed);
  while (true) {
    const bool below = parts(good) < bar;
    const auto next = std::clamp<std::int64_t>(bar + parts(pace * (share - (below ? 1 : 0))), 0, whole);
    if (next == bar || bar_.compare_exchange_weak(bar, next, std::memory_order_relaxed)) return;
  }
}

double Budget::selective(double threshold) const noexcept {
  if (saved_.load(std::memory_order_relaxed) >= burst_.load(std::memory_order_relaxed)) return threshold;
  return std::min(threshold, static_cast<double>(bar_.load(std::memory_order_relaxed)) / whole);
}

Ladder::Ladder(const Settings& settings, Escalate wish, Rung start, core::Time began) noexcept
    : enabled_(settings.enabled),
      most_steps_(settings.max_escalations),
      safe_above_(settings.safe_above),
      second_below_(settings.second_sample_below),
      extra_time_(settings.extra_time),
      wish_(wish),
      rung_(start),
      began_(began) {}

Care Ladder::care(double expected, Comparable kind) const noexcept {
  if (!enabled_ || wish_ == Escalate::never || rung_ == Rung::strongest) return Care::none;
  if (wish_ == Escalate::automatic && expected >= safe_above_) return Care::none;
  return expected < second_below_ && kind != Comparable::prose ? Care::second : Care::hold;
}

bool Ladder::may_climb(const Budget& budget, core::Time now) const noexcept {
  if (!enabled_ || wish_ == Escalate::never || rung_ == Rung::strongest || steps_ >= most_steps_)
    return false;
  if (now - began_ > extra_time_) return false;
  return wish_ == Escalate::always || budget.affords();
}

std::optional<Rung> Ladder::climb(Budget& budget, core::Time now) noexcept {
  if (!may_climb(budget, now)) return std::nullopt;
  if (wish_ == Escalate::automatic) budget.spend();
  ++steps_;
  rung_ = rung_ == Rung::fast ? Rung::quality : Rung::strongest;
  return rung_;
}

double Thresholds::chosen() const noexcept {
  if (rule) return *rule;
  if (task) return *task;
  return tier.value_or(general);
}

}  // namespace codecrucible::confidence
