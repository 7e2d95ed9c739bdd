#include "measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace codecrucible::escalation {
namespace {

std::vector<std::size_t> most_doubted_first(const std::vector<double>& doubt) {
  std::vector<std::size_t> order(doubt.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return doubt[a] > doubt[b] || (doubt[a] == doubt[b] && a < b);
  });
  return order;
}

}  // namespace

double auroc(const std::vector<double>& doubt, const std::vector<bool>& bad) {
  const auto order = most_doubted_first(doubt);
  double rank_sum = 0, bads = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && doubt[order[end]] == doubt[order[begin]]) ++end;
    const double rank = static_cast<double>(order.size()) - (static_cast<double>(begin + end) - 1) / 2;
    for (; begin < end; ++begin) {
      if (!bad[order[begin]]) continue;
      rank_sum += rank;
      bads += 1;
    }
  }
  const double goods = static_cast<double>(order.size()) - bads;
  return bads > 0 && goods > 0 ? (rank_sum - bads * (bads + 1) / 2) / (bads * goods) : 0.5;
}

double curve_area(const std::vector<double>& doubt, const std::vector<bool>& weak,
                  const std::vector<bool>& strong) {
  const auto order = most_doubted_first(doubt);
  const auto count = static_cast<double>(order.size());
  double gain = 0, whole_gain = 0, area = 0;
  for (std::size_t i = 0; i < weak.size(); ++i)
    whole_gain += static_cast<double>(strong[i]) - static_cast<double>(weak[i]);
  for (const auto i : order) {
    const double before = gain;
    gain += static_cast<double>(strong[i]) - static_cast<double>(weak[i]);
    area += (before + gain) / 2 / count;
  }
  return whole_gain != 0 ? area / whole_gain : 0;
}

double calibration_error(const std::vector<double>& good, const std::vector<bool>& is_good) {
  std::array<double, 10> said{}, was{}, count{};
  for (std::size_t i = 0; i < good.size(); ++i) {
    const auto bin = std::min<std::size_t>(9, static_cast<std::size_t>(good[i] * 10));
    said[bin] += good[i];
    was[bin] += is_good[i] ? 1 : 0;
    count[bin] += 1;
  }
  double error = 0;
  for (std::size_t bin = 0; bin < 10; ++bin) error += std::abs(said[bin] - was[bin]);
  return error / static_cast<double>(std::max<std::size_t>(1, good.size()));
}

double calibration_noise(const std::vector<double>& good) {
  constexpr int draws = 100;
  std::mt19937_64 random(1);
  double sum = 0;
  std::vector<bool> drawn(good.size());
  for (int draw = 0; draw < draws; ++draw) {
    for (std::size_t i = 0; i < good.size(); ++i)
      drawn[i] = static_cast<double>(random() >> 11) * 0x1.0p-53 < good[i];
    sum += calibration_error(good, drawn) / draws;
  }
  return sum;
}

}  // namespace codecrucible::escalation
