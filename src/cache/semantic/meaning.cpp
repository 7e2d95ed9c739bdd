#include "cache/semantic/meaning.hpp"

#include <cmath>
#include <cstdint>
#include <string>

namespace codecrucible::cache {
namespace {

// Shares of the squared length; measured on intents (docs/caching.md).
constexpr float embedded_share = 0.7F;
constexpr float word_weight = 1.0F, pair_weight = 0.5F, piece_weight = 0.4F;
constexpr std::size_t longest_word = 48;

constexpr std::uint32_t seed = 2166136261U;  // FNV-1a
constexpr std::uint32_t step(std::uint32_t hash, unsigned char byte) {
  return (hash ^ byte) * 16777619U;
}

void add(std::uint32_t hash, float weight, std::span<float> out) {
  hash ^= hash >> 15;
  hash *= 0x2C1B3C6DU;
  hash ^= hash >> 12;
  out[hash % out.size()] += (hash >> 31) != 0 ? weight : -weight;
}

void scale_to(std::span<float> vector, float length) {
  float square = 0;
  for (const float value : vector) square += value * value;
  if (square <= 1e-12F) return;
  const float factor = length / std::sqrt(square);
  for (float& value : vector) value *= factor;
}

// The words of a text, one after the other: small letters and digits, apostrophes dropped, bytes beyond ASCII
// as letters.
template <class Each>
void for_words(std::string_view text, const Each& each) {
  std::string word = "^";
  const auto flush = [&] {
    if (word.size() > 1) each(std::string_view(word += '$'));
    word.assign(1, '^');
  };
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || byte >= 0x80) {
      if (word.size() < longest_word) word += c;
    } else if (c >= 'A' && c <= 'Z') {
      if (word.size() < longest_word) word += static_cast<char>(c + 32);
    } else if (c != '\'') {
      flush();
    }
  }
  flush();
}

}  // namespace

Meaning meaning_of(std::string_view text, const Embed& embed) {
  Meaning out{};
  const std::span<float, meaning_dims> whole(out);
  const auto embedded = whole.first<embedded_dims>();
  const auto written = whole.subspan<embedded_dims>();
  if (embed) embed(text, embedded);
  std::uint32_t before = 0;
  for_words(text, [&](std::string_view word) {
    std::uint32_t hash = seed;
    for (const char c : word) hash = step(hash, static_cast<unsigned char>(c));
    add(hash, word_weight, written);
    if (before != 0) add(step(before * 31U, 0xFF) ^ hash, pair_weight, written);
    before = hash;
    for (std::size_t at = 0; at + 3 <= word.size(); ++at) {
      std::uint32_t piece = seed ^ 0x9E3779B9U;
      for (std::size_t i = at; i < at + 4 && i < word.size(); ++i) {
        piece = step(piece, static_cast<unsigned char>(word[i]));
        if (i - at >= 2) add(piece, piece_weight, written);
      }
    }
  });
  scale_to(embedded, std::sqrt(embedded_share));
  scale_to(written, std::sqrt(1 - embedded_share));
  scale_to(whole, 1);  // a text without known words is what is written
  return out;
}

Meaning folded(std::span<const float> vector) {
  Meaning out{};
  const bool fits = vector.size() <= out.size();
  for (std::size_t i = 0; i < vector.size(); ++i) {
    std::uint64_t mixed = (i + 1) * 0x9E3779B97F4A7C15ULL;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed ^= mixed >> 27U;
    const auto at = fits ? i : (mixed >> 1U) % out.size();
    out[at] += fits || (mixed & 1U) != 0 ? vector[i] : -vector[i];
  }
  scale_to(out, 1);
  return out;
}

}  // namespace codecrucible::cache
