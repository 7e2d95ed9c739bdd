#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/task.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace codecrucible::net {

struct Moved {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

using Pieces = std::span<asio::const_buffer>;

// Drops the first `count` bytes of what is still to be written.
Pieces after(Pieces pieces, std::size_t count) noexcept;
std::size_t total(Pieces pieces) noexcept;

// A connection to a backend, plain or TLS. One operation at a time; close() ends it at once.
class Link {
 public:
  virtual ~Link() = default;
  // Called once on a connected socket: TLS shakes hands.
  virtual task<boost::system::error_code> open() = 0;
  // Writes all; `pieces` are used up on the way.
  virtual task<boost::system::error_code> write(Pieces pieces) = 0;
  virtual task<Moved> read(char* into, std::size_t room) = 0;
  // What can be written without waiting; 0 when everything has to wait.
  virtual std::size_t write_now(Pieces pieces, boost::system::error_code& error) = 0;
  // False if the other side has closed, or spoken without being asked.
  virtual bool still_quiet() = 0;
  void close() noexcept;
  // Ends a running read without its having read anything; the connection stays as it is.
  void interrupt() noexcept;

  explicit Link(Socket socket) : socket_(std::move(socket)) {}
  Socket& socket() noexcept { return socket_; }

  core::Time idle_since{};

 protected:
  Socket socket_;
};

std::unique_ptr<Link> make_plain_link(Socket socket);

// Certificates, keys and session memory for one backend; OpenSSL stays in tls_link.cpp.
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<Link> wrap(Socket socket) = 0;
};
// `extra_ca`: PEM file trusted besides the system's, or empty. Verifies the chain and the host's name.
core::Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& host,
                                                           const std::string& extra_ca);

}  // namespace codecrucible::net
