#pragma once

#include "gateway/fleet_desk.hpp"
#include "gateway/rate_limits.hpp"
#include "telemetry/log.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace codecrucible::gateway {

// What is done now and then, on a thread of its own: looks at this machine, and keeps in files what a
// restarted gateway should still know: what was learned of the backends, and the tokens that keys have used
// today.
class Housekeeper {
 public:
  Housekeeper(FleetDesk& fleet, RateLimits& limits, telemetry::Log& log, const std::string& directory);
  ~Housekeeper();  // keeps the last state
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  // Takes up what the files know; a broken one is told to the log and left behind.
  void start();

 private:
  // One file, and what it is called where it cannot be read or written.
  struct File {
    std::string path;
    std::string_view what;
    std::string kept{};  // as last written
    bool told = false;
  };

  void work();
  template <class Take>
  void take_up(File& file, Take take);
  void keep(File& file, std::string text);
  void keep_learned();
  void keep_spent();

  FleetDesk& fleet_;
  RateLimits& limits_;
  telemetry::Log& log_;
  std::string directory_;
  File learned_file_, spent_file_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace codecrucible::gateway
