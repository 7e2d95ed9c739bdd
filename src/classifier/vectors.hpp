#pragma once

#include "classifier/row_sum.hpp"
#include "classifier/scan.hpp"
#include "core/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::classifier {

// A vector of 64 small numbers for each of some 30,000 words and word pieces, distilled offline from a
// sentence encoder (docs/classifier.md). Texts that mean the same have pooled vectors that point the same
// way, which also serves a semantic cache. Immutable after load.
class Vectors {
 public:
  static constexpr std::size_t dims = RowSum::dims;
  using Pooled = std::array<float, dims>;

  // Refuses files that are not whole, of another version or out of bounds.
  static core::Result<std::shared_ptr<const Vectors>> load(const std::string& file);
  static core::Result<std::shared_ptr<const Vectors>> parse(std::string_view bytes);

  // Adds the weighted vectors of one token; unknown words are read as known pieces.
  void add(std::string_view text, const Token& token, RowSum& sum) const noexcept;

  // Unit vector of a whole text (its words; identifiers, paths and code do not count). Zero if it has none.
  Pooled embed(std::string_view text) const noexcept;

  // Changes when the file does: a model is valid with the vectors it was trained with and no others.
  std::uint64_t checksum() const noexcept { return checksum_; }

 private:
  struct Row {
    std::uint32_t hash;
    std::uint32_t index_and_weight;  // index << 8 | weight
  };
  const Row* find(std::uint32_t hash) const noexcept;
  void add_row(const Row& row, RowSum& sum) const noexcept;
  void add_pieces(std::string_view word, RowSum& sum) const noexcept;

  std::vector<Row> slots_;  // open addressing, power of two, empty = weight 0
  std::vector<std::int8_t> values_;
  std::uint64_t checksum_ = 0;
};

// The vector of length 1 in the direction of a sum (or zero).
Vectors::Pooled normalized(const RowSum::Sum& sum) noexcept;

}  // namespace codecrucible::classifier
