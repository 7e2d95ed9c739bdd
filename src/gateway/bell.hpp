#pragma once

#include "net/server.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>

namespace codecrucible::gateway {

// One coroutine waits on its worker, any thread rings. A ring that nobody waits for is kept. The timer inside
// never fires by itself; it is owned by the worker's context, so that a waiter ends with its worker.
class Bell : public std::enable_shared_from_this<Bell> {
 public:
  explicit Bell(net::Worker& worker) : context_(worker.context()), timer_(context_.get_executor()) {}

  void ring() {
    if (posted_.exchange(true)) return;  // one is on its way
    boost::asio::post(context_, [self = shared_from_this()] {
      self->posted_ = false;
      self->rung_ = true;
      self->timer_.cancel();
    });
  }

  net::task<> wait() {
    while (!rung_) {
      timer_.expires_at(core::Time::max());
      co_await timer_.async_wait(net::nothrow);
    }
    rung_ = false;
  }

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>;
  boost::asio::io_context& context_;
  Timer timer_;
  std::atomic<bool> posted_{false};
  bool rung_ = false;  // on the worker's thread only
};

}  // namespace codecrucible::gateway
