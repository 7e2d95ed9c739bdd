#pragma once

#include "classifier/scan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// The numbers the trained model sees besides words. Blocks of one value per Kind, then shape and form.
namespace dense {
inline constexpr std::size_t first = 0;                     // kind occurs in the first sentence
inline constexpr std::size_t last = first + kind_count;     // … in the last sentence
inline constexpr std::size_t anywhere = last + kind_count;  // log of the count
inline constexpr std::size_t lead = anywhere + kind_count;  // kinds of the word that orders or asks first
inline constexpr std::size_t closing = lead + kind_count;   // … in the last sentence
inline constexpr std::size_t leads = closing + kind_count;  // log of sentences led by the kind
// log of verbs after "and", "then", a comma, "please", "to"
inline constexpr std::size_t orders = leads + kind_count;
inline constexpr std::size_t asked = orders + kind_count;  // kind occurs in a sentence that orders or asks
inline constexpr std::size_t sorts = asked + kind_count;   // log counts of files, URLs, identifiers …
inline constexpr std::size_t sort_count = 9;
inline constexpr std::size_t shape = sorts + sort_count;
inline constexpr std::size_t shape_count = 47;
inline constexpr std::size_t count = shape + shape_count;
}  // namespace dense

// Words and their neighbours as hashes, one list per view of the text. The model folds them to its buckets.
enum class View : std::uint8_t { word, pair, opening, closing, pattern, object, ask };
inline constexpr std::size_t view_count = 7;
struct Gram {
  std::uint32_t hash;
  View view;
};
inline constexpr std::size_t max_grams = 4096;

struct Features {
  std::array<float, dense::count> dense;
  std::size_t gram_count;
  Gram grams[max_grams];
};

// Pure: the same scan gives the same features.
void extract(const Scan& scan, Features& out) noexcept;

}  // namespace codecrucible::classifier
