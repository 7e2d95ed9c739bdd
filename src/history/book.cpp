#include "history/book.hpp"

#include "history/schema.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>

namespace codecrucible::history {
namespace {

namespace fs = std::filesystem;

constexpr auto pause_after_trouble = std::chrono::seconds(10);
constexpr int removed_at_once = 2000;

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

}  // namespace

bool Book::ready() {
  if (database_) return true;
  const auto now = std::chrono::steady_clock::now();
  if (again_ != std::chrono::steady_clock::time_point{} && now < again_) return false;
  if (open()) {
    told_ = false;
    return true;
  }
  again_ = now + pause_after_trouble;
  return false;
}

bool Book::open() {
  std::error_code error;
  const auto folder = fs::path(file_).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  for (int tries = 0; tries < 2; ++tries) {
    // Made here, so that nobody else may read it from the first moment; SQLite's other files follow its
    // rights.
    const int made = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (made >= 0) ::close(made);
    auto trouble = Database::Trouble::none;
    auto database = Database::open(file_, Database::Mode::write, trouble);
    if (database) {
      database_ = std::move(*database);
      // NORMAL with WAL: a killed process loses nothing that was committed; a power cut at most the last
      // batches.
      auto good = database_->run(
          "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
          "PRAGMA journal_size_limit = 16777216");
      if (good) good = migrate(*database_);
      if (good && prepare()) return true;
      const std::string why = good ? database_->message() : good.error().detail;
      trouble = database_->trouble();
      const bool newer = !good && good.error().cause == core::Cause::unsupported;
      close();
      if (newer || trouble != Database::Trouble::damaged) {
        if (!std::exchange(told_, true)) tell_("the history cannot be written", why);
        return false;
      }
      move_aside(why);
    } else if (trouble == Database::Trouble::damaged) {
      move_aside(database.error().detail);
    } else {
      if (!std::exchange(told_, true)) tell_("the history cannot be written", database.error().detail);
      return false;
    }
  }
  return false;
}

bool Book::prepare() {
  insert_ = database_->prepare(insert_request());
  signal_ = database_->prepare(
      "INSERT INTO signals (request, kind, value, weight, at_us, label, comment, model) VALUES "
      "(?,?,?,?,?,?,?,?)");
  find_ = database_->prepare("SELECT number, model FROM requests WHERE id = ? ORDER BY number DESC LIMIT 1");
  last_ = database_->prepare("SELECT number, model FROM requests ORDER BY number DESC LIMIT 1");
  return insert_ && signal_ && find_ && last_;
}

void Book::close() {
  insert_ = {};
  signal_ = {};
  find_ = {};
  last_ = {};
  database_.reset();
}

void Book::move_aside(const std::string& why) {
  const std::string to = file_ + ".damaged-" + time_text();
  std::error_code error;
  fs::rename(file_, to, error);
  for (const char* const beside : {"-wal", "-shm"}) {
    std::error_code ignored;
    fs::rename(file_ + beside, to + beside, ignored);
  }
  tell_(error ? "the history is damaged and cannot be moved"
              : "the history was damaged: moved aside, a new one begins",
        why + (error ? "; " + error.message() : "; the old one is " + to));
}

bool Book::failed(std::string_view what) {
  const std::string why = database_->message();
  const auto trouble = database_->trouble();
  (void)database_->run("ROLLBACK");
  if (trouble == Database::Trouble::damaged) {
    close();
    move_aside(why);
  } else if (!std::exchange(told_, true)) {
    tell_(what, why);
  }
  return false;
}

bool Book::begin() {
  if (!ready()) return false;
  return database_->run("BEGIN IMMEDIATE") || failed("the history cannot be written");
}

std::optional<std::int64_t> Book::add(const Record& record) {
  if (!database_) return std::nullopt;
  facts_.clear();
  append_facts(facts_, record, scratch_);
  insert_.bind(1, std::string_view(record.id));
  insert_.bind(
      2, std::int64_t{
             std::chrono::duration_cast<std::chrono::microseconds>(record.at.time_since_epoch()).count()});
  insert_.bind(3, std::string_view(facts_));
  const bool done = insert_.step() == Statement::Step::done;
  insert_.reset();
  if (done) return database_->last_number();
  failed("a record of the history cannot be written");
  return std::nullopt;
}

bool Book::add(std::int64_t request, const Signal& signal) {
  if (!database_) return false;
  const auto text_or_null = [](std::string_view text) -> Cell {
    if (text.empty()) return {};
    return text;
  };
  signal_.bind(1, request);
  signal_.bind(2, name(signal.kind));
  signal_.bind(3, signal.value);
  signal_.bind(4, signal.weight);
  signal_.bind(
      5, std::int64_t{
             std::chrono::duration_cast<std::chrono::microseconds>(signal.at.time_since_epoch()).count()});
  signal_.bind(6, text_or_null(signal.label));
  signal_.bind(7, text_or_null(signal.comment));
  signal_.bind(8, text_or_null(signal.model));
  const bool done = signal_.step() == Statement::Step::done;
  signal_.reset();
  return done || failed("a signal of the history cannot be written");
}

bool Book::commit() {
  if (!database_) return false;
  if (!database_->run("COMMIT")) return failed("the history cannot be written");
  told_ = false;
  return true;
}

std::optional<Book::Found> Book::find(std::string_view id) {
  if (!ready()) return std::nullopt;
  auto& statement = id == "last" ? last_ : find_;
  if (id != "last") statement.bind(1, id);
  std::optional<Found> found;
  if (statement.step() == Statement::Step::row) {
    found = Found{statement.whole(0), std::string(statement.text(1))};
  }
  statement.reset();
  return found;
}

std::int64_t Book::bytes() {
  if (!database_) return 0;
  const auto pages = database_->number("PRAGMA page_count") - database_->number("PRAGMA freelist_count");
  return pages * database_->number("PRAGMA page_size");
}

// Removes up to `most` of the oldest records that `condition` names. The newest one stays whatever happens:
// SQLite counts on from the largest number, so none is used twice.
bool Book::remove(const std::string& condition, std::int64_t bound, int most) {
  auto statement = database_->prepare(
      "DELETE FROM ledger WHERE number IN (SELECT number FROM (SELECT number, at_us FROM ledger ORDER BY "
      "number LIMIT " +
      std::to_string(most) + ") WHERE " + condition + ") AND number < (SELECT max(number) FROM ledger)");
  if (!statement) return false;
  statement.bind(1, bound);
  if (statement.step() != Statement::Step::done) return failed("old records cannot be removed");
  return database_->changes() > 0;
}

bool Book::prune(Wall now, const Settings& settings) {
  if (!ready()) return false;
  const auto oldest = std::chrono::duration_cast<std::chrono::microseconds>(
      (now - std::chrono::duration_cast<Wall::duration>(settings.retention)).time_since_epoch());
  bool removed = remove("at_us < ?", oldest.count(), removed_at_once);
  bool more = removed && database_ && database_->changes() == removed_at_once;
  if (!database_) return false;
  if (static_cast<std::uint64_t>(std::max<std::int64_t>(bytes(), 0)) > settings.max_bytes) {
    const auto first = database_->number("SELECT min(number) FROM ledger");
    const auto last = database_->number("SELECT max(number) FROM ledger");
    const auto share = std::min<std::int64_t>((last - first) / 20 + 1, removed_at_once);
    const bool gone = remove("number < ?", first + share, removed_at_once);
    removed = removed || gone;
    more = more || gone;
  }
  if (!database_ || !removed) return false;
  (void)database_->run(
      "DELETE FROM signals WHERE request NOT IN (SELECT number FROM ledger);"
      "PRAGMA incremental_vacuum(2000)");
  return more;
}

}  // namespace codecrucible::history
