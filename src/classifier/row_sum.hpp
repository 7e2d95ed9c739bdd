#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace codecrucible::classifier {

// Sum of weighted rows of small numbers. Rows are kept until some have come together and are then added
// column by column, so that the running sums stay in registers. Whole numbers: exact, independent of the
// order.
class RowSum {
 public:
  static constexpr std::size_t dims = 64;
  using Sum = std::array<std::int32_t, dims>;

  // `row` has `dims` values and stays valid until `total`.
  void add(const std::int8_t* row, std::uint8_t weight) noexcept {
    if (waiting_ == rows_.size()) flush();
    rows_[waiting_] = row;
    weights_[waiting_++] = weight;
  }
  const Sum& total() noexcept {
    flush();
    return sum_;
  }

 private:
  void flush() noexcept;

  Sum sum_{};
  std::size_t waiting_ = 0;
  std::array<const std::int8_t*, 64> rows_;
  std::array<std::uint8_t, 64> weights_;
};

}  // namespace codecrucible::classifier
