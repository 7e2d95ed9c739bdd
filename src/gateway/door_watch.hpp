#pragma once

#include "telemetry/log.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace codecrucible::gateway {

// Tells the log when clients have to wait at the door or are turned away: at once, and then, while it lasts,
// every ten seconds with how many it were. Any thread.
class DoorWatch {
 public:
  explicit DoorWatch(telemetry::Log& log) : log_(log) {}
  // An event of net::ServerHooks::count.
  void heard(std::string_view event);

 private:
  struct Kept {
    std::atomic<std::uint64_t> since{0};     // told the last time
    std::atomic<std::int64_t> next_tell{0};  // ns of the steady clock
  };
  telemetry::Log& log_;
  std::array<Kept, 2> kept_;
};

}  // namespace codecrucible::gateway
