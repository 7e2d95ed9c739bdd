#include "learning/release.hpp"
#include "learning/words.hpp"

#include <cmath>

namespace codecrucible::learning {

class OutcomesText {
 public:
  static void put(std::string& out, const Outcomes& outcomes) {
    put_word(out, outcomes.requests_);
    put_word(out, outcomes.failures_);
    put_word(out, outcomes.rated_);
    put_word(out, outcomes.sum_);
    put_word(out, outcomes.squares_);
    for (const auto count : outcomes.times_) put_word(out, count);
  }
  static bool take(Words& words, Outcomes& outcomes) {
    if (!words.take(outcomes.requests_) || !words.take(outcomes.failures_) || !words.take(outcomes.rated_) ||
        !words.take(outcomes.sum_) || !words.take(outcomes.squares_)) {
      return false;
    }
    for (auto& count : outcomes.times_) {
      if (!words.take(count)) return false;
    }
    return std::isfinite(outcomes.sum_) && std::isfinite(outcomes.squares_);
  }
};

namespace {

constexpr std::string_view release_magic = "release-1";

std::int64_t milliseconds(Release::Wall at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace

std::string Release::written() const {
  std::string out(release_magic);
  out += ' ';
  put_word(out, static_cast<unsigned>(settings_.strategy));
  for (const double value :
       {settings_.initial_percentage, settings_.increment_percentage, settings_.split,
        settings_.success.quality, settings_.success.p95_ratio, settings_.success.failures,
        settings_.rollback.quality, settings_.rollback.p95_ratio, settings_.rollback.failures, percentage_}) {
    put_word(out, value);
  }
  put_word(out, settings_.increment_interval.count());
  put_word(out, settings_.minimum_samples);
  put_word(out, current_);
  put_word(out, candidate_);
  put_word(out, static_cast<unsigned>(stage_));
  put_word(out, milliseconds(changed_));
  for (const auto& outcomes : {step_[0], step_[1], all_[0], all_[1]}) OutcomesText::put(out, outcomes);
  out += reason_;
  return out;
}

bool Release::read(std::string_view text, Release& into) {
  Words words(text);
  if (words.next() != release_magic) return false;
  Release found = into;
  unsigned strategy = 0, stage = 0;
  std::int64_t interval = 0, changed = 0;
  if (!words.take(strategy) || strategy > static_cast<unsigned>(Strategy::shadow)) return false;
  auto& settings = found.settings_;
  settings.strategy = static_cast<Strategy>(strategy);
  for (double* const value :
       {&settings.initial_percentage, &settings.increment_percentage, &settings.split,
        &settings.success.quality, &settings.success.p95_ratio, &settings.success.failures,
        &settings.rollback.quality, &settings.rollback.p95_ratio, &settings.rollback.failures,
        &found.percentage_}) {
    if (!words.take(*value) || !std::isfinite(*value)) return false;
  }
  if (!words.take(interval) || !words.take(settings.minimum_samples) || !words.take(found.current_) ||
      !words.take(found.candidate_) || !words.take(stage) ||
      stage > static_cast<unsigned>(Stage::rolled_back) || !words.take(changed)) {
    return false;
  }
  settings.increment_interval = std::chrono::milliseconds(interval);
  found.stage_ = static_cast<Stage>(stage);
  found.changed_ = Wall(std::chrono::milliseconds(changed));
  for (auto* const outcomes : {&found.step_[0], &found.step_[1], &found.all_[0], &found.all_[1]}) {
    if (!OutcomesText::take(words, *outcomes)) return false;
  }
  found.reason_ = std::string(words.rest());
  into = std::move(found);
  return true;
}

}  // namespace codecrucible::learning
