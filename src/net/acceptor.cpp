#include "net/acceptor.hpp"

#include "net/descriptors.hpp"
#include "net/session.hpp"

#include <arpa/inet.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace codecrucible::net {

using boost::system::error_code;

namespace {

// Connections taken per turn, so that sessions of this worker are served in between.
constexpr int batch = 64;
// No descriptors or memory left: trying again at once would only burn the processor.
constexpr std::chrono::milliseconds pause_time{100};

constexpr std::string_view crowded =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: "
    "close\r\n"
    "Content-Length: 81\r\n\r\n"
    R"({"error":{"message":"too many connections","type":"server_error","code":"busy"}})"
    "\n";

// Closes a descriptor that never became a session, as when the server stops between accept and hand-over.
struct Handed {
  Loop* loop;
  Door* door;
  int descriptor;
  Handed(Loop& to, Door& of, int accepted) : loop(&to), door(&of), descriptor(accepted) {
    door->open.fetch_add(1, std::memory_order_relaxed);
    loop->load.fetch_add(1, std::memory_order_relaxed);
  }
  Handed(Handed&& other) noexcept
      : loop(other.loop), door(other.door), descriptor(std::exchange(other.descriptor, -1)) {}
  ~Handed() {
    if (descriptor < 0) return;
    ::close(descriptor);
    loop->load.fetch_sub(1, std::memory_order_relaxed);
    door->open.fetch_sub(1, std::memory_order_relaxed);
  }
};

// On the worker's own thread.
void adopt(Handed handed, bool v6, std::string remote) {
  Loop& loop = *handed.loop;
  Socket socket(loop.context());
  error_code error;
  socket.assign(v6 ? tcp::v6() : tcp::v4(), handed.descriptor, error);
  if (error) return;
  socket.non_blocking(true, error);
  loop.touch();
  // From here on the session counts itself out.
  auto session = std::make_unique<Session>(loop, *handed.door, std::move(socket), std::move(remote));
  handed.descriptor = -1;
  asio::co_spawn(loop.context(), Session::live(std::move(session)), asio::detached);
}

std::string text_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

Acceptor::Acceptor(Door& door, std::span<Loop* const> workers)
    : door_(door),
      workers_(workers.begin(), workers.end()),
      socket_(workers.front()->context()),
      timer_(workers.front()->context()) {}

core::Result<void> Acceptor::listen(const tcp::endpoint& where, bool reuse_port) {
  error_code error;
  const auto fd = [this] { return socket_.native_handle(); };
  const auto set = [&fd](int level, int name, int value) {
    ::setsockopt(fd(), level, name, &value, sizeof value);
  };
  socket_.open(where.protocol(), error);
  if (!error) {
    v6_ = where.address().is_v6();
    ::fcntl(fd(), F_SETFD, FD_CLOEXEC);
    socket_.set_option(tcp::acceptor::reuse_address(true), error);
    if (reuse_port) set(SOL_SOCKET, SO_REUSEPORT, 1);
    // Accepted connections inherit these, which saves calls on each. A client that vanished without a word is
    // found after 60 + 4 * 15 s, also when nothing is being sent to it.
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
    socket_.bind(where, error);
  }
  if (!error) socket_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) socket_.non_blocking(true, error);
  if (!error) port_ = socket_.local_endpoint(error).port();
  if (error) {
    error_code ignored;
    socket_.close(ignored);
    return core::fail(core::Cause::internal, "cannot listen on " + where.address().to_string() + ":" +
                                                 std::to_string(where.port()) + ": " + error.message());
  }
  return {};
}

void Acceptor::stop() {
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void Acceptor::wait() {
  socket_.async_wait(tcp::acceptor::wait_read, [this](error_code error) {
    if (!error) drain();
  });
}

void Acceptor::drain() {
  for (int i = 0; i < batch && socket_.is_open(); ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int descriptor = ::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      hand_over(descriptor, text_of(address));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (is_own_shortage(errno)) {
      door_.count("accept_starved");
      return pause();
    }
    // Anything else was the fault of that one connection.
  }
  if (socket_.is_open()) wait();
}

void Acceptor::pause() {
  timer_.expires_after(pause_time);
  timer_.async_wait([this](error_code error) {
    if (!error && socket_.is_open()) drain();
  });
}

void Acceptor::hand_over(int descriptor, std::string remote) {
  if (door_.open.load(std::memory_order_relaxed) >= door_.settings.max_connections) {
    door_.count("refused_limit");
    // Best effort: a fresh socket has room for it. A TLS client could not read it.
    if (!door_.settings.tls.wanted()) {
      [[maybe_unused]] const auto sent = ::send(descriptor, crowded.data(), crowded.size(), MSG_NOSIGNAL);
    }
    ::shutdown(descriptor, SHUT_WR);
    ::close(descriptor);
    return;
  }
  door_.count("accepted");
  Loop* const least = *std::min_element(workers_.begin(), workers_.end(), [](const Loop* a, const Loop* b) {
    return a->load.load(std::memory_order_relaxed) < b->load.load(std::memory_order_relaxed);
  });
  Handed handed(*least, door_, descriptor);
  asio::dispatch(least->context(),
                 [handed = std::move(handed), v6 = v6_, remote = std::move(remote)]() mutable {
                   adopt(std::move(handed), v6, std::move(remote));
                 });
}

}  // namespace codecrucible::net
