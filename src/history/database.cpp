#include "history/database.hpp"

#include <sqlite3.h>

namespace codecrucible::history {
namespace {

constexpr int patience_ms = 5000;  // another gateway may be writing the same file

Database::Trouble trouble_of(int code) noexcept {
  switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return Database::Trouble::none;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return Database::Trouble::damaged;
    default:
      return Database::Trouble::unreachable;
  }
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &made,
                     nullptr);
  statement_.reset(made);
}

void Statement::bind(int index, std::int64_t value) noexcept {
  sqlite3_bind_int64(statement_.get(), index, value);
}
void Statement::bind(int index, double value) noexcept {
  sqlite3_bind_double(statement_.get(), index, value);
}
void Statement::bind(int index, std::string_view value) noexcept {
  sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void Statement::bind(int index, const Cell& cell) noexcept {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) {
    bind(index, *whole);
  } else if (const auto* real = std::get_if<double>(&cell)) {
    bind(index, *real);
  } else if (const auto* text = std::get_if<std::string_view>(&cell)) {
    bind(index, *text);
  } else {
    sqlite3_bind_null(statement_.get(), index);
  }
}

Statement::Step Statement::step() noexcept {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return Step::row;
  return code == SQLITE_DONE ? Step::done : Step::failed;
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_.get());
}

Cell Statement::cell(int index) const noexcept {
  switch (sqlite3_column_type(statement_.get(), index)) {
    case SQLITE_INTEGER:
      return whole(index);
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement_.get(), index);
    case SQLITE_TEXT:
    case SQLITE_BLOB:
      return text(index);
    default:
      return {};
  }
}

std::int64_t Statement::whole(int index) const noexcept {
  return sqlite3_column_int64(statement_.get(), index);
}

std::string_view Statement::text(int index) const noexcept {
  const auto* bytes = sqlite3_column_text(statement_.get(), index);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), index))};
}

void Database::Close::operator()(sqlite3* database) const noexcept {
  sqlite3_close_v2(database);
}

core::Result<Database> Database::open(const std::string& file, Mode mode, Trouble& trouble) {
  Database database;
  sqlite3* made = nullptr;
  const int flags = SQLITE_OPEN_NOMUTEX |
                    (mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const int code = sqlite3_open_v2(file.c_str(), &made, flags, nullptr);
  database.database_.reset(made);
  trouble = trouble_of(code);
  if (code != SQLITE_OK) {
    return core::fail(core::Cause::internal,
                      file + ": " + (made != nullptr ? sqlite3_errmsg(made) : "no memory"));
  }
  sqlite3_extended_result_codes(made, 1);
  sqlite3_busy_timeout(made, patience_ms);
  // The first look at the file itself: opening alone reads nothing.
  auto looked = database.run("PRAGMA schema_version");
  if (!looked) {
    trouble = database.trouble();
    return core::fail(core::Cause::internal, file + ": " + looked.error().detail);
  }
  return database;
}

core::Result<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return core::fail(core::Cause::internal, message());
}

std::int64_t Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  return statement && statement.step() == Statement::Step::row ? statement.whole(0) : 0;
}

std::int64_t Database::last_number() const noexcept {
  return sqlite3_last_insert_rowid(database_.get());
}
std::int64_t Database::changes() const noexcept {
  return sqlite3_changes64(database_.get());
}

Database::Trouble Database::trouble() const noexcept {
  return trouble_of(sqlite3_extended_errcode(database_.get()));
}

std::string Database::message() const {
  return sqlite3_errmsg(database_.get());
}

}  // namespace codecrucible::history
