#pragma once

#include "confidence/text.hpp"

#include <bitset>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

inline constexpr std::uint32_t gram_buckets = 1U << 15;

// Calls `use(bucket)` once for each bucket that the words and word pairs of the texts fall into.
template <class Use>
void each_gram(std::string_view prompt, std::string_view answer, Use&& use) {
  std::bitset<gram_buckets> seen;
  const auto one = [&](std::uint32_t hash) {
    const std::uint32_t bucket = (hash ^ hash >> 16) * 0x85EBCA6BU >> 17;
    if (seen.test(bucket)) return;
    seen.set(bucket);
    use(bucket);
  };
  std::uint32_t seed = hash_seed;
  for (const auto text : {prompt, answer}) {
    std::uint32_t before = seed;
    each_word(text, [&](std::string_view word) {
      one(hash_folded(word, seed));
      one(hash_folded(word, before * 31U));
      before = hash_folded(word, seed);
    });
    seed = mix(seed, '>');
  }
}

// What the words of a prompt (and its answer) say: a linear score over hashed words and pairs, each weighed
// by its rarity, as a share of the text's length. Hashes hold no text.
struct GramTable {
  std::vector<std::uint8_t> rarity;  // idf in steps of 1/16; empty table scores 0
  std::vector<std::int8_t> weight;   // of the bucket, rarity included
  float scale = 0;                   // of `weight`
  float level = 0;

  float score(std::string_view prompt, std::string_view answer) const {
    if (weight.empty()) return 0;
    std::int64_t sum = 0, norm = 0;
    each_gram(prompt, answer, [&](std::uint32_t bucket) {
      sum += weight[bucket];
      norm += std::int64_t{rarity[bucket]} * rarity[bucket];
    });
    if (norm == 0) return level;
    return level + scale * static_cast<float>(sum) / (std::sqrt(static_cast<float>(norm)) / 16);
  }
};

}  // namespace codecrucible::confidence
