// A client's end is noticed in every phase, and the server's own end is orderly.
#include "net/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace codecrucible;
using namespace codecrucible::net;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view request = "POST /wait HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\n{}";

// Waits until somebody wakes it; a minute if nobody does.
task<> wait_for_listener(Exchange& exchange, std::atomic<int>& told) {
  Signal woken;
  bool gone = false;
  exchange.on_gone([&] {
    ++told;
    gone = true;
    woken.notify();
  });
  if (!gone) {
    auto until = woken.wait();
    co_await std::move(until);
  }
  exchange.on_gone({});
}

}  // namespace

TEST_CASE("presence: a client that closes or resets is noticed while the handler waits") {
  std::atomic<int> told = 0;
  std::atomic<int> entered = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    ++entered;
    co_await wait_for_listener(exchange, told);
    CHECK(exchange.gone());
    CHECK_FALSE(exchange.must_end());
  });
  for (const bool hard : {false, true})
    for (const std::size_t pipelined : {0UL, 10UL, 200UL}) {
      const int before = told;
      RawSocket client = server.connect();
      client.send(request);
      CHECK(eventually([&] { return entered == before + 1; }));
      client.send(std::string(pipelined, 'x'));
      hard ? client.reset() : client.close();
      CHECK(eventually([&] { return told == before + 1; }));
    }
  CHECK(eventually([&] { return server->open_sessions() == 0; }));
}

TEST_CASE("presence: also when the request filled the buffer or was large") {
  std::atomic<int> told = 0;
  std::atomic<int> entered = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    const std::string before(exchange.body());
    const std::string path(exchange.path());
    ++entered;
    co_await wait_for_listener(exchange, told);
    CHECK(before == exchange.body());
    CHECK(path == exchange.path());
  });
  int expected = 0;
  for (const std::size_t size : {3900UL, 4000UL, 4030UL, 4096UL, 8000UL, 300'000UL}) {
    ++expected;
    RawSocket client = server.connect();
    client.send("POST /long/path HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(size) +
                "\r\n\r\n" + std::string(size, 'b'));
    CHECK(eventually([&] { return entered == expected; }));
    client.close();
    CHECK(eventually([&] { return told == expected; }));
  }
}

TEST_CASE("presence: a half-closed client counts as gone, yet gets a reply that is made") {
  std::atomic<int> told = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    co_await wait_for_listener(exchange, told);
    ReplyHead head;
    const bool sent = co_await exchange.reply(head, "still here");
    CHECK(sent);
  });
  RawSocket client = server.connect();
  client.send(request);
  client.shut_send();
  CHECK(client.rest().find("still here") != std::string::npos);
  CHECK(told == 1);
}

TEST_CASE("presence: the client's end cancels the call to the backend at once") {
  std::atomic<int> phase = 0;
  std::atomic<int> closed = 0;
  ScriptedBackend backend([&](RawSocket& client, int number) {
    read_request(client);
    if (number == 1) client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    ++phase;
    client.rest();
    if (client.closed()) ++closed;
  });
  const Endpoint endpoint = backend.endpoint();
  TestServer server([&](Exchange& exchange) -> task<> {
    auto call = exchange.worker().upstreams().open(endpoint);
    exchange.on_gone([&call] { call->cancel(); });
    UpstreamRequest out;
    out.path = "/";
    out.body = exchange.body();
    const UpstreamLimits limits;
    auto head = co_await call->send(out, limits);
    ReplyHead stream;
    if (head) {
      exchange.begin(stream);
      for (;;) {
        auto piece = co_await call->read();
        if (!piece) {
          CHECK(piece.error().cause == core::Cause::client_gone);
          break;
        }
        if (piece->empty()) break;
        co_await exchange.write(*piece);
      }
    } else {
      CHECK(head.error().cause == core::Cause::client_gone);
    }
    exchange.on_gone({});
  });
  for (int i = 0; i < 2; ++i) {
    RawSocket client = server.connect();
    client.send(request);
    CHECK(eventually([&] { return phase == i + 1; }));
    if (i == 1) client.until("abc");
    client.close();
    CHECK(eventually([&] { return closed == i + 1; }));
  }
}

TEST_CASE("presence: a client that does not read is given up, and back-pressure holds until then") {
  std::atomic<std::size_t> written = 0;
  std::atomic<bool> failed = false;
  TestServer server(
      [&](Exchange& exchange) -> task<> {
        const std::string block(64 * 1024, 'x');
        ReplyHead head;
        exchange.begin(head);
        for (;;) {
          const bool ok = co_await exchange.write(block);
          if (!ok) break;
          written += block.size();
        }
        failed = true;
      },
      [](ServerSettings& settings) { settings.write_timeout = 100ms; });
  RawSocket client = server.connect();
  client.send(request);
  CHECK(eventually([&] { return failed.load(); }));
  CHECK(written < 64UL * 1024 * 1024);
  CHECK(server.counted("slow_reader") == 1);
}

TEST_CASE("stop: idle connections close at once, running streams finish") {
  std::atomic<int> entered = 0;
  std::atomic<bool> go = false;
  TestServer server(
      [&](Exchange& exchange) -> task<> {
        ReplyHead head;
        exchange.begin(head);
        co_await exchange.write("first");
        ++entered;
        while (!go) co_await exchange.worker().sleep(1ms);
        co_await exchange.end("last");
      },
      [](ServerSettings& settings) {
        settings.workers = 2;
        settings.stop_deadline = 9s;
      });
  RawSocket idle = server.connect();
  RawSocket busy = server.connect();
  busy.send(request);
  busy.until("first");
  CHECK(eventually([&] { return entered == 1; }));
  std::thread stopper([&] { server->stop(); });
  CHECK(idle.rest().empty());
  CHECK(idle.closed());
  CHECK(server->stopping());
  CHECK_THROWS(server.connect());
  go = true;
  const std::string reply = busy.rest();
  CHECK(reply.find("last\r\n0\r\n\r\n") != std::string::npos);
  stopper.join();
  CHECK(server->open_sessions() == 0);
}

TEST_CASE("stop: a server at rest refuses who comes after it, instead of leaving them in its queue") {
  for (int i = 0; i < 20; ++i) {
    TestServer server([](Exchange& exchange) -> task<> { co_await exchange.end("never asked"); });
    server->stop();
    CHECK_THROWS(server.connect());
  }
}

TEST_CASE("stop: after the deadline handlers are told and can still say why") {
  std::atomic<int> told = 0;
  std::atomic<int> entered = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    ++entered;
    co_await wait_for_listener(exchange, told);
    CHECK(exchange.must_end());
    CHECK_FALSE(exchange.gone());
    ReplyHead head;
    head.status = 503;
    co_await exchange.reply(head, "shutting down");
  });
  RawSocket client = server.connect();
  client.send(request);
  CHECK(eventually([&] { return entered == 1; }));
  server->stop();
  CHECK(client.rest().find("shutting down") != std::string::npos);
}

TEST_CASE("stop: handlers that do not end are destroyed, with their calls and sessions") {
  ScriptedBackend backend([](RawSocket& client, int) { client.rest(); });
  const Endpoint endpoint = backend.endpoint();
  std::atomic<int> destroyed = 0;
  std::atomic<int> entered = 0;
  struct Witness {
    std::atomic<int>* count;
    ~Witness() { ++*count; }
  };
  {
    TestServer server([&](Exchange& exchange) -> task<> {
      const Witness witness{&destroyed};
      ++entered;
      if (exchange.path() == "/stubborn") {
        for (;;) co_await exchange.worker().sleep(1h);
      }
      auto call = exchange.worker().upstreams().open(endpoint);
      UpstreamRequest out;
      out.path = "/";
      const UpstreamLimits limits;
      co_await call->send(out, limits);
    });
    RawSocket one = server.connect();
    one.send(request);
    RawSocket two = server.connect();
    two.send("GET /stubborn HTTP/1.1\r\nHost: t\r\n\r\n");
    RawSocket three = server.connect();
    three.send("GET /half");
    CHECK(eventually([&] { return entered == 2; }));
  }
  CHECK(destroyed == 2);
}

TEST_CASE("server: a taken port is a failure with words") {
  TestServer server([](Exchange&) -> task<> { co_return; });
  ServerSettings settings;
  settings.port = server->port();
  auto second = make_server(settings, {});
  const auto started = second->start();
  REQUIRE(started.has_error());
  CHECK(started.error().detail.find(std::to_string(server->port())) != std::string::npos);
  settings.address = "nowhere";
  CHECK(make_server(settings, {})->start().has_error());
}

TEST_CASE("server: sessions are spread over the workers, each stays on its own") {
  for (const bool reuse_port : {false, true}) {
    TestServer server(
        [](Exchange& exchange) -> task<> {
          const std::string where =
              "worker " + std::to_string(exchange.worker().index()) + " " + std::string(exchange.remote());
          ReplyHead head;
          co_await exchange.reply(head, where);
        },
        [&](ServerSettings& settings) {
          settings.workers = 3;
          settings.reuse_port = reuse_port;
        });
    std::vector<RawSocket> clients;
    std::map<std::string, int> seen;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(server.connect());
      for (int turn = 0; turn < 2; ++turn) {
        clients.back().send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
        const std::string reply = clients.back().message();
        ++seen[reply.substr(reply.find("\r\n\r\n") + 4)];
      }
    }
    if (reuse_port) continue;
    for (int i = 0; i < 3; ++i) CHECK(seen["worker " + std::to_string(i) + " 127.0.0.1"] == 20);
  }
}

TEST_CASE("server: work can be posted onto a worker from outside") {
  TestServer server([](Exchange&) -> task<> { co_return; });
  std::atomic<bool> ran = false;
  Worker& worker = server->worker(0);
  auto job = [](Worker& own, std::atomic<bool>& done) -> task<> {
    co_await own.sleep(1ms);
    done = own.now() > core::Time{};
  };
  asio::co_spawn(worker.context(), job(worker, ran), asio::detached);
  CHECK(eventually([&] { return ran.load(); }));
}

TEST_CASE("presence: a silent stream is kept alive by the exchange until it speaks") {
  std::atomic<int> waits = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    ReplyHead head;
    exchange.begin(head);
    exchange.keep_alive(10ms, ": wait\n");
    while (waits == 0) co_await exchange.worker().sleep(1ms);
    exchange.keep_alive({}, {});
    co_await exchange.end("done");
  });
  RawSocket client = server.connect();
  client.send(request);
  const std::string head = client.until("7\r\n: wait\n\r\n7\r\n: wait\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
  waits = 1;
  CHECK(client.until("0\r\n\r\n").find("4\r\ndone\r\n0\r\n\r\n") != std::string::npos);
}

TEST_CASE("presence: also behind many pipelined bytes") {
  std::atomic<int> told = 0;
  std::atomic<int> entered = 0;
  TestServer server([&](Exchange& exchange) -> task<> {
    ++entered;
    co_await wait_for_listener(exchange, told);
  });
  RawSocket client = server.connect();
  client.send(request);
  CHECK(eventually([&] { return entered == 1; }));
  client.send(std::string(20'000, 'x'));
  client.close();
  CHECK(eventually([&] { return told == 1; }));
}

TEST_CASE("server: without free descriptors it waits and then goes on") {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  TestServer server([](Exchange& exchange) -> task<> {
    ReplyHead head;
    co_await exchange.reply(head, "SERVED");
  });
  const rlimit few{200, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::vector<int> taken;
  for (int descriptor = 0; (descriptor = ::dup(0)) >= 0;) taken.push_back(descriptor);
  REQUIRE(taken.size() > 2);
  ::close(taken.back());
  taken.pop_back();
  RawSocket client = server.connect();  // takes the last one
  CHECK(eventually([&] { return server.counted("accept_starved") > 0; }));
  ::close(taken.back());
  taken.pop_back();
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(client.message().find("SERVED") != std::string::npos);
  for (const int descriptor : taken) ::close(descriptor);
  ::setrlimit(RLIMIT_NOFILE, &before);
}
