#include "learning/thresholds.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::learning {
namespace {

constexpr double prior_deviation = 0.5;  // of the shift, on the logit
constexpr double prior_precision = 1 / (prior_deviation * prior_deviation);
constexpr double prior_words = 8;  // that the stronger model is as good as expected
constexpr double lowest = 0.05, highest = 0.95;

double logit(double share) noexcept {
  const double kept = std::clamp(share, 0.02, 0.98);
  return std::log(kept / (1 - kept));
}
double logistic(double x) noexcept {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

double Thresholds::shift_of(const Kind& kind) noexcept {
  return kind.information / (prior_precision + kind.precision);
}

// One step of Newton's on the logistic's likelihood, kept in information form: prior N(0, 0.5²).
void Thresholds::saw(core::TaskType task, double judged, double quality, double weight) {
  if (!(weight > 0) || !std::isfinite(quality) || !std::isfinite(judged)) return;
  auto& kind = at(task);
  const double shift = shift_of(kind);
  const double expected = logistic(logit(judged) + shift);
  const double slope = weight * expected * (1 - expected);
  kind.precision += slope;
  kind.information += slope * shift + weight * (std::clamp(quality, 0.0, 1.0) - expected);
  ++kind.judged;
}

void Thresholds::escalated(core::TaskType task, double expected, double quality, double weight) {
  if (!(weight > 0) || !std::isfinite(quality) || !std::isfinite(expected)) return;
  auto& kind = at(task);
  kind.sum += weight * (std::clamp(quality, 0.0, 1.0) - std::clamp(expected, 0.0, 1.0));
  kind.weight += weight;
  ++kind.escalated;
}

void Thresholds::fade(core::TaskType task, double keep) {
  auto& kind = at(task);
  kind.information *= keep;
  kind.precision *= keep;
  kind.sum *= keep;
  kind.weight *= keep;
}

Thresholds::View Thresholds::view(core::TaskType task) const {
  const auto& kind = at(task);
  return {shift_of(kind), kind.sum / (prior_words + kind.weight), kind.judged, kind.escalated};
}

std::optional<double> Thresholds::threshold(core::TaskType task, double general, double reach) const {
  const auto seen = view(task);
  if (!(general > 0) || !(reach > 0) || seen.judged + seen.escalated == 0) return std::nullopt;
  const double worth = logistic(logit(general + seen.gain) - seen.shift);
  const double low = std::max(lowest, general - reach), high = std::min(highest, general + reach);
  return low < high ? std::clamp(worth, low, high) : general;
}

void Thresholds::write(std::string& out) const {
  for (const auto& kind : kinds_) {
    for (const double value : {kind.information, kind.precision, kind.sum, kind.weight}) put_word(out, value);
    put_word(out, kind.judged);
    put_word(out, kind.escalated);
  }
}

bool Thresholds::read(Words& words) {
  Thresholds fresh;
  for (auto& kind : fresh.kinds_) {
    for (double* const value : {&kind.information, &kind.precision, &kind.sum, &kind.weight}) {
      if (!words.take(*value) || !std::isfinite(*value)) return false;
    }
    if (!words.take(kind.judged) || !words.take(kind.escalated)) return false;
    if (kind.precision < 0 || kind.weight < 0) return false;
  }
  *this = fresh;
  return true;
}

}  // namespace codecrucible::learning
