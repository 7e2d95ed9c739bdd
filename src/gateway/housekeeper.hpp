#pragma once

#include "gateway/fleet_desk.hpp"
#include "telemetry/log.hpp"

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace codecrucible::gateway {

// What is done now and then, on a thread of its own: looks at this machine, and keeps what was learned of the
// backends in a file, so that a restarted gateway need not learn it again.
class Housekeeper {
 public:
  Housekeeper(FleetDesk& fleet, telemetry::Log& log, const std::string& directory);
  ~Housekeeper();  // keeps the last state
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  // Takes up what the file knows; a broken file is told to the log and left behind.
  void start();

 private:
  void work();
  void remember();
  void keep();

  FleetDesk& fleet_;
  telemetry::Log& log_;
  std::string directory_, path_;
  std::string kept_;  // as last written
  bool told_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace codecrucible::gateway
