// What happens when the process may open no more files and sockets.
#include "net/descriptors.hpp"

#include "net/plain_request.hpp"
#include "net/support.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace codecrucible;
using namespace codecrucible::net;
using namespace std::chrono_literals;

namespace {

// The sanitizers' own checks of addresses open descriptors.
#ifdef CODECRUCIBLE_SANITIZED
constexpr bool wants_descriptors = true;
#else
constexpr bool wants_descriptors = false;
#endif

// A limit for a while.
class Limit {
 public:
  explicit Limit(rlim_t most) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{most, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~Limit() {
    for (const int descriptor : taken_) ::close(descriptor);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  void take_all() {
    for (int descriptor = 0; (descriptor = ::dup(0)) >= 0;) taken_.push_back(descriptor);
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

task<core::Result<int>> status_of(Worker& worker, Endpoint endpoint) {
  auto call = worker.upstreams().open(endpoint);
  UpstreamRequest request;
  request.path = "/";
  request.body = "{}";
  UpstreamLimits limits;
  limits.connect = limits.first_byte = limits.idle = 5s;
  const auto head = co_await call->send(request, limits);
  if (!head) co_return head.error();
  const int status = head->status;
  const auto rest = co_await call->read_all(1000);
  if (!rest) co_return rest.error();
  co_return status;
}

ScriptedBackend::Script answering() {
  return [](RawSocket& client, int) {
    while (!read_request(client).empty()) client.send(plain_reply("{}"));
  };
}

}  // namespace

TEST_CASE("descriptors: half of them are left for the backends of the connections that are taken") {
  CHECK(connections_within(256) == 96);
  CHECK(connections_within(20'064) == 10'000);
  CHECK(connections_within(10) > 0);
  CHECK(descriptor_advice(256).find("256") != std::string::npos);
}

TEST_CASE("descriptors: a connection that would leave none for its backend is told so at once") {
  const Limit few(200);
  TestServer server([](Exchange& exchange) -> task<> {
    ReplyHead head;
    co_await exchange.reply(head, "SERVED");
  });
  std::vector<RawSocket> clients;
  for (std::size_t i = 0; i < connections_within(200); ++i) clients.push_back(server.connect());
  CHECK(eventually([&] { return server->open_sessions() == clients.size(); }));
  CHECK(server.connect().rest().find("503 Service Unavailable") != std::string::npos);
  CHECK(server.counted("refused_limit") == 1);
  clients.back().send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(clients.back().message().find("SERVED") != std::string::npos);
  clients.clear();
  CHECK(eventually([&] { return server->open_sessions() == 0; }));
  CHECK(server.ask("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").find("SERVED") !=
        std::string::npos);
}

TEST_CASE("descriptors: without one for a backend the fault is the gateway's, not the backend's" *
          doctest::skip(wants_descriptors)) {
  ScriptedBackend backend(answering());
  auto own = make_worker(ServerSettings{});
  {
    Limit few(200);
    few.take_all();
    const auto short_of = run(*own, status_of(*own, backend.endpoint()));
    REQUIRE(short_of.has_error());
    CHECK(short_of.error().cause == core::Cause::no_backend);
    CHECK_FALSE(core::blames_backend(short_of.error().cause));
    CHECK(short_of.error().retry_after == 1s);
    CHECK(short_of.error().detail.find("open files is 200") != std::string::npos);
  }
  const auto again = run(*own, status_of(*own, backend.endpoint()));
  REQUIRE(again.has_value());
  CHECK(*again == 200);
}

TEST_CASE("descriptors: idle connections to other backends make room first" *
          doctest::skip(wants_descriptors)) {
  ScriptedBackend one(answering()), other(answering());
  auto own = make_worker(ServerSettings{});
  const auto first = run(*own, status_of(*own, one.endpoint()));
  CHECK(first.has_value());
  Limit few(200);
  few.take_all();
  const auto second = run(*own, status_of(*own, other.endpoint()));
  REQUIRE(second.has_value());
  CHECK(*second == 200);
}
