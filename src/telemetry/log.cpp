#include "telemetry/log.hpp"

#include "telemetry/log_text.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace codecrucible::telemetry {
namespace {

// Hands lines on to the real sink and tells when all before a flush are out.
class Gate : public spdlog::sinks::sink {
 public:
  explicit Gate(std::shared_ptr<spdlog::sinks::sink> to) : to_(std::move(to)) {}

  void log(const spdlog::details::log_msg& message) override { to_->log(message); }
  void flush() override {
    to_->flush();
    const std::scoped_lock lock(mutex_);
    ++flushed_;
    done_.notify_all();
  }
  void set_pattern(const std::string& pattern) override { to_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    to_->set_formatter(std::move(formatter));
  }

  std::uint64_t flushed() {
    const std::scoped_lock lock(mutex_);
    return flushed_;
  }
  // False after a while in vain: in a full queue the request to flush may itself have been dropped.
  bool wait_beyond(std::uint64_t before) {
    std::unique_lock lock(mutex_);
    return done_.wait_for(lock, std::chrono::milliseconds{200}, [&] { return flushed_ > before; });
  }

 private:
  std::shared_ptr<spdlog::sinks::sink> to_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::uint64_t flushed_ = 0;
};

spdlog::level::level_enum spdlog_level(Level level) noexcept {
  switch (level) {
    case Level::trace:
      return spdlog::level::trace;
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

class Async : public Log {
 public:
  Async(const LogSettings& settings, bool json, std::shared_ptr<spdlog::sinks::sink> sink)
      : json_(json),
        access_(settings.access),
        pool_(std::make_shared<spdlog::details::thread_pool>(std::max<std::size_t>(settings.queue, 16), 1)),
        gate_(std::make_shared<Gate>(std::move(sink))),
        logger_(std::make_shared<spdlog::async_logger>("codecrucible", gate_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    // `%v` of a JSON line is already a list of members.
    logger_->set_pattern(
        json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v",
        json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
    logger_->set_level(spdlog_level(settings.level));
    logger_->flush_on(spdlog::level::err);
    // A full disk must not throw into a request; the first word of it goes to standard error.
    logger_->set_error_handler([told = std::make_shared<std::atomic<bool>>(false)](const std::string& what) {
      if (!told->exchange(true))
        std::fprintf(stderr, "codecrucible: the log cannot be written: %s\n", what.c_str());
    });
  }

  ~Async() override {
    flush();
    // The pool's thread ends with the pool, after the lines that are still in its queue.
  }

  bool enabled(Level level) const noexcept override {
    return level != Level::off && logger_->should_log(spdlog_level(level));
  }

  void write(Level level, std::string_view message, std::initializer_list<Field> fields) noexcept override {
    if (!enabled(level)) return;
    try {
      put(level, line_text(json_, message, fields));
    } catch (const std::exception&) {  // out of memory: a lost line is better than a lost request
    }
  }

  void access(const AccessLine& line) noexcept override {
    const Level level = line.status >= 500 || line.slow ? Level::warn : Level::info;
    if ((!access_.load(std::memory_order_relaxed) && !line.slow) || !enabled(level)) return;
    try {
      put(level, access_text(json_, line));
    } catch (const std::exception&) {
    }
  }

  void set_level(Level level) noexcept override { logger_->set_level(spdlog_level(level)); }
  void set_access(bool on) noexcept override { access_.store(on, std::memory_order_relaxed); }
  std::uint64_t dropped() const noexcept override { return pool_->overrun_counter(); }

  void flush() noexcept override {
    try {
      const std::uint64_t before = gate_->flushed();
      for (int tries = 0; tries < 25; ++tries) {
        logger_->flush();
        if (gate_->wait_beyond(before)) return;
      }
    } catch (const std::exception&) {
    }
  }

 private:
  void put(Level level, const std::string& text) {
    logger_->log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
  }

  bool json_;
  std::atomic<bool> access_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<Gate> gate_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::unique_ptr<Log> make_log(const LogSettings& settings) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  std::string trouble;
  if (!settings.file.empty()) {
    try {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
    } catch (const spdlog::spdlog_ex& error) {
      trouble = error.what();
    }
  }
  const bool in_file = sink != nullptr;
  if (!sink)
    sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();  // colours only on a terminal
  const bool terminal = !in_file && isatty(STDERR_FILENO) == 1;
  const bool json =
      settings.format == LogFormat::json || (settings.format == LogFormat::automatic && !terminal);
  auto log = std::make_unique<Async>(settings, json, std::move(sink));
  if (!trouble.empty())
    log->error("the log's file cannot be opened; logging to standard error",
               {{"error", std::string_view(trouble)}});
  return log;
}

}  // namespace codecrucible::telemetry
