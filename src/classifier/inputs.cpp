#include "classifier/inputs.hpp"

#include <algorithm>
#include <bitset>
#include <cmath>

namespace codecrucible::classifier {
namespace {

constexpr std::array<float, view_count> view_weights{1.F, 0.7F, 1.F, 0.7F, 0.7F, 0.7F, 0.F, 1.F};
constexpr std::size_t edge_words = 20;     // of the opening and closing pools
constexpr std::size_t pooled_words = 300;  // of the pool over everything

std::uint16_t bucket_of(const Gram& gram) noexcept {
  std::uint32_t x = gram.hash * 2654435761U + static_cast<std::uint32_t>(gram.view) * 0x9e3779b1U;
  x ^= x >> 15;
  x *= 0x85ebca6bU;
  return static_cast<std::uint16_t>(x >> (32 - bucket_bits));
}

void hash_grams(const Features& features, Inputs& out) noexcept {
  std::bitset<bucket_count> seen;
  std::array<std::uint32_t, view_count> sizes{};
  std::array<std::uint8_t, max_grams> views;
  std::size_t n = 0;
  for (std::size_t i = 0; i < features.gram_count; ++i) {
    const auto& gram = features.grams[i];
    const auto view = static_cast<std::size_t>(gram.view);
    if (view_weights[view] == 0) continue;
    const auto bucket = bucket_of(gram);
    if (seen[bucket]) continue;
    seen[bucket] = true;
    ++sizes[view];
    views[n] = static_cast<std::uint8_t>(view);
    out.buckets[n++] = bucket;
  }
  std::array<float, view_count> scale{};
  for (std::size_t v = 0; v < view_count; ++v)
    if (sizes[v] > 0) scale[v] = view_weights[v] / std::sqrt(static_cast<float>(sizes[v]));
  for (std::size_t i = 0; i < n; ++i) out.values[i] = scale[views[i]];
  out.bucket_count = n;
}

void pool(std::string_view text, const Scan& scan, std::size_t from, std::size_t to, const Vectors& vectors,
          float* out) noexcept {
  Vectors::Pooled sum{};
  for (std::size_t i = from; i < to; ++i) vectors.add(text, scan.tokens[i], sum);
  normalize(sum);
  std::copy(sum.begin(), sum.end(), out);
}

}  // namespace

void gather(std::string_view text, const Scan& scan, const Features& features, const RuleAnswer& rules,
            const Vectors* vectors, Inputs& out) noexcept {
  hash_grams(features, out);
  auto* to = std::copy(features.dense.begin(), features.dense.end(), out.numbers.begin());
  for (std::size_t i = 0; i < rule_count; ++i) *to++ = (rules.fired >> i & 1) != 0 ? 1.F : 0.F;
  to = std::copy(rules.points.begin(), rules.points.end(), to);
  *to++ = rules.score;
  std::fill(to, out.numbers.end(), 0.F);
  if (vectors == nullptr) return;
  const auto n = scan.count;
  pool(text, scan, 0, std::min(n, edge_words), *vectors, to);
  pool(text, scan, n - std::min(n, edge_words), n, *vectors, to + Vectors::dims);
  pool(text, scan, 0, std::min(n, pooled_words), *vectors, to + 2 * Vectors::dims);
}

}  // namespace codecrucible::classifier
