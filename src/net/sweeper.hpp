#pragma once

#include "core/clock.hpp"
#include "net/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

namespace codecrucible::net {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Something that must not take for ever: a session, a call. In at most one sweeper's list.
class Limited {
 public:
  Limited() = default;
  Limited(const Limited&) = delete;
  Limited& operator=(const Limited&) = delete;

 protected:
  virtual ~Limited() { unlink(); }
  // The limit has passed; the sweeper no longer watches. May watch again, close sockets, end others' watches.
  virtual void on_limit() = 0;

 private:
  friend class Sweeper;
  void unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }
  void link_before(Limited& other) noexcept {
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = this;
    other.previous_ = this;
  }

  Limited* previous_ = this;
  Limited* next_ = this;
  core::Time at_ = core::Time::max();
};

// One timer for all the limits of a worker (STYLE §3.5: a timer per operation costs a system call each).
// Looks through the list every `period`, earlier if something is due earlier; two looks are at least 5 ms
// apart.
class Sweeper {
 public:
  Sweeper(asio::io_context& context, core::Duration period)
      : period_(period), timer_(std::in_place, context) {}

  // Starts the heartbeat; `on_tick` runs at each look.
  void start(std::function<void()> on_tick);

  void watch(Limited& limited, core::Time at) {
    if (limited.next_ == &limited) limited.link_before(all_);
    limited.at_ = at;
    if (at < next_look_ - least_gap) schedule(std::max(at, now_ + least_gap));
  }
  // No more looks; nothing may be watched any more.
  void stop() { timer_.reset(); }

  void unwatch(Limited& limited) noexcept { limited.unlink(); }

  core::Time now() const noexcept { return now_; }
  void touch() noexcept { now_ = std::chrono::steady_clock::now(); }

 private:
  static constexpr core::Duration least_gap = std::chrono::milliseconds(5);

  // The ends of the list.
  struct Ring final : Limited {
    void on_limit() override {}
  };

  void schedule(core::Time at);
  void look();

  core::Duration period_;
  core::Time now_{};
  core::Time next_look_ = core::Time::max();
  std::optional<Timer> timer_;
  Ring all_;
  std::function<void()> on_tick_;
};

}  // namespace codecrucible::net
