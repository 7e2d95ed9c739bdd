#include "cache/spill.hpp"

#include "cache/digest.hpp"

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace codecrucible::cache {
namespace {

constexpr std::size_t longest_queue = 10'000;

struct Closing {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Closing>;
using Statement = std::unique_ptr<sqlite3_stmt, Closing>;

// WAL: a process that is killed leaves a file that opens clean, with all but the last moment in it.
constexpr const char* schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA user_version=1;"
    "CREATE TABLE IF NOT EXISTS answers(key BLOB PRIMARY KEY, made INTEGER, ttl INTEGER, tenant TEXT, asked "
    "TEXT,"
    " provider TEXT, model TEXT, shown TEXT, rule TEXT, headers TEXT, concrete INTEGER, usage BLOB, events "
    "BLOB,"
    " check_sum BLOB) WITHOUT ROWID;";

bool run(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  return Statement(statement);
}

std::string raw(const Key& key) {
  std::string out(16, '\0');
  std::memcpy(out.data(), &key.high, 8);
  std::memcpy(out.data() + 8, &key.low, 8);
  return out;
}

Key key_from(std::string_view bytes) {
  Key key;
  if (bytes.size() != 16) return key;
  std::memcpy(&key.high, bytes.data(), 8);
  std::memcpy(&key.low, bytes.data() + 8, 8);
  return key;
}

// Over all that is replayed: a row that was damaged must not be served.
std::string check_sum(const Key& key, const Answer& answer, std::string_view usage) {
  Digest digest;
  digest.key('k', key);
  const auto& origin = answer.origin;
  for (const auto& text : {origin.tenant, origin.asked, origin.provider, origin.model, origin.shown,
                           origin.rule, origin.headers, answer.events}) {
    digest.text('t', text);
  }
  digest.text('u', usage);
  digest.number('c', origin.concrete ? 1 : 0);
  digest.number('l', answer.ttl.count());
  digest.number('m', answer.made.time_since_epoch().count());
  return raw(digest.value());
}

std::string packed_usage(const core::Usage& usage) {
  core::Event event;
  event.kind = core::Event::Kind::usage;
  event.usage = usage;
  std::string out;
  pack(event, out);
  return out;
}

// `damaged`: what is there is not a database of ours that can be trusted.
Database open(const std::string& file, bool& damaged) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return nullptr;
  sqlite3_busy_timeout(handle, 2000);
  if (!run(handle, schema)) {
    const int why = sqlite3_errcode(handle);
    damaged = why == SQLITE_NOTADB || why == SQLITE_CORRUPT;
    return nullptr;
  }
  damaged = true;
  const auto check = prepare(handle, "PRAGMA quick_check(1)");
  if (!check || sqlite3_step(check.get()) != SQLITE_ROW) return nullptr;
  const auto* const word = reinterpret_cast<const char*>(sqlite3_column_text(check.get(), 0));
  if (word == nullptr || std::string_view(word) != "ok") return nullptr;
  // Made by another version of the table: nothing in it can be read.
  if (!prepare(handle,
               "SELECT key,made,ttl,tenant,asked,provider,model,shown,rule,headers,concrete,usage,events,"
               "check_sum FROM answers"))
    return nullptr;
  damaged = false;
  return database;
}

class SqliteSpill final : public Spill {
 public:
  explicit SqliteSpill(Database database)
      : database_(std::move(database)),
        put_(prepare(database_.get(), "INSERT OR REPLACE INTO answers VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
        take_(prepare(database_.get(), "DELETE FROM answers WHERE key=?")),
        writer_([this] { write(); }) {}

  ~SqliteSpill() override {
    {
      const std::scoped_lock lock(mutex_);
      ending_ = true;
    }
    news_.notify_all();
    writer_.join();
  }

  void keep(const Key& key, AnswerPtr answer) override { add({key, std::move(answer)}); }

  void drop(const std::vector<Key>& keys) override {
    for (const auto& key : keys) add({key, nullptr});
  }

  void flush() override {
    std::unique_lock lock(mutex_);
    written_.wait(lock, [this] { return queue_.empty() && !busy_; });
  }

  std::uint64_t lost() const noexcept override { return lost_; }

  void remembered(const std::function<void(const Key&, AnswerPtr)>& each) override {
    const auto rows =
        prepare(database_.get(),
                "SELECT key,made,ttl,tenant,asked,provider,model,shown,rule,headers,concrete,usage,"
                "events,check_sum FROM answers ORDER BY made");
    if (!rows) return;
    const auto text = [&](int column) {
      const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(rows.get(), column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows.get(), column));
      return bytes == nullptr ? std::string() : std::string(bytes, size);
    };
    while (sqlite3_step(rows.get()) == SQLITE_ROW) {
      const Key key = key_from(text(0));
      auto answer = std::make_shared<Answer>();
      answer->made = Clock::time_point(Clock::duration(sqlite3_column_int64(rows.get(), 1)));
      answer->ttl = std::chrono::milliseconds(sqlite3_column_int64(rows.get(), 2));
      auto& origin = answer->origin;
      std::string* const texts[] = {&origin.tenant, &origin.asked, &origin.provider, &origin.model,
                                    &origin.shown,  &origin.rule,  &origin.headers};
      for (int i = 0; i < 7; ++i) *texts[i] = text(3 + i);
      origin.concrete = sqlite3_column_int(rows.get(), 10) != 0;
      const auto usage = text(11);
      answer->events = text(12);
      if (text(13) != check_sum(key, *answer, usage)) continue;
      core::Event event;
      if (Unpacker(usage).next(event)) answer->usage = event.usage;
      each(key, std::move(answer));
    }
  }

 private:
  using Clock = std::chrono::system_clock;
  struct Order {
    Key key;
    AnswerPtr answer;  // null = take it out
  };

  void add(Order order) {
    {
      const std::scoped_lock lock(mutex_);
      // An erasure must not be lost: its answer would come back with the next start.
      if (queue_.size() >= longest_queue && order.answer) {
        ++lost_;
        return;
      }
      queue_.push_back(std::move(order));
    }
    news_.notify_one();
  }

  void write() {
    std::unique_lock lock(mutex_);
    while (true) {
      news_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      std::deque<Order> orders;
      orders.swap(queue_);
      busy_ = true;
      lock.unlock();
      run(database_.get(), "BEGIN");
      for (const auto& order : orders) carry_out(order);
      if (!run(database_.get(), "COMMIT")) {
        run(database_.get(), "ROLLBACK");
        lost_ += orders.size();
      }
      lock.lock();
      busy_ = false;
      written_.notify_all();
    }
  }

  void carry_out(const Order& order) {
    auto* const statement = (order.answer ? put_ : take_).get();
    if (statement == nullptr) return;
    const auto key = raw(order.key);
    const auto bytes = [&](int column, const std::string& value) {
      sqlite3_bind_blob64(statement, column, value.data(), value.size(), SQLITE_STATIC);
    };
    bytes(1, key);
    std::string usage, sum;
    if (order.answer) {
      const auto& answer = *order.answer;
      const auto& origin = answer.origin;
      usage = packed_usage(answer.usage);
      sum = check_sum(order.key, answer, usage);
      sqlite3_bind_int64(statement, 2, answer.made.time_since_epoch().count());
      sqlite3_bind_int64(statement, 3, answer.ttl.count());
      bytes(4, origin.tenant);
      bytes(5, origin.asked);
      bytes(6, origin.provider);
      bytes(7, origin.model);
      bytes(8, origin.shown);
      bytes(9, origin.rule);
      bytes(10, origin.headers);
      sqlite3_bind_int(statement, 11, origin.concrete ? 1 : 0);
      bytes(12, usage);
      bytes(13, answer.events);
      bytes(14, sum);
    }
    if (sqlite3_step(statement) != SQLITE_DONE) ++lost_;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }

  Database database_;
  Statement put_, take_;
  std::mutex mutex_;
  std::condition_variable news_, written_;
  std::deque<Order> queue_;
  bool busy_ = false;
  bool ending_ = false;
  std::atomic<std::uint64_t> lost_{0};
  std::thread writer_;
};

}  // namespace

core::Result<std::unique_ptr<Spill>> open_spill(const std::string& file) {
  bool damaged = false;
  auto database = open(file, damaged);
  if (!database && damaged) {
    const auto aside = file + ".damaged";
    std::rename(file.c_str(), aside.c_str());
    for (const char* const part : {"-wal", "-shm"}) std::remove((file + part).c_str());
    database = open(file, damaged);
  }
  if (!database) return core::fail(core::Cause::internal, "the cache's file cannot be opened: " + file);
  return std::unique_ptr<Spill>(std::make_unique<SqliteSpill>(std::move(database)));
}

}  // namespace codecrucible::cache
