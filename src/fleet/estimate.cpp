#include "fleet/estimate.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::fleet {
namespace {
constexpr double settled_weight = 0.08;  // of one sample, once settled: half-life about 8 samples
constexpr double outlier_steps = 3;      // times the usual deviation
constexpr double line_memory = 0.985;    // per sample: about 65 samples count
constexpr double line_outlier = 3;       // times the prediction
}  // namespace

void Mean::add(double value) noexcept {
  if (!(value > 0) || !std::isfinite(value)) return;
  const double sample = std::log(value);
  if (count < 1) {
    log = sample;
  } else {
    const double reach = count < 5 ? 3.0 : outlier_steps * std::max(spread, 0.05);
    const double step = std::clamp(sample - log, -reach, reach);
    const double weight = std::max(settled_weight, 1 / (count + 1));
    log += weight * step;
    spread += weight * (std::abs(step) - spread);
  }
  count += 1;
}

std::optional<double> Mean::value() const noexcept {
  if (count < 1) return std::nullopt;
  return std::exp(log);
}

void Line::add(double where, double value) noexcept {
  if (!(where >= 0) || !(value > 0) || !std::isfinite(where) || !std::isfinite(value)) return;
  const auto guess = at(where);
  double weighed_by = value;
  if (guess && *guess > 0 && count >= 5) {
    value = std::clamp(value, *guess / line_outlier, *guess * line_outlier);
    weighed_by = std::sqrt(value * *guess);
  }
  const double weight = 1 / std::max(weighed_by * weighed_by, 1e-6);
  w = w * line_memory + weight;
  x = x * line_memory + weight * where;
  y = y * line_memory + weight * value;
  xx = xx * line_memory + weight * where * where;
  xy = xy * line_memory + weight * where * value;
  count += 1;
}

std::optional<double> Line::slope() const noexcept {
  if (count < 1 || x <= 0) return std::nullopt;
  const double through_zero = xy / xx;
  const double mean = x / w;
  const double variance = xx / w - mean * mean;
  // Prompts of nearly one length say nothing about the base: take all of it as slope.
  if (count < 4 || variance < 0.01 * mean * mean) return through_zero;
  const double fitted = (xy / w - mean * (y / w)) / variance;
  const double base = y / w - fitted * mean;
  if (base < 0) return through_zero;
  return std::max(fitted, 0.0);
}

std::optional<double> Line::at(double where) const noexcept {
  const auto rise = slope();
  if (!rise) return std::nullopt;
  const double base = std::max(0.0, (y - *rise * x) / w);
  return base + *rise * where;
}

}  // namespace codecrucible::fleet
