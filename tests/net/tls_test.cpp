// Calls to a backend behind TLS, against a server with a certificate made on the spot.
#include "identity.hpp"
#include "net/plain_request.hpp"
#include "net/support.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::net;

namespace {

// Replies to each request on a connection with `reply`, inside TLS.
ScriptedBackend::Script tls_backend(const Identity& identity, std::string reply) {
  return [&identity, reply](RawSocket& client, int) {
    // OpenSSL writes with write(2): a client that hangs up must not end the test.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    SSL_CTX* const context = identity.server_context();
    SSL* const tls = SSL_new(context);
    SSL_set_fd(tls, client.descriptor());
    if (SSL_accept(tls) == 1) {
      char buffer[65536];
      std::string got;
      for (int n = 0; (n = SSL_read(tls, buffer, sizeof buffer)) > 0;) {
        got.append(buffer, static_cast<std::size_t>(n));
        if (!got.ends_with("END")) continue;
        got.clear();
        SSL_write(tls, reply.data(), static_cast<int>(reply.size()));
      }
    }
    SSL_free(tls);
    SSL_CTX_free(context);
  };
}

core::Result<PlainReply> ask(Worker& worker, const Endpoint& endpoint, std::string_view body) {
  UpstreamRequest request;
  request.path = "/";
  request.body = body;
  return run(worker, plain_request(worker.upstreams(), endpoint, request, {}, 1'000'000));
}

}  // namespace

TEST_CASE("tls: a trusted backend is spoken to, on a reused connection too") {
  const Identity identity("localhost");
  ScriptedBackend backend(tls_backend(identity, plain_reply(std::string(50'000, 'y'))));
  Endpoint endpoint = backend.endpoint();
  endpoint.host = "localhost";
  endpoint.tls = true;
  ServerSettings settings;
  settings.upstream_ca = identity.path();
  auto worker = make_worker(settings);
  for (const std::size_t size : {10UL, 100'000UL, 3'000'000UL}) {
    const std::string body = std::string(size, 'x') + "END";
    const auto reply = ask(*worker, endpoint, body);
    REQUIRE(reply.has_value());
    CHECK(reply->body == std::string(50'000, 'y'));
  }
  CHECK(backend.connections() == 1);
}

TEST_CASE("tls: an unknown signer or a wrong name is refused") {
  const Identity identity("localhost");
  const Identity other("elsewhere.test");
  ScriptedBackend backend(tls_backend(identity, plain_reply("secret")));
  ScriptedBackend misnamed(tls_backend(other, plain_reply("secret")));
  auto refused = [](const ScriptedBackend& at, const std::string& trusted) {
    Endpoint endpoint = at.endpoint();
    endpoint.host = "localhost";
    endpoint.tls = true;
    ServerSettings settings;
    settings.upstream_ca = trusted;
    auto worker = make_worker(settings);
    const auto reply = ask(*worker, endpoint, "END");
    REQUIRE(reply.has_error());
    CHECK(reply.error().cause == core::Cause::refused);
    CHECK(reply.error().detail.find("certificate") != std::string::npos);
  };
  refused(backend, "");
  refused(misnamed, other.path());
}

TEST_CASE("tls: a backend that speaks plain HTTP on the port is refused, not hung on") {
  ScriptedBackend backend([](RawSocket& client, int) {
    client.until("\n");
    client.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  Endpoint endpoint = backend.endpoint();
  endpoint.tls = true;
  auto worker = make_worker(ServerSettings{});
  UpstreamRequest request;
  request.path = "/";
  UpstreamLimits limits;
  limits.connect = std::chrono::milliseconds(200);
  const auto reply = run(*worker, plain_request(worker->upstreams(), endpoint, request, limits, 1000));
  REQUIRE(reply.has_error());
  CHECK(reply.error().cause == core::Cause::refused);
}
