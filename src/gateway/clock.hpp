#pragma once

#include "core/clock.hpp"

namespace codecrucible::gateway {

// The shell's clock: the pure rooms are told the time.
inline core::Time clock_now() noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace codecrucible::gateway
