#pragma once

#include "core/result.hpp"
#include "history/database.hpp"

#include <string>
#include <string_view>

namespace codecrucible::history {

inline constexpr int schema_version = 3;

// Brings the tables of a file to `to`, one version after the other, each in a transaction of its own (PRAGMA
// user_version tells which one the file has). A file of a newer program is refused: Failure{unsupported}.
core::Result<void> migrate(Database& database, int to = schema_version);

// A record is one row of `ledger` with all its columns in one JSON array, by their place in columns(): a row
// of three cells costs a third of one with a cell per column. `requests` is a view that shows them by name,
// for conditions and for whoever opens the file. Columns are only ever added at the end.
//   INSERT: id, at_us, facts.  SELECT: number, facts (without an end: a WHERE may follow).
std::string_view insert_request();
std::string_view select_request();

// The array of a record, appended; and back: false if it is none.
void append_facts(std::string& out, const Record& record, std::string& scratch);
bool read_facts(std::string_view facts, Record& record);

}  // namespace codecrucible::history
