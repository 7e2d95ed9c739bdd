#pragma once

#include "telemetry/settings.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace codecrucible::telemetry {

// One finished request, for the access line. Views need only live during the call; empty ones are left out.
struct AccessLine {
  std::string_view request_id, remote, method, path;
  int status = 0;
  std::string_view surface, provider, model, task, complexity, rule;
  std::string_view cause;  // of the failure; empty = none
  std::string_view cache;  // "hit", "miss", …
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds first_token{};  // zero = none
  std::int64_t prompt_tokens = -1, completion_tokens = -1;
  int attempts = 0;
  bool escalated = false;
  double confidence = -1;           // of the first judged answer; negative = not judged
  std::chrono::nanoseconds held{};  // zero = was not
  std::string_view escalation;      // what came of a doubt: "escalated", "kept", "refused"
  std::string_view escalation_reason;
  bool streamed = false;
  bool slow = false;  // longer than the operator wants: a warning, also without access lines
  std::string_view user;
};

// A fact beside a message.
struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

// The log of the process: lines are handed to one background thread; a full queue drops its oldest lines
// rather than make a caller wait. Any thread may call it. Nothing is formatted below the level in force.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(Level level) const noexcept = 0;
  virtual void write(Level level, std::string_view message,
                     std::initializer_list<Field> fields = {}) noexcept = 0;
  virtual void access(const AccessLine& line) noexcept = 0;

  // Live changes; other settings need a restart.
  virtual void set_level(Level level) noexcept = 0;
  virtual void set_access(bool on) noexcept = 0;

  virtual std::uint64_t dropped() const noexcept = 0;
  // Waits until everything written so far is out.
  virtual void flush() noexcept = 0;

  void debug(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    if (enabled(Level::debug)) write(Level::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    if (enabled(Level::info)) write(Level::info, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    if (enabled(Level::warn)) write(Level::warn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) noexcept {
    if (enabled(Level::error)) write(Level::error, message, fields);
  }
};

std::unique_ptr<Log> make_log(const LogSettings& settings);

}  // namespace codecrucible::telemetry
