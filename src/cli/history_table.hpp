#pragma once

#include "cli/terminal.hpp"
#include "history/reader.hpp"

#include <array>
#include <string>
#include <vector>

namespace codecrucible::cli {

// Records as a table for a person: when, what, where, how long, how it ended, why it went there.
class HistoryTable {
 public:
  explicit HistoryTable(Style style) : style_(style) {}
  void add(const history::Kept& kept);
  std::string text() const;

 private:
  static constexpr std::size_t columns = 9;
  struct Row {
    std::array<std::string, columns> cells;
    bool failed = false;
  };
  Style style_;
  std::vector<Row> rows_;
};

}  // namespace codecrucible::cli
