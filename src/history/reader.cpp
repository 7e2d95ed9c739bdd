#include "history/reader.hpp"

#include "history/database.hpp"
#include "history/pseudonym.hpp"
#include "history/schema.hpp"

#include <filesystem>

namespace codecrucible::history {
namespace {

std::int64_t micros(Wall at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}

// The conditions of a filter, with what they compare to in the same order.
struct Where {
  std::string sql;
  std::vector<Cell> cells;

  void add(const std::string& condition, const Cell& value) {
    sql += (sql.empty() ? " WHERE " : " AND ") + condition;
    cells.push_back(value);
  }
  void add(const std::string& condition) { sql += (sql.empty() ? " WHERE " : " AND ") + condition; }
};

Where where(const Filter& filter, const std::string& conversation) {
  Where out;
  if (filter.since) out.add("at_us >= ?", micros(*filter.since));
  if (filter.until) out.add("at_us < ?", micros(*filter.until));
  if (!filter.task.empty()) out.add("task = ?", std::string_view(filter.task));
  if (!filter.model.empty()) out.add("model = ?", std::string_view(filter.model));
  if (!filter.host.empty()) out.add("host = ?", std::string_view(filter.host));
  if (!filter.rule.empty()) out.add("rule = ?", std::string_view(filter.rule));
  if (filter.outcome == "failed") {
    out.add("outcome <> 'ok'");
  } else if (!filter.outcome.empty()) {
    out.add("outcome = ?", std::string_view(filter.outcome));
  }
  if (!filter.variant.empty()) {
    out.add("variant = ?", std::string_view(filter.variant));
  } else if (!filter.copies) {
    out.add("variant IS NOT 'shadow'");
  }
  if (!conversation.empty()) out.add("conversation = ?", std::string_view(conversation));
  if (filter.before) out.add("number < ?", *filter.before);
  if (filter.after) out.add("number > ?", *filter.after);
  return out;
}

class SqliteReader final : public Reader {
 public:
  explicit SqliteReader(Database database)
      : database_(std::move(database)),
        signals_(database_.prepare("SELECT kind, value, weight, at_us, label, comment, model FROM signals"
                                   " WHERE request = ? ORDER BY rowid")) {}

  core::Result<void> read(const Filter& filter, const std::function<bool(const Kept&)>& each) override {
    const std::string conversation = hex_of(filter.conversation);
    const auto conditions = where(filter, conversation);
    std::string sql = std::string(select_request()) + conditions.sql + " ORDER BY number" +
                      (filter.oldest_first ? "" : " DESC");
    if (filter.limit > 0) sql += " LIMIT " + std::to_string(filter.limit);
    auto rows = database_.prepare(sql);
    if (!rows) return core::fail(core::Cause::internal, database_.message());
    int index = 0;
    for (const auto& cell : conditions.cells) rows.bind(++index, cell);
    return each_of(rows, each);
  }

  core::Result<Kept> find(const std::string& id) override {
    const bool last = id == "last";
    auto rows = database_.prepare(std::string(select_request()) +
                                  (last ? " WHERE variant IS NOT 'shadow'" : " WHERE id = ?") +
                                  " ORDER BY number DESC LIMIT 1");
    if (!rows) return core::fail(core::Cause::internal, database_.message());
    if (!last) rows.bind(1, std::string_view(id));
    std::optional<Kept> found;
    auto done = each_of(rows, [&](const Kept& kept) {
      found = kept;
      return false;
    });
    if (!done) return done.error();
    if (found) return std::move(*found);
    return core::fail(core::Cause::not_found,
                      last ? "there is no request in the history yet"
                           : "there is no request " + id + " in the history: see `codecrucible history`",
                      "request_id");
  }

 private:
  core::Result<void> each_of(Statement& rows, const std::function<bool(const Kept&)>& each) {
    Kept kept;
    while (true) {
      const auto step = rows.step();
      if (step == Statement::Step::done) return {};
      if (step == Statement::Step::failed) return core::fail(core::Cause::internal, database_.message());
      kept.number = rows.whole(0);
      kept.record = Record();
      if (!read_facts(rows.text(1), kept.record)) continue;
      read_signals(kept);
      if (!each(kept)) return {};
    }
  }

  void read_signals(Kept& kept) {
    kept.signals.clear();
    if (!signals_) return;
    signals_.bind(1, kept.number);
    while (signals_.step() == Statement::Step::row) {
      Signal signal;
      signal.kind = signal_kind_of(signals_.text(0)).value_or(SignalKind::score);
      const auto value = signals_.cell(1);
      const auto weight = signals_.cell(2);
      if (const auto* real = std::get_if<double>(&value)) signal.value = *real;
      if (const auto* real = std::get_if<double>(&weight)) signal.weight = *real;
      signal.at = Wall(std::chrono::microseconds(signals_.whole(3)));
      signal.label = signals_.text(4);
      signal.comment = signals_.text(5);
      signal.model = signals_.text(6);
      kept.signals.push_back(std::move(signal));
    }
    signals_.reset();
  }

  Database database_;
  Statement signals_;
};

}  // namespace

core::Result<std::unique_ptr<Reader>> open_reader(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return core::fail(core::Cause::not_found, "there is no history yet at " + file +
                                                  ": it begins with the first request to a gateway");
  }
  auto trouble = Database::Trouble::none;
  auto database = Database::open(file, Database::Mode::read, trouble);
  if (!database) return database.error();
  const auto version = database->number("PRAGMA user_version");
  if (version == 0) return core::fail(core::Cause::not_found, "the history at " + file + " is empty");
  if (version != schema_version) {
    return core::fail(
        core::Cause::unsupported,
        "the history at " + file + " has version " + std::to_string(version) + ", this program reads " +
            std::to_string(schema_version) +
            (version < schema_version ? ": start the gateway once, it brings the file up to date"
                                      : ": it was written by a newer codecrucible"));
  }
  return std::unique_ptr<Reader>(std::make_unique<SqliteReader>(std::move(*database)));
}

}  // namespace codecrucible::history
