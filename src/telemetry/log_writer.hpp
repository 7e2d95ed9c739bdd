#pragma once

#include "telemetry/settings.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace codecrucible::telemetry {

// How lines look.
struct LogLook {
  bool json = false;
  bool coloured = false;  // levels, on a terminal
};

// Takes lines from any thread and writes them with one thread of its own, many with one system call. What
// waits lies in one run of bytes that grows with need; beyond `most` lines the oldest are dropped and
// counted.
class LogWriter {
 public:
  // Writes to `descriptor`, which it closes at its end unless that is standard error.
  LogWriter(int descriptor, LogLook look, std::size_t most);
  // Ends when all that waits is written.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // `text` as log_text.hpp makes it. Errors are written at once, all else within a few milliseconds.
  void put(Level level, std::string_view text);
  // Waits until everything put so far is out, at most five seconds.
  void flush();
  std::uint64_t dropped() const;

 private:
  using Time = std::chrono::system_clock::time_point;
  // Lies before the bytes of each line.
  struct Head {
    Time at;
    std::uint32_t size;
    Level level;
  };
  struct Lines {
    std::string bytes;
    std::size_t begin = 0;  // of the oldest
    std::size_t count = 0;

    void put(const Head& head, std::string_view text);
    // The oldest, taken away; it lives until the next put().
    std::string_view take(Head& head);
    void drop_oldest();
    // Nothing waits; what was much memory is given back.
    void clear();
  };

  void run();
  void write(Lines& lines);
  void format(const Head& head, std::string_view text, std::string& out);
  void stamp(Time at, std::string& out);
  void send(std::string_view bytes);

  const int descriptor_;
  const LogLook look_;
  const std::size_t most_;

  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  Lines waiting_;
  std::uint64_t put_ = 0, out_ = 0, dropped_ = 0;  // lines ever; out_: written or dropped
  bool urgent_ = false;
  bool stopping_ = false;

  // The writer's thread only.
  std::int64_t second_ = -1;
  std::string second_text_;
  bool told_ = false;
  std::thread thread_;
};

}  // namespace codecrucible::telemetry
