#pragma once

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
  static constexpr std::size_t dims = 64;
  using Pooled = std::array<float, dims>;

  // Refuses files that are not whole, of another version or out of bounds.
  static core::Result<std::shared_ptr<const Vectors>> load(const std::string& file);
  static core::Result<std::shared_ptr<const Vectors>> parse(std::string_view bytes);

  // Adds the weighted vectors of one token; unknown words are read as known pieces. Returns the weight added.
  float add(std::string_view text, const Token& token, Pooled& sum) const noexcept;

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
  float add_row(const Row& row, Pooled& sum) const noexcept;
  float add_pieces(std::string_view word, Pooled& sum) const noexcept;

  std::vector<Row> slots_;  // open addressing, power of two, empty = weight 0
  std::vector<std::int8_t> values_;
  float scale_ = 1;
  std::uint64_t checksum_ = 0;
};

// Makes a pooled vector one of length 1 (or leaves it zero).
void normalize(Vectors::Pooled& vector) noexcept;

}  // namespace codecrucible::classifier
