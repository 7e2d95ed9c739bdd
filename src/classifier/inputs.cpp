#include "classifier/inputs.hpp"

#include <algorithm>
#include <bitset>
#include <cmath>

namespace codecrucible::classifier {
namespace {

constexpr std::array<float, view_count> view_weights{1.F, 0.7F, 1.F, 0.7F, 0.7F, 0.7F, 1.F};
constexpr std::size_t edge_words = 20;     // of the opening and closing pools
constexpr std::size_t pooled_words = 300;  // of the pool over everything

std::uint16_t bucket_of(const Gram& gram) noexcept {
  std::uint32_t x = gram.hash * 2654435761U + static_cast<std::uint32_t>(gram.view) * 0x9e3779b1U;
  x ^= x >> 15;
  x *= 0x85ebca6bU;
  return static_cast<std::uint16_t>(x >> (32 - bucket_bits));
}

// Which buckets this thread's text has seen. All clear between two texts: cleaning up after some hundred
// grams is cheaper than clearing 4 KB for each text.
std::bitset<bucket_count>& seen_buckets() noexcept {
  thread_local std::bitset<bucket_count> seen;
  return seen;
}

void hash_grams(const Features& features, Inputs& out) noexcept {
  auto& seen = seen_buckets();
  std::array<std::uint32_t, view_count> sizes{};
  std::array<std::uint8_t, max_grams> views;
  std::size_t n = 0;
  for (std::size_t i = 0; i < features.gram_count; ++i) {
    const auto& gram = features.grams[i];
    const auto bucket = bucket_of(gram);
    if (seen[bucket]) continue;
    seen[bucket] = true;
    const auto view = static_cast<std::uint8_t>(gram.view);
    ++sizes[view];
    views[n] = view;
    out.buckets[n++] = bucket;
  }
  std::array<float, view_count> scale{};
  for (std::size_t v = 0; v < view_count; ++v)
    if (sizes[v] > 0) scale[v] = view_weights[v] / std::sqrt(static_cast<float>(sizes[v]));
  for (std::size_t i = 0; i < n; ++i) {
    out.values[i] = scale[views[i]];
    seen[out.buckets[i]] = false;
  }
  out.bucket_count = n;
}

void add_up(RowSum::Sum& to, const RowSum::Sum& sum) noexcept {
  for (std::size_t i = 0; i < sum.size(); ++i) to[i] += sum[i];
}

// The pools overlap: every word is added once, to the stretch between two of their edges.
void pool(std::string_view text, const Scan& scan, const Vectors& vectors, float* out) noexcept {
  const auto n = scan.count;
  const auto head = std::min(n, edge_words), tail = n - head, whole = std::min(n, pooled_words);
  std::array<std::size_t, 5> edges{0, head, tail, whole, n};
  std::sort(edges.begin(), edges.end());
  RowSum::Sum first{}, last{}, all{};
  for (std::size_t e = 0; e + 1 < edges.size(); ++e) {
    const auto from = edges[e], to = edges[e + 1];
    const bool in_first = from < head, in_last = from >= tail, in_all = from < whole;
    if (from == to || !(in_first || in_last || in_all)) continue;
    RowSum stretch;
    for (std::size_t i = from; i < to; ++i) vectors.add(text, scan.tokens[i], stretch);
    const auto& sum = stretch.total();
    if (in_first) add_up(first, sum);
    if (in_last) add_up(last, sum);
    if (in_all) add_up(all, sum);
  }
  for (const auto* sum : {&first, &last, &all}) {
    const auto vector = normalized(*sum);
    out = std::copy(vector.begin(), vector.end(), out);
  }
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
  pool(text, scan, *vectors, to);
}

}  // namespace codecrucible::classifier
