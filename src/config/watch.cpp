#include "config/watch.hpp"

#include "config/yaml.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace codecrucible::config {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const noexcept { return number_; }

 private:
  int number_;
};

// Every directory in which a change may turn `path` elsewhere: that of the name itself, and those of all
// links met on the way to the file it stands for.
std::set<fs::path> directories_on_the_way(const fs::path& path) {
  std::set<fs::path> found;
  std::error_code error;
  fs::path at = fs::absolute(path, error);
  for (int hops = 0; hops < 16; ++hops) {
    found.insert(at.parent_path());
    fs::path walked;
    bool turned = false;
    for (auto part = at.begin(); part != at.end(); ++part) {
      const fs::path parent = walked;
      walked /= *part;
      if (!fs::is_symlink(walked, error)) continue;
      found.insert(parent);
      fs::path target = fs::read_symlink(walked, error);
      if (target.is_relative()) target = parent / target;
      while (++part != at.end()) target /= *part;
      at = target.lexically_normal();
      turned = true;
      break;
    }
    if (!turned) break;
  }
  return found;
}

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text;
  std::array<char, 8192> piece;
  // One byte more than is allowed, so that what is too large is seen to be.
  while (file && text.size() <= max_config_bytes) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return std::nullopt;
  if (text.size() > max_config_bytes) text.resize(max_config_bytes + 1);
  return text;
}

class Inotify : public Watch {
 public:
  Inotify(WatchSettings settings, std::string text, std::function<void(std::string)> changed, int events,
          int stop)
      : settings_(std::move(settings)),
        text_(std::move(text)),
        changed_(std::move(changed)),
        events_(events),
        stop_(stop) {
    look_again();
    thread_ = std::thread([this] { run(); });
  }

  ~Inotify() override {
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from full.
    [[maybe_unused]] const ssize_t written = write(stop_.number(), &one, sizeof one);
    thread_.join();
  }

 private:
  // Links may have turned: watches are set on what is on the way now. The kernel drops those of directories
  // that are gone; setting one twice is the same watch.
  void look_again() {
    for (const fs::path& directory : directories_on_the_way(settings_.path))
      inotify_add_watch(events_.number(), directory.c_str(),
                        IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                            IN_ATTRIB | IN_ONLYDIR);
  }

  void run() {
    // The file may have changed between the caller's reading and the first watch.
    tell_if_changed();
    Clock::time_point first;
    bool waiting = false;
    while (true) {
      std::array<pollfd, 2> both{pollfd{stop_.number(), POLLIN, 0}, pollfd{events_.number(), POLLIN, 0}};
      int timeout = -1;
      if (waiting) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(first + settings_.at_most - Clock::now());
        timeout = static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, settings_.settle).count());
      }
      const int ready = poll(both.data(), both.size(), timeout);
      if (ready < 0 && errno != EINTR) return;
      if (both[0].revents != 0) return;
      if (ready > 0 && both[1].revents != 0) {
        drain();
        if (!waiting) first = Clock::now();
        waiting = true;
        if (Clock::now() < first + settings_.at_most) continue;
      }
      if (!waiting) continue;
      waiting = false;
      look_again();
      tell_if_changed();
    }
  }

  void drain() {
    alignas(inotify_event) std::array<char, 8192> buffer{};
    while (read(events_.number(), buffer.data(), buffer.size()) > 0) {
    }
  }

  void tell_if_changed() {
    std::optional<std::string> now = text_of(settings_.path);
    if (!now || *now == text_) return;  // gone for the moment: the next event brings it back
    text_ = *now;
    changed_(std::move(*now));
  }

  WatchSettings settings_;
  std::string text_;
  std::function<void(std::string)> changed_;
  Descriptor events_;
  Descriptor stop_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Watch> watch(WatchSettings settings, std::string text_now,
                             std::function<void(std::string)> changed, std::string& trouble) {
  const int events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const int failed = errno;
  const int stop = events < 0 ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (events < 0 || stop < 0) {
    trouble =
        std::string("changes of the file are not noticed: ") + std::strerror(events < 0 ? failed : errno);
    if (events >= 0) close(events);
    return nullptr;
  }
  return std::make_unique<Inotify>(std::move(settings), std::move(text_now), std::move(changed), events,
                                   stop);
}

}  // namespace codecrucible::config
