#include "history/schema.hpp"

#include "history/lists.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstring>

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

constexpr int first_with_facts = 3;

// The columns that version 2 had as cells move into the array.
std::string move_into_facts() {
  std::string cells;
  for (const auto& column : columns()) {
    if (column.since >= first_with_facts) continue;
    const std::string name(column.name);
    cells += (cells.empty() ? "" : ",") + (column.json ? "json(coalesce(" + name + ",'[]'))" : name);
  }
  return "CREATE TABLE ledger (number INTEGER PRIMARY KEY, id TEXT, at_us INTEGER NOT NULL, facts TEXT NOT "
         "NULL);"
         "INSERT INTO ledger SELECT number, id, at_us, json_array(" +
         cells + ") FROM requests; DROP TABLE requests;";
}

std::string view(int version) {
  std::string sql = "DROP VIEW IF EXISTS requests; CREATE VIEW requests AS SELECT number, facts";
  int place = 0;
  for (const auto& column : columns()) {
    const std::string name(column.name);
    const int at = place++;
    if (column.since > version) continue;
    const bool own = name == "id" || name == "at_us";
    sql += own ? "," + name : ",json_extract(facts,'$[" + std::to_string(at) + "]') AS " + name;
  }
  return sql + " FROM ledger;";
}

// What leads from version - 1 to `version`.
std::string step_to(int version) {
  if (version == 1) return first_tables();
  if (version >= first_with_facts)
    return (version == first_with_facts ? move_into_facts() : std::string()) + view(version);
  std::string sql;
  for (const auto& column : columns()) {
    if (column.since == version) {
      sql += "ALTER TABLE requests ADD COLUMN " + std::string(column.name) + " " + std::string(column.type) +
             ";";
    }
  }
  return sql;
}

// Numbers and gaps, most of a record, gathered before they go into the text: an append of two bytes each
// costs more than to write the digits.
class Gathered {
 public:
  explicit Gathered(std::string& out) : out_(out) {}

  void number(std::int64_t value) {
    make_room();
    used_ = static_cast<std::size_t>(std::to_chars(bytes_ + used_, bytes_ + size, value).ptr - bytes_);
    bytes_[used_++] = ',';
  }
  void gap() {
    make_room();
    std::memcpy(bytes_ + used_, "null,", 5);
    used_ += 5;
  }
  void flush() {
    out_.append(bytes_, used_);
    used_ = 0;
  }

 private:
  static constexpr std::size_t size = 256, longest = 24;

  void make_room() {
    if (used_ + longest > size) flush();
  }

  std::string& out_;
  std::size_t used_ = 0;
  char bytes_[size];
};

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

std::string_view insert_request() {
  return "INSERT INTO ledger (id, at_us, facts) VALUES (?,?,?)";
}

std::string_view select_request() {
  return "SELECT number, facts FROM requests";
}

void append_facts(std::string& out, const Record& record, std::string& scratch) {
  out += '[';
  Gathered small(out);
  for (const auto& column : columns()) {
    if (column.pack != nullptr) {
      small.flush();
      column.pack(record, out);
      out += ',';
      continue;
    }
    const auto cell = column.read(record, scratch);
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
      small.number(*whole);
    } else if (std::holds_alternative<std::monostate>(cell) && !column.json) {
      small.gap();
    } else {
      small.flush();
      append_json(out, cell, column.json);
      out += ',';
    }
  }
  small.flush();
  out.back() = ']';
}

bool read_facts(std::string_view facts, Record& record) {
  const auto list = nlohmann::json::parse(facts, nullptr, false);
  if (!list.is_array()) return false;
  std::string scratch;
  std::size_t place = 0;
  for (const auto& column : columns()) {
    if (place == list.size()) break;  // written before there were more
    write_json(column, record, list[place++], scratch);
  }
  return true;
}

}  // namespace codecrucible::history
