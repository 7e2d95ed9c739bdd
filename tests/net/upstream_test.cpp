#include "net/plain_request.hpp"
#include "net/support.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::net;
using namespace std::chrono_literals;

namespace {

struct Answer {
  core::Result<std::string> body = core::fail(core::Cause::internal, "not asked");
  int status = 0;
  std::string content_type;
  bool reused = false;
};

// One POST with `limits`, read piece by piece.
task<Answer> ask(Worker& worker, Endpoint endpoint, UpstreamLimits limits) {
  Answer answer;
  auto call = worker.upstreams().open(endpoint);
  UpstreamRequest request;
  request.path = "/v1/x";
  request.body = "{}";
  auto head = co_await call->send(request, limits);
  if (!head) {
    answer.body = head.error();
    co_return answer;
  }
  answer.status = head->status;
  answer.content_type = head->content_type;
  answer.reused = call->reused();
  std::string all;
  for (;;) {
    auto piece = co_await call->read();
    if (!piece) {
      answer.body = piece.error();
      co_return answer;
    }
    if (piece->empty()) break;
    all += *piece;
  }
  answer.body = all;
  co_return answer;
}

Answer ask(Worker& worker, const Endpoint& endpoint) {
  UpstreamLimits limits;
  limits.connect = limits.first_byte = limits.idle = 5s;
  return run(worker, ask(worker, endpoint, limits));
}

std::unique_ptr<Worker> worker() {
  return make_worker(ServerSettings{});
}

core::Cause cause_of(const Answer& answer) {
  REQUIRE(answer.body.has_error());
  return answer.body.error().cause;
}

// Serves every request on a connection with the same bytes.
ScriptedBackend::Script always(std::string reply) {
  return [reply](RawSocket& client, int) {
    while (!read_request(client).empty()) client.send(reply);
  };
}

}  // namespace

TEST_CASE("upstream: requests go out with our head and connections are reused") {
  std::mutex mutex;
  std::string seen;
  ScriptedBackend backend([&](RawSocket& client, int) {
    for (;;) {
      std::string request = read_request(client);
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex);
        seen = request;
      }
      client.send(plain_reply("{\"ok\":1}"));
    }
  });
  auto own = worker();
  Endpoint endpoint = backend.endpoint();
  endpoint.base_path = "/prefix";
  endpoint.authorization = "Bearer key";
  for (int i = 0; i < 5; ++i) {
    const Answer answer = ask(*own, endpoint);
    CHECK(answer.status == 200);
    CHECK(answer.content_type == "application/json");
    CHECK(answer.body.value() == "{\"ok\":1}");
    CHECK(answer.reused == (i > 0));
  }
  CHECK(backend.connections() == 1);
  const std::lock_guard lock(mutex);
  CHECK(seen == "POST /prefix/v1/x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(backend.port()) +
                    "\r\nAccept: */*\r\nAccept-Encoding: identity\r\nAuthorization: Bearer key\r\n"
                    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST_CASE("upstream: a chunked reply is read right however it is split") {
  const std::string reply =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
      "9\r\ndata: a\n\n\r\n00a;x=y\r\ndata: bc\n\n\r\n0\r\nTrailer: t\r\n\r\n";
  std::atomic<std::size_t> cut = 1;
  ScriptedBackend backend([&](RawSocket& client, int) {
    while (!read_request(client).empty()) {
      client.send(reply.substr(0, cut));
      std::this_thread::sleep_for(500us);
      client.send(reply.substr(cut));
    }
  });
  auto own = worker();
  for (; cut < reply.size(); ++cut) {
    const Answer answer = ask(*own, backend.endpoint());
    REQUIRE(answer.body.has_value());
    CHECK(answer.body.value() == "data: a\n\ndata: bc\n\n");
  }
  CHECK(backend.connections() == 1);
}

TEST_CASE("upstream: a body that ends with the connection is whole") {
  ScriptedBackend backend([](RawSocket& client, int) {
    read_request(client);
    client.send("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the ");
    client.send("end");
  });
  auto own = worker();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = ask(*own, backend.endpoint());
    CHECK(answer.body.value() == "to the end");
    CHECK_FALSE(answer.reused);
  }
}

TEST_CASE("upstream: a reply without a body and a 100 before the reply are understood") {
  ScriptedBackend backend([](RawSocket& client, int) {
    while (!read_request(client).empty())
      client.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  });
  auto own = worker();
  for (int i = 0; i < 2; ++i) {
    const Answer answer = ask(*own, backend.endpoint());
    CHECK(answer.status == 204);
    CHECK(answer.body.value().empty());
    CHECK(answer.reused == (i > 0));
  }
}

TEST_CASE("upstream: a pooled connection that has died is replaced unseen, once") {
  // Each connection serves one request and closes when the next one comes.
  ScriptedBackend backend([](RawSocket& client, int) {
    read_request(client);
    client.send(plain_reply("fine"));
    read_request(client);
  });
  auto own = worker();
  for (int i = 0; i < 4; ++i) CHECK(ask(*own, backend.endpoint()).body.value() == "fine");
  CHECK(backend.connections() == 4);
}

TEST_CASE("upstream: a new connection that dies before the reply is a reset") {
  ScriptedBackend backend([](RawSocket& client, int) { read_request(client); });
  auto own = worker();
  CHECK(cause_of(ask(*own, backend.endpoint())) == core::Cause::reset);
  CHECK(backend.connections() == 1);
}

TEST_CASE("upstream: nobody listening is refused, with the address in words") {
  Endpoint nowhere;
  {
    ScriptedBackend gone([](RawSocket&, int) {});
    nowhere = gone.endpoint();
  }
  auto own = worker();
  const Answer answer = ask(*own, nowhere);
  CHECK(cause_of(answer) == core::Cause::refused);
  CHECK(answer.body.error().detail.find("127.0.0.1:") != std::string::npos);
}

TEST_CASE("upstream: a name is resolved") {
  ScriptedBackend backend(always(plain_reply("hello")));
  auto own = worker();
  Endpoint endpoint = backend.endpoint();
  endpoint.host = "localhost";
  CHECK(ask(*own, endpoint).body.value() == "hello");
  CHECK(ask(*own, endpoint).reused);
}

TEST_CASE("upstream: a reply cut short is cut") {
  ScriptedBackend backend([](RawSocket& client, int number) {
    read_request(client);
    if (number == 0) client.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    if (number == 1) client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
    if (number == 2) client.send("HTTP/1.1 200 OK\r\nContent-Le");
  });
  auto own = worker();
  CHECK(cause_of(ask(*own, backend.endpoint())) == core::Cause::cut);
  CHECK(cause_of(ask(*own, backend.endpoint())) == core::Cause::cut);
  CHECK(cause_of(ask(*own, backend.endpoint())) == core::Cause::reset);
}

TEST_CASE("upstream: what is not HTTP, or compressed, is garbage") {
  std::vector<std::string> replies = {
      "hello\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n",
  };
  ScriptedBackend backend([&](RawSocket& client, int number) {
    read_request(client);
    client.send(replies[static_cast<std::size_t>(number)]);
    client.rest();
  });
  auto own = worker();
  for (std::size_t i = 0; i < replies.size(); ++i) {
    CAPTURE(replies[i].substr(0, 100));
    CHECK(cause_of(ask(*own, backend.endpoint())) == core::Cause::garbage);
  }
}

TEST_CASE("upstream: limits end what takes too long") {
  ScriptedBackend backend([](RawSocket& client, int number) {
    read_request(client);
    if (number == 1) client.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    client.rest();
  });
  auto own = worker();
  UpstreamLimits limits;
  limits.first_byte = 30ms;
  CHECK(cause_of(run(*own, ask(*own, backend.endpoint(), limits))) == core::Cause::timeout);
  limits.first_byte = 5s;
  limits.idle = 30ms;
  CHECK(cause_of(run(*own, ask(*own, backend.endpoint(), limits))) == core::Cause::stall);
  limits.idle = {};
  limits.total = core::Deadline::in(std::chrono::steady_clock::now(), 30ms);
  CHECK(cause_of(run(*own, ask(*own, backend.endpoint(), limits))) == core::Cause::timeout);
}

TEST_CASE("upstream: a read that may wait no longer loses nothing") {
  std::atomic<bool> go_on = false;
  ScriptedBackend backend([&](RawSocket& client, int) {
    read_request(client);
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none");
    while (!go_on) std::this_thread::yield();
    client.send("two");
    client.rest();
  });
  auto own = worker();
  auto job = [&]() -> task<bool> {
    auto call = own->upstreams().open(backend.endpoint());
    UpstreamRequest request;
    UpstreamLimits limits;
    limits.idle = 5s;
    auto head = co_await call->send(request, limits);
    CHECK(head.has_value());
    auto first = co_await call->read();
    CHECK(first.value() == "one");
    for (int i = 0; i < 3; ++i) {
      call->read_by(std::chrono::steady_clock::now() + 10ms);
      auto nothing = co_await call->read();
      REQUIRE(nothing.has_value());
      CHECK(nothing.value().empty());
      CHECK(call->lapsed());
      CHECK(!call->at_end());
    }
    go_on = true;
    call->read_by(std::chrono::steady_clock::now() + 5s);
    auto second = co_await call->read();
    CHECK(second.value() == "two");
    CHECK(!call->lapsed());
    auto end = co_await call->read();
    CHECK(end.value().empty());
    CHECK(!call->lapsed());
    CHECK(call->at_end());
    co_return true;
  };
  CHECK(run(*own, job()));
}

TEST_CASE("upstream: cancelling and dropping a call close its connection") {
  std::atomic<int> closed = 0;
  ScriptedBackend backend([&](RawSocket& client, int) {
    read_request(client);
    client.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    client.rest();
    if (client.closed()) ++closed;
  });
  auto own = worker();
  auto job = [&]() -> task<bool> {
    auto call = own->upstreams().open(backend.endpoint());
    UpstreamRequest request;
    const UpstreamLimits limits;
    auto head = co_await call->send(request, limits);
    CHECK(head.has_value());
    auto first = co_await call->read();
    CHECK(first.value() == "half");
    asio::post(own->context(), [&] { call->cancel(); });
    auto second = co_await call->read();
    CHECK(second.error().cause == core::Cause::client_gone);
    auto other = own->upstreams().open(backend.endpoint());
    auto again = co_await other->send(request, limits);
    CHECK(again.has_value());
    co_return true;
  };
  CHECK(run(*own, job()));
  CHECK(eventually([&] { return closed == 2; }));
}

TEST_CASE("upstream: a probe gets status and body, within a limit") {
  ScriptedBackend backend(always(plain_reply(std::string(1000, 'x'))));
  auto own = worker();
  UpstreamRequest request;
  request.method = "GET";
  request.path = "/v1/models";
  const Endpoint endpoint = backend.endpoint();
  auto good = run(*own, plain_request(own->upstreams(), endpoint, request, {}, 1000));
  CHECK(good.value().status == 200);
  CHECK(good.value().body.size() == 1000);
  auto small = run(*own, plain_request(own->upstreams(), endpoint, request, {}, 999));
  CHECK(small.error().cause == core::Cause::garbage);
}

TEST_CASE("upstream: addresses are read from URLs, bad ones refused with a reason") {
  const auto plain = parse_endpoint("http://127.0.0.1:1234/").value();
  CHECK(plain.host == "127.0.0.1");
  CHECK(plain.port == 1234);
  CHECK_FALSE(plain.tls);
  CHECK(plain.base_path.empty());
  const auto tls = parse_endpoint("https://api.example.com/v1/").value();
  CHECK(tls.port == 443);
  CHECK(tls.tls);
  CHECK(tls.base_path == "/v1");
  CHECK(parse_endpoint("box:8080").value().port == 8080);
  CHECK(parse_endpoint("http://[::1]:9").value().host == "::1");
  for (const auto* bad : {"", "http://", "ftp://x", "http://x:0", "http://x:99999", "http://x:", "http://a b",
                          "http://u:p@x", "http://x/?q", "http://[::1", "http://x:12ab", "http://x\r\ny"})
    CHECK(parse_endpoint(bad).has_error());
}
