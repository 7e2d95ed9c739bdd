#pragma once

#include "classifier/features.hpp"
#include "classifier/rules.hpp"
#include "classifier/vectors.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// What the trained model multiplies with its weights: hashed words, numbers, and pooled word vectors.
inline constexpr std::size_t bucket_bits = 15;
inline constexpr std::size_t bucket_count = std::size_t{1} << bucket_bits;
inline constexpr std::size_t pool_count = 3;  // opening words, closing words, all words
namespace number {
inline constexpr std::size_t dense = 0;
inline constexpr std::size_t fired = dense + dense::count;
inline constexpr std::size_t points = fired + rule_count;
inline constexpr std::size_t score = points + core::task_type_count;
inline constexpr std::size_t pooled = score + 1;
inline constexpr std::size_t count = pooled + pool_count * Vectors::dims;
}  // namespace number

struct Inputs {
  std::size_t bucket_count = 0;
  std::array<std::uint16_t, max_grams> buckets;  // each at most once
  std::array<float, max_grams> values;           // view's weight over the root of the view's size
  std::array<float, number::count> numbers;
};

// Everything a model sees of a request. `vectors` may be null: the pooled part is zero then.
void gather(std::string_view text, const Scan& scan, const Features& features, const RuleAnswer& rules,
            const Vectors* vectors, Inputs& out) noexcept;

}  // namespace codecrucible::classifier
