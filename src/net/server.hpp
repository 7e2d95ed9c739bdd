#pragma once

#include "core/clock.hpp"
#include "core/failure.hpp"
#include "net/exchange.hpp"
#include "net/settings.hpp"
#include "net/upstream.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::net {

// One thread, one io_context, its sessions and its upstream pool.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual std::size_t index() const = 0;
  virtual asio::io_context& context() = 0;
  virtual UpstreamPool& upstreams() = 0;
  // Connections apart from those, for hosts that are asked once. Calls end before it, and it before the
  // worker.
  virtual std::unique_ptr<UpstreamPool> own_upstreams() = 0;
  // Time as of the latest thing that arrived on this worker (bytes, a timer, a sweep): costs nothing, is at
  // most `sweep` behind.
  virtual core::Time now() const = 0;
  // Completes after `span`.
  virtual task<> sleep(core::Duration span) = 0;
};

// What the server tells its owner; called on worker threads.
struct ServerHooks {
  // Serves one request. Exceptions that escape end the connection and are counted.
  std::function<task<>(Exchange&)> serve;
  // Body of the reply to a request that never became one (400, 408, 413, 431, 505 …): in the dialect that the
  // path suggests, if a path was read.
  std::function<std::string(std::string_view path, const core::Failure&)> refuse;
  // Counts what happens at the door: "accepted", "refused_limit", "bad_head", "slow_head", "smuggling",
  // "bad_tls", …
  std::function<void(std::string_view what)> count;
};

class Server {
 public:
  virtual ~Server() = default;
  // Binds and starts the workers; the port really bound is in port(). Failure if the address is taken.
  virtual core::Result<void> start() = 0;
  virtual std::uint16_t port() const = 0;
  virtual std::size_t workers() const = 0;
  virtual Worker& worker(std::size_t index) = 0;
  virtual std::size_t open_sessions() const = 0;
  // Reads the certificate and its key anew, for clients that come from now on. Failure: what was in force
  // stays. Any thread; nothing to do where TLS is not wanted.
  virtual core::Result<void> renew_certificate() = 0;
  // Stops accepting, lets running exchanges finish until the deadline (they see `stopping()`), then cancels
  // them so that handlers can send their dialect's error; returns when all threads have ended.
  virtual void stop() = 0;
  virtual bool stopping() const = 0;
};

// The hooks, and all they refer to, must outlive the server.
std::unique_ptr<Server> make_server(ServerSettings settings, ServerHooks hooks);

// A worker without a server or a thread, for the CLI and for tests: its context is run by the caller
// (net/run.hpp). Calls must not outlive it.
std::unique_ptr<Worker> make_worker(const ServerSettings& settings);

}  // namespace codecrucible::net
