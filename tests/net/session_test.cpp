#include "net/support.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::net;

namespace {

// Says what it was asked: "METHOD target [body]".
task<> echo(Exchange& exchange) {
  std::string text(exchange.method());
  text += ' ';
  text += exchange.target();
  text += " [";
  text += exchange.body();
  text += ']';
  ReplyHead head;
  head.content_type = "text/plain";
  co_await exchange.reply(head, text);
}

std::string get(std::string_view target, std::string_view extra = {}) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: t\r\n" + std::string(extra) + "\r\n";
}

std::string post(std::string_view body, std::string_view extra = {}) {
  return "POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(extra) + "\r\n" + std::string(body);
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("net: a connection serves request after request") {
  TestServer server(echo);
  RawSocket client = server.connect();
  for (int i = 0; i < 20; ++i) {
    client.send(get("/n" + std::to_string(i) + "?q=1"));
    const std::string reply = client.message();
    CHECK(has(reply, "HTTP/1.1 200 OK\r\n"));
    CHECK(has(reply, "Date: "));
    CHECK(has(reply, "GET /n" + std::to_string(i) + "?q=1 []"));
    CHECK_FALSE(has(reply, "Connection:"));
  }
  CHECK(server->open_sessions() == 1);
  client.close();
  CHECK(eventually([&] { return server->open_sessions() == 0; }));
}

TEST_CASE("net: pipelined requests are answered in order") {
  TestServer server(echo);
  std::string all;
  for (int i = 0; i < 300; ++i) all += i % 2 ? get("/" + std::to_string(i)) : post("b" + std::to_string(i));
  all += get("/last", "Connection: close\r\n");
  RawSocket client = server.connect();
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 300; ++i) {
    const std::string reply = client.message();
    const std::string expected =
        i % 2 ? "GET /" + std::to_string(i) + " []" : "POST /p [b" + std::to_string(i) + "]";
    REQUIRE(has(reply, expected));
  }
  const std::string last = client.rest();
  sender.join();
  CHECK(has(last, "Connection: close"));
  CHECK(has(last, "GET /last []"));
  CHECK(client.closed());
}

TEST_CASE("net: a request split at every byte is the same request") {
  TestServer server(echo);
  const std::string request = post("{\"a\": 1}");
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    RawSocket client = server.connect();
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    CHECK(has(client.message(), "POST /p [{\"a\": 1}]"));
  }
}

TEST_CASE("net: bodies of all sizes arrive whole, by length and in chunks") {
  TestServer server([](Exchange& exchange) -> task<> {
    std::size_t sum = 0;
    for (const char c : exchange.body()) sum += static_cast<unsigned char>(c);
    // The padding behind the body is readable.
    volatile char beyond = 0;
    for (std::size_t i = 0; i < 64; ++i) beyond = exchange.body().data()[exchange.body().size() + i];
    (void)beyond;
    const std::string text = std::to_string(exchange.body().size()) + ":" + std::to_string(sum);
    ReplyHead head;
    co_await exchange.reply(head, text);
  });
  RawSocket client = server.connect();
  for (const std::size_t size : {1UL, 100UL, 2900UL, 3000UL, 4000UL, 4096UL, 5000UL, 70'000UL, 3'000'000UL}) {
    std::string body(size, 'x');
    std::size_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      body[i] = static_cast<char>('a' + i % 23);
      sum += static_cast<unsigned char>(body[i]);
    }
    const std::string expected = std::to_string(size) + ":" + std::to_string(sum);
    client.send(post(body));
    CHECK(has(client.message(), expected));
    client.send("POST /c HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (std::size_t at = 0; at < size; at += 1777) {
      const std::string piece = body.substr(at, 1777);
      char line[32];
      std::snprintf(line, sizeof line, "%zx;note=\"x\"\r\n", piece.size());
      client.send(line + piece + "\r\n");
    }
    client.send("0\r\n\r\n");
    CHECK(has(client.message(), expected));
  }
}

TEST_CASE("net: HEAD gets the head with the length and no body") {
  TestServer server(echo);
  RawSocket client = server.connect();
  client.send("HEAD /h HTTP/1.1\r\nHost: t\r\n\r\n" + get("/after", "Connection: close\r\n"));
  const std::string all = client.rest();
  CHECK(has(all, "Content-Length: 10\r\n"));
  CHECK_FALSE(has(all, "HEAD /h []"));
  CHECK(has(all, "GET /after []"));
}

TEST_CASE("net: HTTP 1.0 closes unless asked to keep alive") {
  TestServer server(echo);
  CHECK(has(server.ask("GET /old HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));
  RawSocket client = server.connect();
  client.send("GET /one HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(has(client.message(), "Connection: keep-alive\r\n"));
  client.send("GET /two HTTP/1.0\r\n\r\n");
  CHECK(has(client.rest(), "GET /two []"));
}

TEST_CASE("net: a client that waits for 100 Continue is told to go on") {
  TestServer server(echo);
  RawSocket client = server.connect();
  client.send("POST /e HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  CHECK(has(client.message(), "POST /e [ok]"));
}

TEST_CASE("net: a stream goes out in chunks and the connection lives on") {
  TestServer server([](Exchange& exchange) -> task<> {
    ReplyHead head;
    head.content_type = "text/event-stream";
    head.extra = "X-Accel-Buffering: no\r\n";
    exchange.begin(head);
    CHECK_FALSE(exchange.begun());
    co_await exchange.write("data: 1\n\n");
    CHECK(exchange.begun());
    co_await exchange.write("data: 22222222\n\n");
    co_await exchange.end("bye");
  });
  RawSocket client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(get("/s"));
    const std::string reply = client.message();
    CHECK(has(reply, "Transfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\n\r\n"));
    CHECK(has(reply, "\r\n\r\n9\r\ndata: 1\n\n\r\n10\r\ndata: 22222222\n\n\r\n3\r\nbye\r\n0\r\n\r\n"));
  }
  client.send("GET /s HTTP/1.0\r\n\r\n");
  const std::string old = client.rest();
  CHECK(has(old, "Connection: close\r\n"));
  CHECK(has(old, "\r\n\r\ndata: 1\n\ndata: 22222222\n\nbye"));
  client = server.connect();
  client.send("HEAD /s HTTP/1.1\r\nHost: t\r\n\r\n" + get("/s", "Connection: close\r\n"));
  const std::string both = client.rest();
  CHECK(both.find("data: 1") == both.rfind("data: 1"));
}

TEST_CASE("net: a stream that its handler does not end is cut, not ended") {
  TestServer server([](Exchange& exchange) -> task<> {
    ReplyHead head;
    exchange.begin(head);
    co_await exchange.write("half");
  });
  const std::string reply = server.ask(get("/"));
  CHECK(has(reply, "half"));
  CHECK_FALSE(has(reply, "0\r\n\r\n"));
}

TEST_CASE("net: a handler that throws or says nothing is a 500") {
  TestServer server([](Exchange& exchange) -> task<> {
    if (exchange.path() == "/throw") throw std::runtime_error("oops");
    co_return;
  });
  CHECK(has(server.ask(get("/throw")), "HTTP/1.1 500 "));
  CHECK(server.counted("handler_threw") == 1);
  CHECK(has(server.ask(get("/silent")), "HTTP/1.1 500 "));
  CHECK(server.counted("handler_silent") == 1);
}
