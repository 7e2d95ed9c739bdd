#pragma once

#include "history/record.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace codecrucible::history {

// What a cell holds; a view lives as long as the record or the row that it came from, or the `scratch` given.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string_view>;

// One fact of a record as a flat column: of the ledger's table, of CSV and of JSON lines alike. Times end in
// `_us` (microseconds); `at_us` counts from 1970. What is unknown or did not happen is null.
struct Column {
  std::string_view name;
  std::string_view type;  // INTEGER, REAL or TEXT
  bool json = false;      // the text is JSON (a list)
  int since = 1;          // version of the table that brought it
  Cell (*read)(const Record& record, std::string& scratch);
  void (*write)(Record& record, const Cell& cell);
  // A shorter JSON text of the cell for the ledger's rows, appended; `write` reads it as well. Null = as
  // read.
  void (*pack)(const Record& record, std::string& out) = nullptr;
};

std::span<const Column> columns() noexcept;

// Names as they stand in cells.
std::string_view name(Source source) noexcept;
std::optional<Source> source_of(std::string_view name) noexcept;
std::string_view name(SignalKind kind) noexcept;
std::optional<SignalKind> signal_kind_of(std::string_view name) noexcept;
std::optional<core::Cause> cause_of(std::string_view label) noexcept;
std::string_view name(core::FinishReason reason) noexcept;
// "ok", or the cause of the failure.
std::string_view outcome_of(const Record& record) noexcept;

}  // namespace codecrucible::history
