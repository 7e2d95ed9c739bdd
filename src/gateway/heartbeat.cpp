#include "gateway/heartbeat.hpp"

namespace codecrucible::gateway {

net::task<> Heartbeat::run(Heartbeat& heart, net::Worker& worker, core::Duration silence) {
  while (true) {
    co_await worker.sleep(std::chrono::seconds(1));
    const auto now = worker.now();
    for (auto* const delivery : heart.waiting_) delivery->beat(now, silence);
  }
}

}  // namespace codecrucible::gateway
