#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

namespace codecrucible::cache {

// Half of a meaning: a unit vector of 64 numbers for a text, from word vectors; all zero if it knows no word.
inline constexpr std::size_t embedded_dims = 64;
using Embed = std::function<void(std::string_view text, std::span<float, embedded_dims> out)>;

// A text as a unit vector: what its words mean, and how it is written (hashed words, pairs of words and
// pieces of words), side by side. The product of two is their similarity, -1..1.
inline constexpr std::size_t written_dims = 256;
inline constexpr std::size_t meaning_dims = embedded_dims + written_dims;
using Meaning = std::array<float, meaning_dims>;

Meaning meaning_of(std::string_view text, const Embed& embed);

// A model's vector of any length as a meaning. Longer ones are folded, each number with a sign of its own
// (count sketch, Charikar et al. 2002), which keeps the likeness of near texts to about 0.01.
Meaning folded(std::span<const float> vector);

}  // namespace codecrucible::cache
