#include "net/support.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace codecrucible::net {
namespace {

constexpr int patience_seconds = 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

RawSocket::RawSocket(int descriptor) : descriptor_(descriptor) {
  timeval wait{patience_seconds, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

RawSocket RawSocket::connect(std::uint16_t port) {
  RawSocket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(made.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot connect to the test server");
  return made;
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawSocket::more() {
  char buffer[16384];
  const auto got = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (got > 0) {
    pending_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  closed_ = got == 0 || errno == ECONNRESET;
  return false;
}

std::string RawSocket::until(std::string_view mark) {
  for (;;) {
    const auto at = pending_.find(mark);
    if (at != std::string::npos) {
      std::string found = pending_.substr(0, at + mark.size());
      pending_.erase(0, at + mark.size());
      return found;
    }
    if (!more()) return std::exchange(pending_, {});
  }
}

std::string RawSocket::rest() {
  while (more()) {
  }
  return std::exchange(pending_, {});
}

std::string RawSocket::message() {
  std::string head = until("\r\n\r\n");
  const auto field = head.find("Content-Length: ");
  if (head.find("Transfer-Encoding: chunked") != std::string::npos) return head + until("0\r\n\r\n");
  if (field == std::string::npos) return head;
  const std::size_t length = std::stoul(head.substr(field + 16));
  while (pending_.size() < length && more()) {
  }
  head += pending_.substr(0, length);
  pending_.erase(0, length);
  return head;
}

void RawSocket::shut_send() {
  ::shutdown(descriptor_, SHUT_WR);
}

void RawSocket::reset() {
  const linger hard{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void RawSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

ScriptedBackend::ScriptedBackend(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0)
    throw std::runtime_error("cannot listen");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedBackend::~ScriptedBackend() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void ScriptedBackend::accept_all() {
  while (!ending_) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    const int number = connections_++;
    {
      const std::lock_guard lock(mutex_);
      open_.push_back(descriptor);
    }
    threads_.emplace_back([this, descriptor, number] {
      RawSocket client(descriptor);
      script_(client, number);
      const std::lock_guard lock(mutex_);
      std::erase(open_, descriptor);
      client.close();
    });
  }
}

Endpoint ScriptedBackend::endpoint() const {
  Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = port_;
  return endpoint;
}

std::string read_request(RawSocket& socket) {
  return socket.message();
}

std::string plain_reply(std::string_view body, std::string_view extra) {
  std::string reply = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ";
  reply += std::to_string(body.size());
  reply += "\r\n";
  reply += extra;
  reply += "\r\n";
  reply += body;
  return reply;
}

TestServer::TestServer(Handler handler, const std::function<void(ServerSettings&)>& adjust) {
  ServerSettings settings;
  settings.port = 0;
  settings.workers = 1;
  settings.stop_deadline = std::chrono::milliseconds(200);
  if (adjust) adjust(settings);
  ServerHooks hooks;
  hooks.serve = std::move(handler);
  hooks.refuse = [](std::string_view path, const core::Failure& failure) {
    return "refused " + std::string(path) + ": " + failure.detail;
  };
  hooks.count = [this](std::string_view what) {
    const std::lock_guard lock(mutex_);
    ++counts_[std::string(what)];
  };
  server_ = make_server(std::move(settings), std::move(hooks));
  server_->start().value();
}

TestServer::~TestServer() {
  server_.reset();
}

std::string TestServer::ask(std::string_view bytes) const {
  RawSocket client = connect();
  client.send(bytes);
  return client.rest();
}

int TestServer::counted(const std::string& what) {
  const std::lock_guard lock(mutex_);
  return counts_[what];
}

bool eventually(const std::function<bool()>& claim) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(patience_seconds);
  while (!claim()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace codecrucible::net
