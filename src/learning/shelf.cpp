#include "learning/shelf.hpp"

#include <filesystem>

namespace codecrucible::learning {
namespace {

using Step = history::Statement::Step;

std::int64_t milliseconds(std::chrono::system_clock::time_point at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace

core::Result<Shelf> Shelf::open(const std::string& file) {
  std::error_code ignored;
  const auto folder = std::filesystem::path(file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  history::Database::Trouble trouble{};
  auto database = history::Database::open(file, history::Database::Mode::write, trouble);
  if (!database) return database.error();
  for (const char* const sql :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
        "CREATE TABLE IF NOT EXISTS policies (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, "
        "outcomes INTEGER NOT NULL, alarms INTEGER NOT NULL, state TEXT NOT NULL) STRICT",
        "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"}) {
    const auto done = database->run(sql);
    if (!done) return done.error();
  }
  return Shelf(std::move(*database));
}

core::Result<std::uint64_t> Shelf::keep(const Version& about, const std::string& state,
                                        const std::string& progress, std::span<const std::uint64_t> spared) {
  auto begun = database_.run("BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  auto insert = database_.prepare("INSERT INTO policies (at, outcomes, alarms, state) VALUES (?, ?, ?, ?)");
  insert.bind(1, milliseconds(about.at));
  insert.bind(2, static_cast<std::int64_t>(about.outcomes));
  insert.bind(3, static_cast<std::int64_t>(about.alarms));
  insert.bind(4, std::string_view(state));
  const bool written = insert.step() == Step::done;
  const auto number = database_.last_number();
  const auto noted = put("progress", progress);
  std::string old = "DELETE FROM policies WHERE number <= ? AND number NOT IN (0";
  for (const auto one : spared) old += ", " + std::to_string(one);
  auto remove = database_.prepare(old + ")");
  remove.bind(1, number - static_cast<std::int64_t>(most_versions));
  const bool removed = remove.step() == Step::done;
  if (!written || !noted || !removed) {
    const auto why = database_.message();
    static_cast<void>(database_.run("ROLLBACK"));
    return core::fail(core::Cause::internal, "policies: " + why);
  }
  const auto ended = database_.run("COMMIT");
  if (!ended) return ended.error();
  return static_cast<std::uint64_t>(number);
}

std::vector<Version> Shelf::list() {
  std::vector<Version> out;
  auto select = database_.prepare("SELECT number, at, outcomes, alarms FROM policies ORDER BY number DESC");
  while (select && select.step() == Step::row) {
    Version version;
    version.number = static_cast<std::uint64_t>(select.whole(0));
    version.at = std::chrono::system_clock::time_point(std::chrono::milliseconds(select.whole(1)));
    version.outcomes = static_cast<std::uint64_t>(select.whole(2));
    version.alarms = static_cast<std::uint64_t>(select.whole(3));
    out.push_back(version);
  }
  return out;
}

core::Result<std::string> Shelf::state(std::uint64_t number) {
  auto select = database_.prepare("SELECT state FROM policies WHERE number = ?");
  select.bind(1, static_cast<std::int64_t>(number));
  if (!select || select.step() != Step::row)
    return core::fail(core::Cause::not_found, "there is no policy " + std::to_string(number));
  return std::string(select.text(0));
}

core::Result<void> Shelf::put(const std::string& name, const std::string& value) {
  auto write = database_.prepare("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)");
  write.bind(1, std::string_view(name));
  write.bind(2, std::string_view(value));
  if (!write || write.step() != Step::done)
    return core::fail(core::Cause::internal, "policies: " + database_.message());
  return {};
}

std::string Shelf::get(const std::string& name) {
  auto select = database_.prepare("SELECT value FROM notes WHERE name = ?");
  select.bind(1, std::string_view(name));
  return select && select.step() == Step::row ? std::string(select.text(0)) : std::string();
}

}  // namespace codecrucible::learning
