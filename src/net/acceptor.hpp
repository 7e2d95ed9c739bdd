#pragma once

#include "core/result.hpp"
#include "net/sweeper.hpp"
#include "net/worker.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace codecrucible::net {

// Takes in connections on one worker and hands each to the worker with the fewest sessions: streams live for
// minutes, so the kernel's blind spreading would leave cores idle. With `reuse_port` every worker has its own
// and keeps what it accepts.
class Acceptor {
 public:
  // `workers`: those among which to choose; the acceptor runs on the first.
  Acceptor(Door& door, std::span<Loop* const> workers);

  core::Result<void> listen(const tcp::endpoint& where, bool reuse_port);
  std::uint16_t port() const noexcept { return port_; }

  // On the worker's own thread.
  void start() { wait(); }
  void stop();

 private:
  void wait();
  void drain();
  void pause();
  void hand_over(int descriptor, std::string remote);

  Door& door_;
  std::vector<Loop*> workers_;
  asio::basic_socket_acceptor<tcp, Executor> socket_;
  Timer timer_;
  bool v6_ = false;
  std::uint16_t port_ = 0;
};

}  // namespace codecrucible::net
