#pragma once

#include "net/worker.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <optional>

namespace codecrucible::gateway {

// A value that another thread will give to a coroutine, which waits for it without holding up its worker:
//     while (!awaited->value) co_await awaited->timer.async_wait(net::nothrow);
template <class T>
struct Awaited {
  explicit Awaited(net::Worker& worker) : context(worker.context()), timer(context.get_executor()) {
    timer.expires_at(std::chrono::steady_clock::time_point::max());
  }

  // Any thread, once.
  static void give(const std::shared_ptr<Awaited>& to, T value) {
    boost::asio::post(to->context, [to, value = std::move(value)]() mutable {
      to->value = std::move(value);
      to->timer.cancel();
    });
  }

  boost::asio::io_context& context;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>
      timer;
  std::optional<T> value;  // touched on the worker's thread only
};

}  // namespace codecrucible::gateway
