#include "learning/release.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <utility>

namespace codecrucible::learning {
namespace {

// Even in 0..100 for any keys; the salt keeps two releases from always taking the same people.
double place_of(std::uint64_t key, std::uint64_t salt) noexcept {
  std::uint64_t z = key + salt * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53 * 100;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

double ratio(double above, double below) noexcept {
  return below > 0 ? above / below : 1;
}

// Failures beyond the tolerance that chance does not explain: two proportions, one-sided 97.5 %.
bool fails_more(const Outcomes& current, const Outcomes& candidate, double tolerance) noexcept {
  const double n = static_cast<double>(candidate.requests()), m = static_cast<double>(current.requests());
  if (n == 0) return false;
  const double mine = candidate.failure_share(), theirs = current.failure_share();
  const double mixed = (static_cast<double>(candidate.failures() + current.failures()) + 1) / (n + m + 2);
  const double error = std::sqrt(mixed * (1 - mixed) * (1 / n + (m > 0 ? 1 / m : 0)));
  return mine - theirs - tolerance > 1.96 * error;
}

constexpr std::uint64_t fewest_to_condemn = 10;
// It is looked at after each request: what would be 95 % at a single look is not enough.
constexpr double repeated_looks = 2.8;

constexpr std::string_view strategies[] = {"immediate", "gradual", "canary", "ab", "shadow"};

}  // namespace

std::string_view name(Stage stage) noexcept {
  constexpr std::string_view names[] = {"running", "released", "rolled back"};
  return names[static_cast<std::size_t>(stage)];
}

std::string_view name(Strategy strategy) noexcept {
  return strategies[static_cast<std::size_t>(strategy)];
}

std::optional<Strategy> strategy_of(std::string_view name) noexcept {
  const auto found = std::find(std::begin(strategies), std::end(strategies), name);
  if (found == std::end(strategies)) return std::nullopt;
  return static_cast<Strategy>(found - std::begin(strategies));
}

ReleaseSettings release_settings(const Settings& settings) noexcept {
  ReleaseSettings out;
  out.strategy = settings.strategy;
  out.split = settings.split;
  out.success = settings.success;
  out.rollback = settings.rollback;
  out.initial_percentage = settings.initial_percentage;
  out.increment_percentage = settings.increment_percentage;
  out.increment_interval = settings.increment_interval;
  out.minimum_samples = settings.minimum_samples;
  return out;
}

Release::Release(ReleaseSettings settings, std::uint64_t current, std::uint64_t candidate, Wall now)
    : settings_(settings), current_(current), candidate_(candidate), changed_(now) {
  switch (settings_.strategy) {
    case Strategy::immediate:
      stage_ = Stage::released;
      percentage_ = 100;
      reason_ = "released at once";
      break;
    case Strategy::gradual:
    case Strategy::canary:
      percentage_ = std::clamp(settings_.initial_percentage, 0.0, 100.0);
      reason_ = "begun";
      break;
    case Strategy::ab:
      percentage_ = std::clamp(settings_.split, 0.0, 100.0);
      reason_ = "comparing";
      break;
    case Strategy::shadow:
      reason_ = "answers in the background only";
      break;
  }
}

Side Release::side_of(std::uint64_t key) const noexcept {
  if (stage_ == Stage::released) return Side::candidate;
  if (stage_ == Stage::rolled_back) return Side::current;
  return place_of(key, candidate_) < percentage_ ? Side::candidate : Side::current;
}

void Release::saw(Side side, const Outcome& outcome, Wall now) {
  step_[index(side)].add(outcome);
  all_[index(side)].add(outcome);
  judge(side, now);
}

void Release::rated(Side side, double quality, Wall now) {
  step_[index(side)].rate(quality);
  all_[index(side)].rate(quality);
  judge(side, now);
}

void Release::judge(Side side, Wall now) {
  const bool guarded = settings_.strategy == Strategy::canary || settings_.strategy == Strategy::gradual;
  std::string why;
  if (stage_ == Stage::running && guarded && side == Side::candidate && must_roll_back(why))
    roll_back(std::move(why), now);
}

bool Release::must_roll_back(std::string& why) const {
  const auto& old = step_[0];
  const auto& fresh = step_[1];
  const auto& limits = settings_.rollback;
  if (fresh.requests() < fewest_to_condemn) return false;
  if (fails_more(old, fresh, limits.failures)) {
    why = "failures: " + percent(fresh.failure_share()) + " against " + percent(old.failure_share());
    return true;
  }
  const auto difference = quality_difference(old, fresh);
  const double error = (difference.high - difference.value) / 1.96;
  if (difference.value + repeated_looks * error < -limits.quality) {
    why = "quality: " + percent(fresh.quality()) + " against " + percent(old.quality());
    return true;
  }
  const auto enough = settings_.minimum_samples / 2;
  if (fresh.requests() >= enough && old.requests() >= enough &&
      ratio(fresh.p95_seconds(), old.p95_seconds()) > limits.p95_ratio) {
    why = "95 % of answers take " + percent(ratio(fresh.p95_seconds(), old.p95_seconds())) + " of the time";
    return true;
  }
  return false;
}

bool Release::may_grow(std::string& why) const {
  const auto& old = step_[0];
  const auto& fresh = step_[1];
  const auto& limits = settings_.success;
  if (fresh.requests() < settings_.minimum_samples) {
    why = "waiting: " + std::to_string(fresh.requests()) + " of " +
          std::to_string(settings_.minimum_samples) + " requests seen";
    return false;
  }
  if (fresh.failure_share() > old.failure_share() + limits.failures) {
    why = "waiting: " + percent(fresh.failure_share()) + " fail, against " + percent(old.failure_share());
    return false;
  }
  const bool both_rated = fresh.rated() >= 2 && old.rated() >= 2;
  const auto difference = quality_difference(old, fresh);
  const double error = (difference.high - difference.value) / 1.96;
  if (both_rated && difference.value + error < -limits.quality) {
    why = "waiting: quality " + percent(fresh.quality()) + " against " + percent(old.quality());
    return false;
  }
  if (old.requests() > 0 && ratio(fresh.p95_seconds(), old.p95_seconds()) > limits.p95_ratio) {
    why = "waiting: 95 % of answers take " + percent(ratio(fresh.p95_seconds(), old.p95_seconds())) +
          " of the time";
    return false;
  }
  return true;
}

void Release::grow(Wall now) {
  percentage_ = std::min(100.0, percentage_ + std::max(settings_.increment_percentage, 0.1));
  changed_ = now;
  step_[0] = step_[1] = {};
  if (percentage_ >= 100) {
    stage_ = Stage::released;
    reason_ = "released: every step held";
    return;
  }
  reason_ = "grown to " + percent(percentage_ / 100);
}

bool Release::advance(Wall now) {
  if (stage_ != Stage::running) return false;
  if (settings_.strategy != Strategy::canary && settings_.strategy != Strategy::gradual) return false;
  if (now - changed_ < settings_.increment_interval) return false;
  std::string why;
  if (settings_.strategy == Strategy::canary && !may_grow(why)) {
    reason_ = std::move(why);
    return false;
  }
  grow(now);
  return true;
}

void Release::roll_back(std::string why, Wall now) {
  stage_ = Stage::rolled_back;
  percentage_ = 0;
  changed_ = now;
  reason_ = std::move(why);
}

void Release::release(std::string why, Wall now) {
  stage_ = Stage::released;
  percentage_ = 100;
  changed_ = now;
  reason_ = std::move(why);
}

Report report(const Release& release) {
  const auto& old = release.all(Side::current);
  const auto& fresh = release.all(Side::candidate);
  Report out;
  out.current = old.rated();
  out.candidate = fresh.rated();
  out.quality = quality_difference(old, fresh);
  out.failures = fresh.failure_share() - old.failure_share();
  out.p95_ratio = ratio(fresh.p95_seconds(), old.p95_seconds());
  const auto least = release.settings().minimum_samples;
  if (fails_more(old, fresh, 0)) {
    out.verdict = "The new one fails more often: " + percent(fresh.failure_share()) + " against " +
                  percent(old.failure_share()) + ".";
  } else if (out.current < least || out.candidate < least) {
    out.verdict = "Too early to tell: " + std::to_string(std::min(out.current, out.candidate)) +
                  " rated requests on the smaller side, " + std::to_string(least) + " are wanted.";
  } else if (out.quality.low > 0) {
    out.verdict =
        "The new one is better, by " + percent(out.quality.low) + " to " + percent(out.quality.high) + ".";
  } else if (out.quality.high < 0) {
    out.verdict =
        "The new one is worse, by " + percent(-out.quality.high) + " to " + percent(-out.quality.low) + ".";
  } else {
    out.verdict = "No difference seen: between " + percent(-out.quality.low) + " worse and " +
                  percent(out.quality.high) + " better.";
  }
  return out;
}

}  // namespace codecrucible::learning
