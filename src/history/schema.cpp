#include "history/schema.hpp"

namespace codecrucible::history {
namespace {

std::string first_tables() {
  std::string sql = "CREATE TABLE requests (number INTEGER PRIMARY KEY";
  for (const auto& column : columns()) {
    if (column.since == 1) sql += ", " + std::string(column.name) + " " + std::string(column.type);
  }
  sql +=
      ");"
      "CREATE INDEX requests_by_id ON requests (id);"
      "CREATE INDEX requests_by_time ON requests (at_us);"
      "CREATE TABLE signals (request INTEGER NOT NULL, kind TEXT NOT NULL, value REAL NOT NULL,"
      " weight REAL NOT NULL, at_us INTEGER NOT NULL, label TEXT, comment TEXT, model TEXT);"
      "CREATE INDEX signals_by_request ON signals (request);";
  return sql;
}

// What leads from version - 1 to `version`.
std::string step_to(int version) {
  if (version == 1) return first_tables();
  std::string sql;
  for (const auto& column : columns()) {
    if (column.since == version) {
      sql += "ALTER TABLE requests ADD COLUMN " + std::string(column.name) + " " + std::string(column.type) +
             ";";
    }
  }
  return sql;
}

}  // namespace

core::Result<void> migrate(Database& database, int to) {
  const auto at = static_cast<int>(database.number("PRAGMA user_version"));
  if (at > schema_version) {
    return core::fail(core::Cause::unsupported,
                      "the history was written by a newer codecrucible (version " + std::to_string(at) +
                          ", known " + std::to_string(schema_version) +
                          "): start that one, or set history.file to another place");
  }
  if (at == 0) {
    // Only possible before the first table: space of removed records goes back to the disk.
    auto vacuum = database.run("PRAGMA auto_vacuum = INCREMENTAL");
    if (!vacuum) return vacuum;
  }
  for (int version = at + 1; version <= to; ++version) {
    // IMMEDIATE: of two gateways that begin together the second waits, and finds the work done.
    auto done = database.run("BEGIN IMMEDIATE");
    if (!done) return done;
    if (database.number("PRAGMA user_version") < version) {
      done = database.run(step_to(version) + "PRAGMA user_version = " + std::to_string(version));
    }
    if (done) done = database.run("COMMIT");
    if (!done) {
      (void)database.run("ROLLBACK");
      return done;
    }
  }
  return {};
}

std::string insert_request() {
  std::string names;
  std::string places;
  for (const auto& column : columns()) {
    names += (names.empty() ? "" : ",") + std::string(column.name);
    places += places.empty() ? "?" : ",?";
  }
  return "INSERT INTO requests (" + names + ") VALUES (" + places + ")";
}

std::string select_request() {
  std::string sql = "SELECT number";
  for (const auto& column : columns()) sql += "," + std::string(column.name);
  return sql + " FROM requests";
}

}  // namespace codecrucible::history
