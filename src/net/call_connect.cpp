// How a call gets a connection when none is idle.
#include "net/call.hpp"
#include "net/descriptors.hpp"
#include "net/public_address.hpp"
#include "net/worker.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/socket_base.hpp>

#include <cerrno>
#include <utility>

namespace codecrucible::net {

using boost::system::error_code;
using core::Cause;

namespace {
// Names change rarely; a dead address is asked for again at once.
constexpr core::Duration name_lifetime = std::chrono::seconds(60);

// Nothing is wrong with the backend: its breaker must not hear of this.
core::Failure shortage(const std::string& backend, const error_code& error) {
  std::string detail = "the gateway cannot connect to " + backend + ": " + error.message();
  if (error.value() == EMFILE) detail += "; " + descriptor_advice(descriptor_limit());
  core::Failure failure = core::fail(Cause::no_backend, std::move(detail));
  failure.retry_after = std::chrono::seconds(1);
  return failure;
}
}  // namespace

task<std::optional<core::Failure>> Call::resolve() {
  const Endpoint& endpoint = backend_.endpoint;
  error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  if (!error) {
    backend_.addresses.assign(1, tcp::endpoint(address, endpoint.port));
    backend_.resolved_at = core::Time::max();
    co_return std::nullopt;
  }
  resolver_ = std::make_unique<Resolver>(pool_.worker().context());
  const std::string port = std::to_string(endpoint.port);
  auto [fault, found] = co_await resolver_->async_resolve(endpoint.host, port, nothrow);
  resolver_.reset();
  pool_.worker().touch();
  if (fault || cancelled_ || expired_) {
    const std::string what = "cannot be found: " + fault.message();
    co_return failure(Cause::refused, what);
  }
  backend_.addresses.clear();
  for (const auto& entry : found) backend_.addresses.push_back(entry.endpoint());
  backend_.resolved_at = pool_.worker().now();
  co_return std::nullopt;
}

task<std::optional<core::Failure>> Call::connect() {
  Loop& worker = pool_.worker();
  limit(limits_.connect, Cause::refused, "did not accept a connection in time");
  const bool stale =
      backend_.resolved_at != core::Time::max() && worker.now() - backend_.resolved_at > name_lifetime;
  if (backend_.addresses.empty() || stale) {
    auto fault = co_await resolve();
    if (fault) co_return fault;
  }
  if (backend_.endpoint.tls && !backend_.tls) {
    auto made = make_tls_context(backend_.endpoint.host, pool_.extra_ca());
    if (!made) co_return made.error();
    backend_.tls = std::move(made.value());
  }
  // A copy: another call may resolve anew meanwhile. What is looked at is what is connected to.
  const std::vector<tcp::endpoint> addresses = backend_.addresses;
  if (backend_.endpoint.public_only) {
    for (const tcp::endpoint& each : addresses) {
      if (is_public(each.address())) continue;
      backend_.addresses.clear();
      co_return failure(Cause::forbidden, "lies in a private network");
    }
  }
  error_code error;
  for (const tcp::endpoint& address : addresses) {
    Socket socket(worker.context());
    socket.open(address.protocol(), error);
    if (is_own_shortage(error.value()) && pool_.close_idle() > 0) socket.open(address.protocol(), error);
    if (error) continue;
    socket.set_option(tcp::no_delay(true), error);
    socket.set_option(asio::socket_base::keep_alive(true), error);
    socket.non_blocking(true, error);
    link_ = backend_.tls ? backend_.tls->wrap(std::move(socket)) : make_plain_link(std::move(socket));
    auto [refused] = co_await link_->socket().async_connect(address, nothrow);
    worker.touch();
    error = refused;
    if (cancelled_ || expired_) break;
    if (error) continue;
    error = co_await link_->open();
    worker.touch();
    if (!error && !cancelled_ && !expired_) co_return std::nullopt;
    break;
  }
  link_.reset();
  worker.sweeper().unwatch(*this);
  if (is_own_shortage(error.value()) && !cancelled_ && !expired_) co_return shortage(backend_.name, error);
  backend_.addresses.clear();
  co_return failure(Cause::refused, "cannot be reached: " + error.message());
}

}  // namespace codecrucible::net
