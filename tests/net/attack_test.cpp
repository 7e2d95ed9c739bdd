// What Beast 1.81 lets through, and what clients do that they should not: raw bytes in, status and close out.
#include "net/support.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::net;

namespace {

task<> never_served(Exchange& exchange) {
  ReplyHead head;
  co_await exchange.reply(head, "SERVED");
}

// Sends the bytes and expects one refusal with this status and then the end of the connection, and that what
// follows in the same bytes was not taken for a request. Returns the reply.
std::string refused(TestServer& server, std::string_view bytes, int status, const std::string& counter) {
  CAPTURE(bytes.substr(0, 200));
  const int before = server.counted(counter);
  RawSocket client = server.connect();
  client.send(bytes);
  std::string reply = client.rest();
  const std::string line = "HTTP/1.1 " + std::to_string(status) + " ";
  CHECK(reply.substr(0, line.size()) == line);
  CHECK(reply.find("Connection: close\r\n") != std::string::npos);
  CHECK(reply.find("SERVED") == std::string::npos);
  CHECK(reply.find("\r\nDate: ", reply.find("\r\nDate: ") + 1) == std::string::npos);
  CHECK(client.closed());
  CHECK(server.counted(counter) == before + 1);
  return reply;
}

const std::string smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n";

std::string post_with(std::string_view fields, std::string_view version = "1.1") {
  return "POST / HTTP/" + std::string(version) + "\r\nHost: t\r\n" + std::string(fields) + "\r\n" + smuggled;
}

}  // namespace

TEST_CASE("attack: transfer codings other than chunked are refused") {
  TestServer server(never_served);
  for (const std::string coding : {"gzip", "chunked, identity", "xchunked", "identity", "chunked, chunked",
                                   "gzip, chunked", "chunked;q=1", "", "\"chunked\"", "chunke\xc4\x91"})
    refused(server, post_with("Transfer-Encoding: " + coding + "\r\n"), 501, "smuggling");
  refused(server, post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400,
          "smuggling");
  refused(server, post_with("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 501,
          "smuggling");
}

TEST_CASE("attack: two ways to tell the length are refused") {
  TestServer server(never_served);
  refused(server, post_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400, "smuggling");
  refused(server, post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400, "smuggling");
  refused(server, post_with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400, "smuggling");
  refused(server, post_with("Content-Length: 5\r\nContent-Length: 5\r\n"), 400, "smuggling");
  for (const std::string length : {"5, 5", "+5", "-5", "0x5", "5 5", "", "99999999999999999999", "5;", "5,"})
    refused(server, post_with("Content-Length: " + length + "\r\n"), 400, "smuggling");
}

TEST_CASE("attack: chunked in HTTP 1.0 is refused") {
  TestServer server(never_served);
  refused(server, post_with("Transfer-Encoding: chunked\r\n", "1.0"), 400, "smuggling");
}

TEST_CASE("attack: no Host or two of them are refused") {
  TestServer server(never_served);
  refused(server, "GET / HTTP/1.1\r\n\r\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "smuggling");
}

TEST_CASE("attack: folded and badly ended header lines are refused") {
  TestServer server(never_served);
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX:\r\n\tb\r\n\r\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.1\r\n Host: t\r\n\r\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.1\nHost: t\n\n", 400, "smuggling");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: a\nY: b\r\n\r\n", 400, "smuggling");
}

TEST_CASE("attack: illegal bytes in names and values are refused") {
  TestServer server(never_served);
  using namespace std::string_literals;
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: a\0b\r\n\r\n"s, 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: a\rb\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: a\x7f\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX : a\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX(y): a\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\n: a\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nnothing\r\n\r\n", 400, "bad_head");
  refused(server, "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", 400, "bad_head");
  refused(server, "GET /\x01 HTTP/1.1\r\nHost: t\r\n\r\n", 400, "bad_head");
  refused(server, "hello\r\n\r\n", 400, "bad_head");
  refused(server, "GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505, "bad_head");
  refused(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "bad_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nExpect: wonders\r\n\r\n", 417, "bad_head");
}

TEST_CASE("attack: a TLS hello on the plain port is told so") {
  TestServer server(never_served);
  const std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  CHECK(refused(server, hello, 400, "bad_head").find("not TLS") != std::string::npos);
}

TEST_CASE("attack: heads over the limits are refused") {
  TestServer server(never_served, [](ServerSettings& settings) { settings.max_header_bytes = 8 * 1024; });
  refused(server, "GET /" + std::string(9000, 'x'), 431, "big_head");
  refused(server, "GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", 431, "big_head");
  std::string many = "GET / HTTP/1.1\r\nHost: t\r\n";
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  refused(server, many + "\r\n", 431, "big_head");
  // A flood that never ends is cut off; how much of it was sent does not matter.
  RawSocket client = server.connect();
  std::thread flood([&] {
    const std::string line = "X: " + std::string(1000, 'y') + "\r\n";
    client.send("GET / HTTP/1.1\r\n");
    for (int i = 0; i < 2000; ++i)
      if (!client.send(line)) break;
    client.shut_send();
  });
  CHECK(client.until("\r\n").starts_with("HTTP/1.1 431 "));
  flood.join();
  // Within the limits all is well.
  RawSocket good = server.connect();
  good.send("GET / HTTP/1.1\r\nHost: t\r\nX: " + std::string(7000, 'x') + "\r\n\r\n");
  CHECK(good.message().find("SERVED") != std::string::npos);
}

TEST_CASE("attack: bad chunks and trailers are refused") {
  TestServer server(never_served);
  const std::string head = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body :
       {"zz\r\n", "-1\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n",
        "fffffffffffffffffff\r\n", " 5\r\nhello\r\n", "\r\n", "5;a\x01\r\n", "0\r\nTrailer: x\r\n\r\n",
        "0\r\nX", "5\r\nhello\r\n0\r\nHost: evil\r\n\r\n"})
    refused(server, head + body, 400, "smuggling");
  refused(server, head + "5;" + std::string(2000, 'e') + "\r\n", 400, "smuggling");
}

TEST_CASE("attack: bodies over the limit are refused before and while they are read") {
  TestServer server(never_served, [](ServerSettings& settings) { settings.max_body_bytes = 10'000; });
  refused(server, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10001\r\n\r\n", 413, "big_body");
  refused(server, "POST / HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 10001\r\n\r\n", 413,
          "big_body");
  std::string chunks = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  refused(server, chunks, 413, "big_body");
  // A client that sends all of it before it reads gets its answer too, not a reset.
  RawSocket client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'x'));
  client.shut_send();
  CHECK(client.rest().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("attack: slow heads and bodies end with 408, idle connections without a word") {
  TestServer server(never_served, [](ServerSettings& settings) {
    settings.header_timeout = settings.body_timeout = std::chrono::milliseconds(60);
    settings.idle_timeout = std::chrono::milliseconds(120);
  });
  refused(server, "GET / HTTP/1.1\r\nHo", 408, "slow_head");
  refused(server, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nhalf", 408, "slow_body");
  refused(server, "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\nhalf", 408, "slow_body");
  refused(server, "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", 408,
          "slow_body");
  CHECK(server.ask("").empty());
  RawSocket client = server.connect();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  client.message();
  CHECK(client.rest().empty());
  CHECK(client.closed());
  // One byte at a time does not buy more time.
  RawSocket drip = server.connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: t\r\n";
  for (const char c : request) {
    if (!drip.send(std::string_view(&c, 1))) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  CHECK(drip.rest().starts_with("HTTP/1.1 408 "));
}

TEST_CASE("attack: clients that leave in the middle leave nothing behind") {
  TestServer server(never_served);
  for (const std::string part :
       {"", "GET", "GET / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 90000\r\n\r\nx",
        "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", "hello\r\n\r\n"})
    for (const bool hard : {false, true}) {
      RawSocket client = server.connect();
      client.send(part);
      hard ? client.reset() : client.close();
    }
  CHECK(eventually([&] { return server->open_sessions() == 0; }));
  CHECK(server.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").find("SERVED") !=
        std::string::npos);
}

TEST_CASE("attack: connections over the cap get a 503") {
  TestServer server(never_served, [](ServerSettings& settings) { settings.max_connections = 3; });
  std::vector<RawSocket> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(server.connect());
    held.back().send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    CHECK(held.back().message().find("SERVED") != std::string::npos);
  }
  RawSocket fourth = server.connect();
  const std::string reply = fourth.rest();
  CHECK(reply.starts_with("HTTP/1.1 503 "));
  const auto body = reply.find("\r\n\r\n") + 4;
  CHECK(reply.find("Content-Length: " + std::to_string(reply.size() - body) + "\r\n") != std::string::npos);
  CHECK(server.counted("refused_limit") == 1);
  held.pop_back();
  CHECK(eventually([&] { return server->open_sessions() == 2; }));
  CHECK(server.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").find("SERVED") !=
        std::string::npos);
}
