#pragma once

#include <chrono>

namespace codecrucible::core {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

inline double seconds(Duration span) noexcept {
  return std::chrono::duration<double>(span).count();
}

// A moment after which waiting has no point; a value that is passed down, never a timer.
struct Deadline {
  Time at = Time::max();

  static Deadline never() noexcept { return {}; }
  static Deadline in(Time now, Duration span) noexcept {
    return span >= Time::max() - now ? Deadline{} : Deadline{now + span};
  }
  bool passed(Time now) const noexcept { return now >= at; }
  Duration left(Time now) const noexcept { return passed(now) ? Duration::zero() : at - now; }
  Deadline earlier(Deadline other) const noexcept { return at < other.at ? *this : other; }
};

}  // namespace codecrucible::core
