#include "net/link.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace codecrucible::net {
namespace {

namespace ssl = asio::ssl;
using boost::system::error_code;

class TlsLink final : public Link {
 public:
  TlsLink(Socket socket, ssl::context& context, const std::string& host)
      : Link(std::move(socket)), stream_(socket_, context) {
    // A name for virtual hosts; an address is not allowed there.
    error_code not_an_address;
    asio::ip::make_address(host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(stream_.native_handle(), host.c_str());
    stream_.set_verify_callback(ssl::host_name_verification(host));
  }

  task<error_code> open() override {
    auto [error] = co_await stream_.async_handshake(ssl::stream_base::client, nothrow);
    co_return error;
  }

  // TLS records go out whole; there is no "as much as fits".
  std::size_t write_now(Pieces, error_code&) override { return 0; }

  task<error_code> write(Pieces pieces) override {
    // One record for head and small bodies instead of one per piece.
    if (pieces.size() > 1 && total(pieces) <= joined_max) {
      joined_.clear();
      for (const auto& piece : pieces) joined_.append(static_cast<const char*>(piece.data()), piece.size());
      one_ = asio::const_buffer(joined_.data(), joined_.size());
      pieces = Pieces(&one_, 1);
    }
    while (!pieces.empty()) {
      const asio::const_buffer piece = pieces.front();
      auto [error, sent] = co_await stream_.async_write_some(piece, nothrow);
      if (error) co_return error;
      pieces = after(pieces, sent);
    }
    co_return error_code();
  }

  task<Moved> read(char* into, std::size_t room) override {
    const auto space = asio::buffer(into, room);
    auto [error, got] = co_await stream_.async_read_some(space, nothrow);
    // An end without close_notify could be a cut by anybody: not a clean end, except that nobody cares where
    // the length is known.
    co_return Moved{error, got};
  }

  // Session tickets arrive unasked, so bytes on the wire prove nothing; a dead connection is found by use.
  bool still_quiet() override { return true; }

 private:
  static constexpr std::size_t joined_max = 16 * 1024;

  ssl::stream<Socket&> stream_;
  std::string joined_;
  asio::const_buffer one_;
};

class OpenSslContext final : public TlsContext {
 public:
  explicit OpenSslContext(std::string host) : host_(std::move(host)), context_(ssl::context::tls_client) {}

  error_code trust(const std::string& extra_ca) {
    error_code error;
    SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
    context_.set_verify_mode(ssl::verify_peer, error);
    if (!error) context_.set_default_verify_paths(error);
    if (!error && !extra_ca.empty()) context_.load_verify_file(extra_ca, error);
    return error;
  }

  std::unique_ptr<Link> wrap(Socket socket) override {
    return std::make_unique<TlsLink>(std::move(socket), context_, host_);
  }

 private:
  std::string host_;
  ssl::context context_;
};

}  // namespace

core::Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& host,
                                                           const std::string& extra_ca) {
  auto made = std::make_unique<OpenSslContext>(host);
  const error_code error = made->trust(extra_ca);
  if (error)
    return core::fail(core::Cause::internal, "TLS for " + host + " cannot be set up: " + error.message());
  return std::unique_ptr<TlsContext>(std::move(made));
}

}  // namespace codecrucible::net
