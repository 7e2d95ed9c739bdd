#include "house/receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace codecrucible::house {
namespace {

constexpr int look_around_ms = 20;

std::size_t length_of(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto at = head.find("content-length:");
  return at == std::string::npos ? 0 : static_cast<std::size_t>(std::atoll(head.c_str() + at + 15));
}

}  // namespace

Receiver::Receiver(int status) : status_(status) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0) return;
  listen(listener_, 16);
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Receiver::~Receiver() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  close(listener_);
}

std::vector<Receiver::Post> Receiver::posts() const {
  const std::scoped_lock lock(mutex_);
  return posts_;
}

void Receiver::run() {
  while (!stopping_) {
    pollfd wait{listener_, POLLIN, 0};
    if (poll(&wait, 1, look_around_ms) <= 0) continue;
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) continue;
    serve(connection);
    close(connection);
  }
}

// One connection after the other is enough for one client.
void Receiver::serve(int connection) {
  std::string pending;
  while (!stopping_) {
    const auto end = pending.find("\r\n\r\n");
    const auto whole =
        end == std::string::npos ? std::string::npos : end + 4 + length_of(pending.substr(0, end));
    if (whole != std::string::npos && pending.size() >= whole) {
      {
        const std::scoped_lock lock(mutex_);
        posts_.push_back({pending.substr(0, end), pending.substr(end + 4, whole - end - 4)});
      }
      pending.erase(0, whole);
      if (status_ == 0) continue;
      const std::string reply = "HTTP/1.1 " + std::to_string(status_) +
                                " x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
      if (send(connection, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
      continue;
    }
    pollfd wait{connection, POLLIN, 0};
    if (poll(&wait, 1, look_around_ms) <= 0) continue;
    char buffer[16384];
    const auto got = recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return;
    pending.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace codecrucible::house
