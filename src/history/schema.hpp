#pragma once

#include "core/result.hpp"
#include "history/database.hpp"

#include <string>

namespace codecrucible::history {

inline constexpr int schema_version = 2;

// Brings the tables of a file to `to`, one version after the other, each in a transaction of its own (PRAGMA
// user_version tells which one the file has). A file of a newer program is refused: Failure{unsupported}.
core::Result<void> migrate(Database& database, int to = schema_version);

// INSERT with one parameter per column, and SELECT of `number` and all columns (without an end: a WHERE may
// follow).
std::string insert_request();
std::string select_request();

}  // namespace codecrucible::history
