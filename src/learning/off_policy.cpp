#include "learning/off_policy.hpp"

#include "learning/dice.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace codecrucible::learning {
namespace {

constexpr double z95 = 1.96;

// Student's t for the interval of a mean, 97.5 %: Cornish-Fisher expansion, good to 0.3 % from 4 degrees on.
double t95(double degrees) noexcept {
  const double n = std::max(degrees, 1.0);
  const double cube = z95 * z95 * z95;
  return z95 + (cube + z95) / (4 * n) + (5 * cube * z95 * z95 + 16 * cube + 3 * z95) / (96 * n * n);
}

Estimate mean_with_interval(std::span<const double> values, double degrees) {
  Estimate out;
  if (values.empty()) return out;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  out.value = sum / n;
  for (const double value : values) squares += (value - out.value) * (value - out.value);
  const double error = n > 1 ? std::sqrt(squares / (n - 1) / n) : 0;
  const double reach = t95(std::min(n - 1, degrees)) * error;
  out.low = out.value - reach;
  out.high = out.value + reach;
  return out;
}

// The wider of two intervals on each side: few heavy requests make means skewed, which the normal interval
// does not see and the bootstrap sees only in part.
void widen(Estimate& estimate, double low, double high) {
  estimate.low = std::min(estimate.low, low);
  estimate.high = std::max(estimate.high, high);
}

struct Rows {
  std::vector<double> weight, ips, robust, gain, reward;
};

double snips_of(const Rows& rows, std::span<const std::size_t> picked) {
  double above = 0, below = 0;
  for (const auto i : picked) {
    above += rows.ips[i];
    below += rows.weight[i];
  }
  return below > 0 ? above / below : 0;
}

double mean_of(const std::vector<double>& values, std::span<const std::size_t> picked) {
  double sum = 0;
  for (const auto i : picked) sum += values[i];
  return sum / static_cast<double>(picked.size());
}

void bootstrap(const Rows& rows, const EvaluationSettings& settings, Evaluation& out) {
  Dice dice(settings.seed);
  std::vector<std::size_t> picked(rows.weight.size());
  std::vector<double> ips, snips, robust, gain;
  for (std::size_t round = 0; round < settings.resamples; ++round) {
    for (auto& at : picked) at = dice.below(picked.size());
    ips.push_back(mean_of(rows.ips, picked));
    snips.push_back(snips_of(rows, picked));
    robust.push_back(mean_of(rows.robust, picked));
    gain.push_back(mean_of(rows.gain, picked));
  }
  const auto side = [&](std::vector<double>& values, Estimate& estimate) {
    std::sort(values.begin(), values.end());
    const auto tail = static_cast<std::size_t>(0.025 * static_cast<double>(values.size()));
    widen(estimate, values[tail], values[values.size() - 1 - tail]);
  };
  side(ips, out.ips);
  side(snips, out.snips);
  side(robust, out.robust);
  side(gain, out.gain);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.2f" : "%.0f", value);
  return text;
}

void warn(std::size_t tiny, const EvaluationSettings& settings, Evaluation& out) {
  out.can_tell = out.requests > 0;
  const auto grave = [&](std::string text) {
    out.warnings.push_back(std::move(text));
    out.can_tell = false;
  };
  if (out.requests == 0) return grave("there are no requests to judge by");
  if (out.matched == 0)
    return grave("no request was served as the other policy would have: nothing can be said of it");
  if (out.effective < settings.least_effective) {
    grave("only " + number(out.effective) +
          " requests' worth of evidence (effective sample size); at least " +
          number(settings.least_effective) + " are needed: let exploration run longer");
  }
  if (out.largest_share > 0.1)
    grave("one request carries " + number(out.largest_share * 100) + " % of the whole weight");
  if (std::abs(out.mean_weight - 1) > 0.2) {
    grave("the weights' mean is " + number(out.mean_weight) +
          " where it should be 1: the other policy takes models that were never tried");
  }
  if (tiny > 0) {
    out.warnings.push_back(std::to_string(tiny) + " requests had a propensity below " +
                           number(settings.least_propensity * 1000) + " in 1000, which was cut");
  }
}

}  // namespace

Evaluation evaluate(std::span<const Logged> log, const EvaluationSettings& settings) {
  Evaluation out;
  out.requests = log.size();
  Rows rows;
  std::size_t tiny = 0;
  double sum = 0, squares = 0, heaviest = 0;
  for (const auto& one : log) {
    if (one.propensity < settings.least_propensity) ++tiny;
    const double weight = one.share / std::max(one.propensity, settings.least_propensity);
    if (one.share > 0) ++out.matched;
    const double robust = one.expected_other + weight * (one.reward - one.expected_served);
    rows.weight.push_back(weight);
    rows.reward.push_back(one.reward);
    rows.ips.push_back(weight * one.reward);
    rows.robust.push_back(robust);
    rows.gain.push_back(robust - one.reward);
    sum += weight;
    squares += weight * weight;
    heaviest = std::max(heaviest, weight);
  }
  if (squares > 0) out.effective = sum * sum / squares;
  if (sum > 0) out.largest_share = heaviest / sum;
  if (!log.empty()) out.mean_weight = sum / static_cast<double>(log.size());
  if (!log.empty()) {
    // As many degrees of freedom as there are requests that carry the weight.
    const double degrees = std::max(out.effective - 1, 1.0);
    out.logged = mean_with_interval(rows.reward, static_cast<double>(log.size()));
    out.ips = mean_with_interval(rows.ips, degrees);
    out.robust = mean_with_interval(rows.robust, degrees);
    out.gain = mean_with_interval(rows.gain, degrees);
    if (sum > 0) {
      // Delta method: the ratio's deviations are those of weight × (reward - ratio).
      const double ratio = [&] {
        double above = 0;
        for (const double value : rows.ips) above += value;
        return above / sum;
      }();
      std::vector<double> deviations;
      for (std::size_t i = 0; i < log.size(); ++i) {
        deviations.push_back(rows.weight[i] * (rows.reward[i] - ratio) * static_cast<double>(log.size()) /
                             sum);
      }
      out.snips = mean_with_interval(deviations, degrees);
      out.snips.low += ratio - out.snips.value;
      out.snips.high += ratio - out.snips.value;
      out.snips.value = ratio;
    }
    bootstrap(rows, settings, out);
  }
  warn(tiny, settings, out);
  return out;
}

std::string plain_verdict(const Evaluation& evaluation) {
  if (!evaluation.can_tell)
    return "The data cannot tell: " +
           (evaluation.warnings.empty() ? "no data" : evaluation.warnings.front()) + ".";
  const auto percent = [](double value) { return number(std::abs(value) * 100); };
  const auto& gain = evaluation.gain;
  if (gain.low > 0) return "Better, by " + percent(gain.low) + " to " + percent(gain.high) + " points.";
  if (gain.high < 0) return "Worse, by " + percent(gain.high) + " to " + percent(gain.low) + " points.";
  return "No difference seen: between " + percent(gain.low) + " points worse and " + percent(gain.high) +
         " points better.";
}

}  // namespace codecrucible::learning
