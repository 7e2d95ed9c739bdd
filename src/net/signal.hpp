#pragma once

#include "net/task.hpp"

#include <boost/asio/async_result.hpp>

#include <cstddef>
#include <new>
#include <utility>

namespace codecrucible::net {

// One coroutine waits, somebody else on the same thread wakes it, inline. No allocation, no timer misused as
// a condition variable. At most one waiter; a signal that nobody waits for is lost, so the waiter looks at
// the state first.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { drop(); }

  auto wait() { return asio::async_initiate<const asio::deferred_t, void()>(Park{this}, asio::deferred); }

  bool waited_for() const noexcept { return resume_ != nullptr; }

  // Runs the waiter until it waits for something else.
  void notify() {
    if (resume_ != nullptr) resume_(*this, true);
  }

  // Destroys the waiter's coroutine instead of waking it: only when the worker ends.
  void drop() {
    if (resume_ != nullptr) resume_(*this, false);
  }

 private:
  static constexpr std::size_t room = 64;  // an awaitable's handler is a few pointers

  struct Park {
    Signal* signal;
    template <class Handler>
    void operator()(Handler&& handler) const {
      signal->keep(std::forward<Handler>(handler));
    }
  };

  template <class Handler>
  void keep(Handler&& handler) {
    using Kept = std::decay_t<Handler>;
    static_assert(sizeof(Kept) <= room && alignof(Kept) <= alignof(std::max_align_t));
    new (kept_) Kept(std::forward<Handler>(handler));
    resume_ = [](Signal& self, bool wake) {
      Kept* const stored = std::launder(reinterpret_cast<Kept*>(self.kept_));
      Kept taken(std::move(*stored));
      stored->~Kept();
      self.resume_ = nullptr;
      if (wake) taken();
    };
  }

  alignas(std::max_align_t) std::byte kept_[room];
  void (*resume_)(Signal&, bool) = nullptr;
};

}  // namespace codecrucible::net
