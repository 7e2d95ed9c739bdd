#pragma once

#include "core/clock.hpp"
#include "net/buffer.hpp"
#include "net/link.hpp"
#include "net/upstream.hpp"

#include <memory>
#include <string>
#include <vector>

namespace codecrucible::net {

class Loop;
struct ServerSettings;

// One backend as a worker knows it: its idle connections, its addresses, its TLS context.
struct Backend {
  Endpoint endpoint;
  std::string name;                         // "127.0.0.1:1234", for Host and for messages
  std::vector<std::unique_ptr<Link>> idle;  // the latest used last: taken first
  std::vector<tcp::endpoint> addresses;     // what the name resolved to; empty = ask
  core::Time resolved_at{};
  std::unique_ptr<TlsContext> tls;
};

// The one implementation of UpstreamPool. Idle connections are not watched: a reused one that turns out dead
// is replaced unseen by the call, and none is kept longer than `upstream_idle`.
class Pool final : public UpstreamPool {
 public:
  Pool(Loop& worker, const ServerSettings& settings);
  Pool(Loop& worker, core::Duration idle_limit, std::size_t idle_max, std::string extra_ca);
  ~Pool() override;

  std::unique_ptr<UpstreamCall> open(const Endpoint& endpoint) override;

  // Another one of the same worker with the same settings, and nothing in it.
  std::unique_ptr<Pool> sibling() const;

  // An idle connection that is most likely alive, or none.
  std::unique_ptr<Link> take(Backend& backend);
  void give(Backend& backend, std::unique_ptr<Link> link);
  // Connections of a backend that has just dropped one are not worth trying.
  void forget_idle(Backend& backend) { backend.idle.clear(); }

  Buffer take_buffer();
  void give_buffer(Buffer buffer);

  void drop_old(core::Time now);
  std::size_t close_idle();  // how many there were
  void close();              // no idle connection is kept any more

  Loop& worker() noexcept { return worker_; }
  const std::string& extra_ca() const noexcept { return extra_ca_; }

  static constexpr std::size_t buffer_size = 8 * 1024;

 private:
  Loop& worker_;
  core::Duration idle_limit_;
  std::size_t idle_max_;
  std::string extra_ca_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Backend>> backends_;  // few: looked through
  std::vector<Buffer> buffers_;
};

}  // namespace codecrucible::net
