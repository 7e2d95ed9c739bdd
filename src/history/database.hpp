#pragma once

#include "core/result.hpp"
#include "history/columns.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace codecrucible::history {

// One prepared statement. Parameters and columns count from 1 and from 0, as in SQLite. The texts bound have
// to live until the step; those read live until the next one.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);

  explicit operator bool() const noexcept { return statement_ != nullptr; }
  void bind(int index, const Cell& cell) noexcept;
  void bind(int index, std::int64_t value) noexcept;
  void bind(int index, double value) noexcept;
  void bind(int index, std::string_view value) noexcept;
  enum class Step : std::uint8_t { row, done, failed };
  Step step() noexcept;
  void reset() noexcept;
  Cell cell(int index) const noexcept;
  std::int64_t whole(int index) const noexcept;
  std::string_view text(int index) const noexcept;

 private:
  struct Close {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

// An open SQLite file. One thread at a time.
class Database {
 public:
  enum class Mode : std::uint8_t { write, read };
  // What is wrong with a file that does not open.
  enum class Trouble : std::uint8_t {
    none,
    damaged,      // not a database, or a broken one
    unreachable,  // no right, no place, no folder, locked for too long
  };

  static core::Result<Database> open(const std::string& file, Mode mode, Trouble& trouble);

  core::Result<void> run(const std::string& sql);
  Statement prepare(std::string_view sql) { return {database_.get(), sql}; }
  std::int64_t number(std::string_view sql);  // the first cell of the first row; 0 without one
  std::int64_t last_number() const noexcept;  // of the row inserted last
  std::int64_t changes() const noexcept;
  // Of the last call that failed.
  Trouble trouble() const noexcept;
  std::string message() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace codecrucible::history
