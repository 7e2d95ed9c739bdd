#include "telemetry/log.hpp"

#include "telemetry/log_text.hpp"
#include "telemetry/log_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>

namespace codecrucible::telemetry {
namespace {

class Async : public Log {
 public:
  Async(const LogSettings& settings, int descriptor, LogLook look)
      : json_(look.json),
        level_(settings.level),
        access_(settings.access),
        writer_(descriptor, look, std::max<std::size_t>(settings.queue, 16)) {}

  bool enabled(Level level) const noexcept override {
    return level != Level::off && level >= level_.load(std::memory_order_relaxed);
  }

  void write(Level level, std::string_view message, std::initializer_list<Field> fields) noexcept override {
    if (!enabled(level)) return;
    try {
      writer_.put(level, line_text(json_, message, fields));
    } catch (const std::exception&) {  // out of memory: a lost line is better than a lost request
    }
  }

  void access(const AccessLine& line) noexcept override {
    const Level level = line.status >= 500 || line.slow ? Level::warn : Level::info;
    if ((!access_.load(std::memory_order_relaxed) && !line.slow) || !enabled(level)) return;
    try {
      writer_.put(level, access_text(json_, line));
    } catch (const std::exception&) {
    }
  }

  void set_level(Level level) noexcept override { level_.store(level, std::memory_order_relaxed); }
  void set_access(bool on) noexcept override { access_.store(on, std::memory_order_relaxed); }
  std::uint64_t dropped() const noexcept override { return writer_.dropped(); }
  void flush() noexcept override { writer_.flush(); }

 private:
  bool json_;
  std::atomic<Level> level_;
  std::atomic<bool> access_;
  LogWriter writer_;
};

// Appends, so that a file that is cut short from outside (copytruncate) begins anew.
int open_file(const std::string& name) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(name).parent_path(), ignored);
  return ::open(name.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

bool shows_colours() {
  const char* const kind = std::getenv("TERM");
  return kind != nullptr && std::strcmp(kind, "dumb") != 0;
}

}  // namespace

std::unique_ptr<Log> make_log(const LogSettings& settings) {
  int descriptor = -1;
  std::string trouble;
  if (!settings.file.empty()) {
    descriptor = open_file(settings.file);
    if (descriptor < 0) trouble = settings.file + ": " + std::strerror(errno);
  }
  const bool in_file = descriptor >= 0;
  if (!in_file) descriptor = STDERR_FILENO;
  const bool terminal = !in_file && isatty(STDERR_FILENO) == 1;
  LogLook look;
  look.json = settings.format == LogFormat::json || (settings.format == LogFormat::automatic && !terminal);
  look.coloured = terminal && !look.json && shows_colours();
  auto log = std::make_unique<Async>(settings, descriptor, look);
  if (!trouble.empty())
    log->error("the log's file cannot be opened; logging to standard error",
               {{"error", std::string_view(trouble)}});
  return log;
}

}  // namespace codecrucible::telemetry
