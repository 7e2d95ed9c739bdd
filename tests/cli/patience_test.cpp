// The command line before a server that speaks TLS and then behaves badly: it ends, and says why.
#include "cli/http_client.hpp"
#include "cli/program.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "identity.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

constexpr const char* begun = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234";
constexpr const char* whole = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";

// Takes one connection, and if `greet` shakes hands and reads the request's head; then it is in the test's
// hands until that returns.
class RudeServer {
 public:
  using Deed = std::function<void(RudeServer&)>;

  RudeServer(bool tls, bool greet, Deed deed) : tls_(tls) {
    listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listening_, 4);
    socklen_t size = sizeof address;
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, greet, deed = std::move(deed)] {
      // OpenSSL writes with write(2): a client that hangs up must not end the test.
      sigset_t broken_pipe;
      sigemptyset(&broken_pipe);
      sigaddset(&broken_pipe, SIGPIPE);
      pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
      peer_ = accept(listening_, nullptr, nullptr);
      if (peer_ < 0) return;
      if (!greet || read_request()) deed(*this);
      if (ssl_ != nullptr) SSL_free(ssl_);
      if (peer_ >= 0) ::close(peer_);
    });
  }
  ~RudeServer() {
    shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
    if (context_ != nullptr) SSL_CTX_free(context_);
  }

  std::string url() const {
    return (tls_ ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  const Identity& identity() const { return identity_; }

  void say(std::string_view text) {
    if (tls_) {
      SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    } else {
      send(peer_, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }
  // TLS's own end of one direction; the connection stays.
  void part() {
    if (tls_) SSL_shutdown(ssl_);
  }
  // The end of the connection, without a word of TLS.
  void hang_up() {
    ::close(peer_);
    peer_ = -1;
  }
  // Until the client has closed.
  void wait_for_end() {
    char bytes[4096];
    while (recv(peer_, bytes, sizeof bytes, 0) > 0) {
    }
  }

 private:
  bool read_request() {
    if (tls_) {
      context_ = identity_.server_context();
      ssl_ = SSL_new(context_);
      SSL_set_fd(ssl_, peer_);
      if (SSL_accept(ssl_) != 1) return false;
    }
    std::string got;
    char bytes[4096];
    while (got.find("\r\n\r\n") == std::string::npos) {
      const auto count =
          tls_ ? SSL_read(ssl_, bytes, sizeof bytes) : static_cast<int>(recv(peer_, bytes, sizeof bytes, 0));
      if (count <= 0) return false;
      got.append(bytes, static_cast<std::size_t>(count));
    }
    return true;
  }

  bool tls_;
  Identity identity_{"localhost"};
  int listening_ = -1, peer_ = -1;
  std::uint16_t port_ = 0;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::thread thread_;
};

core::Result<cli::HttpReply> called(const RudeServer& server, bool patient) {
  setenv("CODECRUCIBLE_CA", server.identity().path().c_str(), 1);
  cli::HttpCall call;
  call.path = "/v1/models";
  call.patience.reset();
  if (!patient) call.patience = std::chrono::milliseconds(150);
  auto reply = cli::call_gateway({server.url(), {}}, call);
  unsetenv("CODECRUCIBLE_CA");
  return reply;
}

}  // namespace

TEST_CASE("patience: a gateway that says nothing is given up, with TLS as without") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    // Behind the handshake a server of TLS 1.3 sends tickets: bytes, but no answer.
    RudeServer silent(tls, true, [](RudeServer& server) { server.wait_for_end(); });
    auto reply = called(silent, false);
    REQUIRE(reply.has_error());
    CHECK(reply.error().cause == core::Cause::timeout);
    RudeServer stuck(tls, true, [](RudeServer& server) {
      server.say(begun);
      server.wait_for_end();
    });
    reply = called(stuck, false);
    REQUIRE(reply.has_error());
    CHECK(reply.error().cause == core::Cause::timeout);
    RudeServer deaf(tls, false, [](RudeServer& server) { server.wait_for_end(); });
    reply = called(deaf, false);
    REQUIRE(reply.has_error());
    CHECK(reply.error().cause == core::Cause::timeout);
  }
}

TEST_CASE("patience: a connection that ends in the middle is no answer, whatever TLS says at its end") {
  for (const bool tls : {false, true}) {
    for (const bool notified : {false, true}) {
      CAPTURE(tls);
      CAPTURE(notified);
      RudeServer broken(tls, true, [notified](RudeServer& server) {
        server.say(begun);
        if (notified) server.part();
        server.hang_up();
      });
      auto reply = called(broken, true);
      REQUIRE(reply.has_error());
      CHECK(reply.error().cause == core::Cause::cut);
      RudeServer mute(tls, true, [notified](RudeServer& server) {
        if (notified) server.part();
        server.hang_up();
      });
      reply = called(mute, true);
      REQUIRE(reply.has_error());
      CHECK(reply.error().cause == core::Cause::reset);
    }
  }
  RudeServer half(true, true, [](RudeServer& server) {
    server.say(begun);
    server.part();  // it will say no more, but does not close
    server.wait_for_end();
  });
  const auto reply = called(half, true);
  REQUIRE(reply.has_error());
  CHECK(reply.error().cause == core::Cause::cut);
}

TEST_CASE("patience: an answer is whole when its last byte is there, however the connection ends") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    RudeServer rude(tls, true, [](RudeServer& server) {
      server.say(whole);
      server.hang_up();
    });
    auto reply = called(rude, true);
    REQUIRE(reply.has_value());
    CHECK(reply->body == "0123456789");
    RudeServer open(tls, true, [](RudeServer& server) {
      server.say(whole);
      server.wait_for_end();
    });
    reply = called(open, true);
    REQUIRE(reply.has_value());
    CHECK(reply->body == "0123456789");
  }
}

TEST_CASE("patience: Ctrl-C leaves a gateway behind TLS whose backend stalls, and the backend is told") {
  House home;
  const Identity identity("localhost");
  const std::string config = identity.path() + ".yaml";
  auto text = home.config_text("");
  const auto at = text.find("server:\n");
  REQUIRE(at != std::string::npos);
  text.insert(at + 8,
              "    tls: {certificate: \"" + identity.path() + "\", key: \"" + identity.key_path() + "\"}\n");
  std::ofstream(config) << text;
  Served served(config);
  REQUIRE_MESSAGE(served.port != 0, served.text);
  const auto before = home.lmstudio().stats();
  const pid_t asking = fork();
  if (asking == 0) {
    const int nothing = open("/dev/null", O_RDWR);
    for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, each);
    setenv("CODECRUCIBLE_CA", identity.path().c_str(), 1);
    const std::string url = "https://localhost:" + std::to_string(served.port);
    execl((binary_dir() + "/codecrucible").c_str(), "codecrucible", "--url", url.c_str(), "-m", coder,
          "wait [[fault:stall:3]]", static_cast<char*>(nullptr));
    _exit(127);
  }
  CHECK(eventually([&] { return home.lmstudio().stats().running == 1; }));
  kill(asking, SIGINT);
  int status = 0;
  waitpid(asking, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(eventually([&] {
    const auto now = home.lmstudio().stats();
    return now.running == 0 && now.cancelled > before.cancelled;
  }));
  CHECK(served.stop() == 0);
  std::filesystem::remove(config);
}
