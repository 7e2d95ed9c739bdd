#pragma once

#include "config/load.hpp"
#include "config/versions.hpp"
#include "core/result.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// What the desk needs to turn a text into settings that are in force.
struct ConfigWays {
  std::string path;  // the file; empty = none, then only texts given by `apply`
  std::string text;  // what is in force at the start
  config::Surroundings around;
  // What the settings mean on this machine now (found servers, simulators). May take its time.
  std::function<config::Settings(const config::Settings&)> settle;
  std::function<core::Result<void>(config::Settings)> publish;
  // Told after every attempt: the lines of the diff, or what is wrong.
  std::function<void(bool applied, const std::vector<std::string>& lines)> tell;
};

// The one place where a new configuration comes into force, whoever brings it: the watched file,
// `codecrucible config apply`, PUT /admin/config, a rollback. Valid: swapped as a whole, kept as a version.
// Invalid: the old one stays, and the reason is kept to be asked for. Any thread; the work is done on a
// thread of its own, one after the other.
class ConfigDesk {
 public:
  struct Outcome {
    bool applied = false;
    std::vector<std::string> lines;  // the diff, or the problems with line and column
    std::uint32_t version = 0;
  };

  ConfigDesk(ConfigWays ways, const config::Settings& in_force);
  ~ConfigDesk();

  // Brings `text` into force; `done` is called on the desk's thread. With `write`, the file is replaced by
  // it, so that it holds after a restart too.
  void apply(std::string text, std::string origin, bool write, std::function<void(Outcome)> done);
  // The file has changed.
  void file_changed(std::string text) { apply(std::move(text), "file", false, {}); }
  void rollback(std::uint32_t version, std::function<void(Outcome)> done);

  std::string text() const;          // what is in force as YAML, secrets masked
  std::string status_page() const;   // JSON: version, when, last error
  std::string history_page() const;  // JSON: versions, newest first

 private:
  Outcome bring(const std::string& text, const std::string& origin, bool write);

  ConfigWays ways_;
  std::unique_ptr<config::Versions> versions_;
  mutable std::mutex mutex_;
  config::Settings in_force_;
  std::string text_;
  std::uint32_t version_ = 0;
  std::uint64_t applied_ = 0, rejected_ = 0;
  std::vector<std::string> last_problems_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace codecrucible::gateway
