#include "gateway/pause.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <memory>

namespace codecrucible::gateway {

net::task<> pause(net::Worker& worker, net::Exchange& exchange, core::Duration span) {
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>;
  const auto timer = std::make_shared<Timer>(worker.context().get_executor());
  timer->expires_after(span);
  bool leave = false;
  exchange.on_gone([timer, &leave] {
    leave = true;
    timer->cancel();
  });
  if (!leave) co_await timer->async_wait(net::nothrow);
  exchange.on_gone({});
}

}  // namespace codecrucible::gateway
