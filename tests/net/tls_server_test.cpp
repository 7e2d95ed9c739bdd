// The server behind TLS, asked by OpenSSL's own client.
#include "identity.hpp"
#include "net/support.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace codecrucible;
using namespace codecrucible::net;

namespace {

std::function<void(ServerSettings&)> as(const Identity& identity) {
  return [&identity](ServerSettings& settings) {
    settings.tls.certificate = identity.path();
    settings.tls.key = identity.key_path();
    settings.sweep = std::chrono::milliseconds(10);
  };
}

task<> echo(Exchange& exchange) {
  ReplyHead head;
  const std::string body = std::string(exchange.path()) + " " + std::string(exchange.body());
  co_await exchange.reply(head, body);
}

std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: t\r\n\r\n";
}

void copy(const std::string& from, const std::string& to) {
  std::ifstream in(from, std::ios::binary);
  std::ofstream(to, std::ios::binary) << in.rdbuf();
}

}  // namespace

TEST_CASE("tls: bodies of all sizes go both ways on one connection, in each version that is spoken") {
  const Identity identity("localhost");
  TestServer server(echo, as(identity));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawSocket socket = server.connect();
    TlsClient client(socket.descriptor(), version);
    REQUIRE(client.shaken());
    CHECK(SSL_version(client.ssl()) == version);
    CHECK(client.protocol() == "http/1.1");
    CHECK(identity.shown_to(client.ssl()));
    for (const std::size_t size : {1UL, 1000UL, 4000UL, 16'384UL, 16'385UL, 70'000UL, 2'000'000UL}) {
      CAPTURE(size);
      const std::string body = std::string(size, 'x') + "END";
      std::thread sender([&] { client.send(post("/p", body)); });
      sender.join();
      CHECK(client.until("\r\n\r\n").find("200 OK") != std::string::npos);
      CHECK(client.until("END") == "/p " + body);
    }
    client.send(get("/1") + get("/2") + get("/3"));
    client.until("/1 ");
    client.until("/2 ");
    CHECK(client.until("/3 ").find("/3 ") != std::string::npos);
  }
}

TEST_CASE("tls: what a stream says leaves at once, and its end is told") {
  const Identity identity("localhost");
  Signal go_on;
  TestServer server(
      [&](Exchange& exchange) -> task<> {
        ReplyHead head;
        exchange.begin(head);
        co_await exchange.write("one");
        auto heard = go_on.wait();
        co_await std::move(heard);
        const std::string much(300'000, 'm');
        co_await exchange.write(much);
        co_await exchange.end("last");
      },
      as(identity));
  RawSocket socket = server.connect();
  TlsClient client(socket.descriptor());
  client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  CHECK(client.until("one").ends_with("one"));
  asio::post(server->worker(0).context(), [&] { go_on.notify(); });
  const auto rest = client.rest();
  CHECK(rest.size() > 300'000);
  CHECK(rest.ends_with("last\r\n0\r\n\r\n"));
  CHECK(client.parted());
}

TEST_CASE("tls: a handshake in single bytes is a handshake") {
  const Identity identity("localhost");
  TestServer server(echo, as(identity));
  RawSocket socket = server.connect();
  // OpenSSL's client between two memories, its bytes carried one by one.
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL* const ssl = SSL_new(context);
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl);
  const auto carry = [&] {
    char byte = 0;
    while (BIO_read(SSL_get_wbio(ssl), &byte, 1) == 1) socket.send({&byte, 1});
  };
  while (SSL_do_handshake(ssl) != 1) {
    carry();
    char buffer[4096];
    const auto got = ::read(socket.descriptor(), buffer, sizeof buffer);
    REQUIRE(got > 0);
    BIO_write(SSL_get_rbio(ssl), buffer, static_cast<int>(got));
  }
  const std::string request = get("/slow");
  SSL_write(ssl, request.data(), static_cast<int>(request.size()));
  carry();
  std::string reply;
  while (reply.find("/slow ") == std::string::npos) {
    char buffer[4096];
    const int plain = SSL_read(ssl, buffer, sizeof buffer);
    if (plain > 0) {
      reply.append(buffer, static_cast<std::size_t>(plain));
      continue;
    }
    const auto got = ::read(socket.descriptor(), buffer, sizeof buffer);
    REQUIRE(got > 0);
    BIO_write(SSL_get_rbio(ssl), buffer, static_cast<int>(got));
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
}

TEST_CASE("tls: who speaks plain HTTP on the port is told in plain HTTP") {
  const Identity identity("localhost");
  TestServer server(echo, as(identity));
  const auto reply = server.ask(get("/"));
  CHECK(reply.starts_with("HTTP/1.1 400 "));
  CHECK(reply.find("https://") != std::string::npos);
  CHECK(server.counted("plain_on_tls") == 1);
  RawSocket noise = server.connect();
  noise.send("\x16\x03\x01\x02\x01 this is no hello");
  noise.rest();
  CHECK(noise.closed());
}

TEST_CASE("tls: old versions are refused, and who stops in the handshake is not waited for") {
  const Identity identity("localhost");
  TestServer server(echo, [&](ServerSettings& settings) {
    as(identity)(settings);
    settings.header_timeout = std::chrono::milliseconds(50);
  });
  RawSocket old = server.connect();
  TlsClient client(old.descriptor(), TLS1_1_VERSION);
  CHECK(!client.shaken());
  CHECK(eventually([&] { return server.counted("bad_tls") == 1; }));
  RawSocket lazy = server.connect();
  lazy.send("\x16\x03\x01");
  lazy.rest();
  CHECK(lazy.closed());
}

TEST_CASE("tls: a handler hears that its client has left") {
  const Identity identity("localhost");
  std::atomic<bool> heard{false};
  Signal left;
  TestServer server(
      [&](Exchange& exchange) -> task<> {
        exchange.on_gone([&] {
          heard = true;
          left.notify();
        });
        while (!heard) {
          auto news = left.wait();
          co_await std::move(news);
        }
        exchange.on_gone({});
        ReplyHead head;
        co_await exchange.reply(head, "");
      },
      as(identity));
  {
    RawSocket socket = server.connect();
    TlsClient client(socket.descriptor());
    client.send(get("/"));
    CHECK(eventually([&] { return server->open_sessions() == 1; }));
  }
  CHECK(eventually([&] { return heard.load(); }));
}

TEST_CASE("tls: a renewed certificate is shown to new clients, the old ones stay connected") {
  const Identity first("localhost");
  const Identity second("localhost");
  TestServer server(echo, as(first));
  RawSocket one = server.connect();
  TlsClient old(one.descriptor());
  CHECK(first.shown_to(old.ssl()));
  copy(second.path(), first.path());
  // The key is still the other one's: nothing changes.
  const auto unfit = server->renew_certificate();
  REQUIRE(unfit.has_error());
  CHECK(unfit.error().detail.find(first.key_path()) != std::string::npos);
  {
    RawSocket socket = server.connect();
    CHECK(first.shown_to(TlsClient(socket.descriptor()).ssl()));
  }
  copy(second.key_path(), first.key_path());
  CHECK(server->renew_certificate().has_value());
  RawSocket two = server.connect();
  TlsClient fresh(two.descriptor());
  CHECK(second.shown_to(fresh.ssl()));
  old.send(get("/still"));
  CHECK(old.until("/still ").ends_with("/still "));
}

TEST_CASE("tls: a server without a readable certificate does not start") {
  const Identity identity("localhost");
  ServerSettings settings;
  settings.port = 0;
  settings.tls.certificate = "/nowhere/cert.pem";
  settings.tls.key = identity.key_path();
  const auto server = make_server(settings, {});
  const auto started = server->start();
  REQUIRE(started.has_error());
  CHECK(started.error().detail.find("/nowhere/cert.pem") != std::string::npos);
  CHECK_MESSAGE(started.error().detail.find("No such file") != std::string::npos, started.error().detail);
}
