#include "telemetry/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

namespace codecrucible::telemetry {
namespace {

using std::chrono::milliseconds;

// Lines of this time are written together: a wake-up for each would cost more than the line.
constexpr milliseconds gathering{10};
constexpr milliseconds patience{5000};
constexpr std::size_t one_write = 64UL * 1024;
constexpr std::size_t kept_memory = 64UL * 1024;  // of an empty queue

struct Face {
  std::string_view name, padded, colour;
};
constexpr std::array<Face, 6> faces{{{"trace", "trace  ", "\033[37m"},
                                     {"debug", "debug  ", "\033[36m"},
                                     {"info", "info   ", "\033[32m"},
                                     {"warning", "warning", "\033[33m\033[1m"},
                                     {"error", "error  ", "\033[31m\033[1m"},
                                     {"off", "off    ", ""}}};

}  // namespace

void LogWriter::Lines::put(const Head& head, std::string_view text) {
  // What was dropped or taken lies in front; moving costs as much as it frees, so it is done seldom.
  if (begin > kept_memory && begin > bytes.size() / 2) {
    bytes.erase(0, begin);
    begin = 0;
  }
  bytes.append(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(text);
  ++count;
}

std::string_view LogWriter::Lines::take(Head& head) {
  std::memcpy(&head, bytes.data() + begin, sizeof head);
  const std::string_view text(bytes.data() + begin + sizeof head, head.size);
  begin += sizeof head + head.size;
  --count;
  return text;
}

void LogWriter::Lines::drop_oldest() {
  Head head{};
  static_cast<void>(take(head));
}

void LogWriter::Lines::clear() {
  if (bytes.capacity() > kept_memory) std::string().swap(bytes);
  bytes.clear();
  begin = count = 0;
}

LogWriter::LogWriter(int descriptor, LogLook look, std::size_t most)
    : descriptor_(descriptor), look_(look), most_(most) {
  thread_ = std::thread([this] { run(); });
}

LogWriter::~LogWriter() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (descriptor_ != STDERR_FILENO) ::close(descriptor_);
}

void LogWriter::put(Level level, std::string_view text) {
  const Head head{std::chrono::system_clock::now(), static_cast<std::uint32_t>(text.size()), level};
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.count >= most_) {
      waiting_.drop_oldest();
      ++dropped_;
    }
    waiting_.put(head, text);
    ++put_;
    if (level >= Level::error || waiting_.count == most_ / 2) urgent_ = wake = true;
    wake = wake || waiting_.count == 1;
  }
  if (wake) wake_.notify_one();
}

void LogWriter::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t all = put_;
  urgent_ = true;
  wake_.notify_one();
  done_.wait_for(lock, patience, [&] { return out_ >= all; });
}

std::uint64_t LogWriter::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

void LogWriter::run() {
  Lines taken;
  while (true) {
    bool stopping = false;
    std::uint64_t upto = 0;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || urgent_ || waiting_.count > 0; });
      wake_.wait_for(lock, gathering, [this] { return stopping_ || urgent_; });
      urgent_ = false;
      stopping = stopping_;
      upto = put_;
      std::swap(taken, waiting_);
    }
    write(taken);
    taken.clear();
    {
      const std::scoped_lock lock(mutex_);
      out_ = upto;
    }
    done_.notify_all();
    if (stopping) return;
  }
}

void LogWriter::write(Lines& lines) {
  std::string out;
  while (lines.count > 0) {
    Head head{};
    const auto text = lines.take(head);
    format(head, text, out);
    if (out.size() < one_write && lines.count > 0) continue;
    send(out);
    out.clear();
  }
}

void LogWriter::format(const Head& head, std::string_view text, std::string& out) {
  const auto& face = faces[static_cast<std::size_t>(head.level)];
  if (look_.json) {
    out += R"({"time":")";
    stamp(head.at, out);
    out += R"(Z","level":")";
    out += face.name;
    out += "\",";
    out += text;  // a list of members
    out += "}\n";
    return;
  }
  stamp(head.at, out);
  out += ' ';
  if (look_.coloured) out += face.colour;
  out += face.padded;
  if (look_.coloured) out += "\033[m";
  out += ' ';
  out += text;
  out += '\n';
}

// JSON tells universal time, people read their own.
void LogWriter::stamp(Time at, std::string& out) {
  const auto since = std::chrono::floor<milliseconds>(at.time_since_epoch());
  const std::int64_t second = since.count() / 1000;
  if (second != second_) {
    second_ = second;
    const auto seconds = static_cast<std::time_t>(second);
    std::tm parts{};
    if (look_.json) {
      gmtime_r(&seconds, &parts);
    } else {
      localtime_r(&seconds, &parts);
    }
    std::array<char, 32> text{};
    const auto size = std::strftime(text.data(), text.size(),
                                    look_.json ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &parts);
    second_text_.assign(text.data(), size);
  }
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03d", static_cast<int>(since.count() % 1000));
  out += second_text_;
  out += fraction.data();
}

// A full disk must not stop anything; the first word of it goes to standard error.
void LogWriter::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::write(descriptor_, bytes.data(), bytes.size());
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno == EINTR) {
      continue;
    } else if (sent < 0 && errno == EAGAIN) {
      pollfd room{descriptor_, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else {
      if (!std::exchange(told_, true) && descriptor_ != STDERR_FILENO)
        std::fprintf(stderr, "codecrucible: the log cannot be written: %s\n", std::strerror(errno));
      return;
    }
  }
}

}  // namespace codecrucible::telemetry
