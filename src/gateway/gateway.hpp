#pragma once

#include "config/settings.hpp"
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "gateway/config_desk.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace codecrucible::gateway {

// The whole gateway: made from settings, serves until stopped. `apply` and `stop` may be called from any
// thread.
class Gateway {
 public:
  virtual ~Gateway() = default;  // stops
  virtual std::uint16_t port() const = 0;
  // New settings, live: running requests keep what they began with. Failure = nothing changed.
  virtual core::Result<void> apply(config::Settings settings) = 0;
  // Configurations by text: the file's, an operator's, an older one; see config_desk.hpp. Begun once, after
  // the start.
  virtual ConfigDesk& configs(ConfigWays ways, const config::Settings& in_force) = 0;
  // Waits until each backend has been asked once; false if the time was not enough.
  virtual bool backends_asked(std::chrono::milliseconds patience) = 0;
  virtual core::FleetViewPtr fleet() = 0;
  // Stops accepting, lets running replies finish up to the configured deadline.
  virtual void stop() = 0;
};

core::Result<std::unique_ptr<Gateway>> start(config::Settings settings);

}  // namespace codecrucible::gateway
