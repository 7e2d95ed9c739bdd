#include "fit_grams.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace codecrucible::escalation {
namespace {

constexpr std::size_t buckets = confidence::gram_buckets;
constexpr int most_steps = 25;

}  // namespace

Grams grams_of(std::string_view prompt, std::string_view answer) {
  Grams grams;
  confidence::each_gram(prompt, answer,
                        [&](std::uint32_t bucket) { grams.push_back(static_cast<std::uint16_t>(bucket)); });
  return grams;
}

confidence::GramTable fit_grams(const std::vector<Grams>& grams, const std::vector<float>& target,
                                const std::vector<int>& rows, double ridge) {
  confidence::GramTable table;
  table.rarity.assign(buckets, 0);
  std::vector<float> count(buckets, 0);
  for (const int row : rows) {
    for (const auto bucket : grams[static_cast<std::size_t>(row)]) count[bucket] += 1;
  }
  for (std::size_t i = 0; i < buckets; ++i) {
    const double rarity = std::log(static_cast<double>(rows.size()) / (1.0 + static_cast<double>(count[i])));
    table.rarity[i] = static_cast<std::uint8_t>(std::clamp(std::lround(rarity * 16), 0L, 255L));
  }
  double level = 0;
  std::vector<float> scale(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    level += static_cast<double>(target[row]) / static_cast<double>(rows.size());
    double norm = 0;
    for (const auto bucket : grams[row]) norm += std::pow(table.rarity[bucket] / 16.0, 2);
    scale[i] = norm > 0 ? static_cast<float>(1 / std::sqrt(norm)) : 0.0F;
  }
  std::vector<float> rarity(buckets);
  for (std::size_t i = 0; i < buckets; ++i) rarity[i] = static_cast<float>(table.rarity[i]) / 16;

  // a = X^T X v + ridge v, row by row.
  const auto times = [&](const std::vector<float>& v, std::vector<float>& out) {
    for (std::size_t i = 0; i < buckets; ++i) out[i] = static_cast<float>(ridge) * v[i];
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& row = grams[static_cast<std::size_t>(rows[i])];
      float dot = 0;
      for (const auto bucket : row) dot += v[bucket] * rarity[bucket];
      dot *= scale[i] * scale[i];
      for (const auto bucket : row) out[bucket] += dot * rarity[bucket];
    }
  };
  std::vector<float> weight(buckets, 0), residual(buckets, 0), along, product(buckets);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<std::size_t>(rows[i]);
    const float pull = (target[row] - static_cast<float>(level)) * scale[i];
    for (const auto bucket : grams[row]) residual[bucket] += pull * rarity[bucket];
  }
  along = residual;
  const auto square = [](const std::vector<float>& v) {
    double sum = 0;
    for (const float x : v) sum += static_cast<double>(x) * static_cast<double>(x);
    return sum;
  };
  double size = square(residual);
  const double enough = size * 1e-5;
  for (int step = 0; step < most_steps && size > enough; ++step) {
    times(along, product);
    double curve = 0;
    for (std::size_t i = 0; i < buckets; ++i)
      curve += static_cast<double>(along[i]) * static_cast<double>(product[i]);
    const auto far = static_cast<float>(size / curve);
    for (std::size_t i = 0; i < buckets; ++i) {
      weight[i] += far * along[i];
      residual[i] -= far * product[i];
    }
    const double next = square(residual);
    const auto keep = static_cast<float>(next / size);
    for (std::size_t i = 0; i < buckets; ++i) along[i] = residual[i] + keep * along[i];
    size = next;
  }
  // Rarity goes into the weight; few weights are large, so the scale is set by the sixty-fourth largest and
  // those are cut.
  std::vector<float> sizes(buckets);
  for (std::size_t i = 0; i < buckets; ++i) {
    weight[i] *= rarity[i];
    sizes[i] = std::abs(weight[i]);
  }
  std::nth_element(sizes.begin(), sizes.begin() + 64, sizes.end(), std::greater<>());
  table.scale = std::max(sizes[64], 1e-9F) / 127;
  table.weight.resize(buckets);
  for (std::size_t i = 0; i < buckets; ++i) {
    table.weight[i] = static_cast<std::int8_t>(std::clamp(std::lround(weight[i] / table.scale), -127L, 127L));
  }
  table.level = static_cast<float>(level);
  return table;
}

float score_of(const confidence::GramTable& table, const Grams& grams) {
  std::int64_t sum = 0, norm = 0;
  for (const auto bucket : grams) {
    sum += table.weight[bucket];
    norm += std::int64_t{table.rarity[bucket]} * table.rarity[bucket];
  }
  if (norm == 0) return table.level;
  return table.level + table.scale * static_cast<float>(sum) / (std::sqrt(static_cast<float>(norm)) / 16);
}

}  // namespace codecrucible::escalation
