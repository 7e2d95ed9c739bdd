#include "house/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace codecrucible::house {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void read_head(Reply& reply) {
  std::size_t at = reply.head.find("\r\n");
  if (reply.head.size() >= 12) reply.status = std::atoi(reply.head.c_str() + 9);
  while (at != std::string::npos && at + 2 < reply.head.size()) {
    const auto end = std::min(reply.head.find("\r\n", at + 2), reply.head.size());
    const std::string line = reply.head.substr(at + 2, end - at - 2);
    const auto colon = line.find(':');
    if (colon != std::string::npos) {
      const auto value = line.find_first_not_of(' ', colon + 1);
      auto& known = reply.headers[lower(line.substr(0, colon))];
      if (!known.empty()) known += ", ";
      if (value != std::string::npos) known += line.substr(value);
    }
    at = end;
  }
}

}  // namespace

std::string Reply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

Client::Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
}

Client::~Client() {
  close();
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      closed_(other.closed_),
      pending_(std::move(other.pending_)) {}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::request(std::string_view method, std::string_view path, std::string_view body,
                     const Headers& headers) {
  // The gateway looks at the name it is asked by.
  std::string text = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  if (!body.empty() || method == "POST") {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  return send(text);
}

bool Client::more() {
  if (closed_ || descriptor_ < 0) return false;
  pollfd wait{descriptor_, POLLIN, 0};
  if (::poll(&wait, 1, patience_ms) <= 0) return false;
  char buffer[16384];
  const auto got = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (got <= 0) {
    closed_ = true;
    return false;
  }
  pending_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::string_view Client::until(std::string_view mark) {
  while (pending_.find(mark) == std::string::npos && more()) {
  }
  return pending_;
}

// The chunked body at the front of `pending_`.
bool Client::chunked(Reply& reply) {
  while (true) {
    auto line = pending_.find("\r\n");
    while (line == std::string::npos && more()) line = pending_.find("\r\n");
    if (line == std::string::npos) return false;
    const auto size = static_cast<std::size_t>(std::strtoul(pending_.c_str(), nullptr, 16));
    const auto whole = line + 2 + size + 2;
    while (pending_.size() < whole && more()) {
    }
    if (pending_.size() < whole) {
      reply.body += pending_.substr(line + 2);
      pending_.clear();
      return false;
    }
    if (size > 0) reply.pieces.push_back(pending_.substr(line + 2, size));
    reply.body.append(pending_, line + 2, size);
    pending_.erase(0, whole);
    if (size == 0) return true;
  }
}

Reply Client::reply(bool to_head) {
  Reply reply;
  while (true) {
    until("\r\n\r\n");
    const auto end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) return reply;
    reply = Reply{};
    reply.head = pending_.substr(0, end);
    pending_.erase(0, end + 4);
    read_head(reply);
    if (reply.status != 100) break;
  }
  if (to_head || reply.status == 204 || reply.status == 304) {
    reply.complete = true;
  } else if (reply.header("transfer-encoding") == "chunked") {
    reply.complete = chunked(reply);
  } else if (reply.headers.contains("content-length")) {
    const auto size = static_cast<std::size_t>(std::atoll(reply.header("content-length").c_str()));
    while (pending_.size() < size && more()) {
    }
    reply.complete = pending_.size() >= size;
    reply.body = pending_.substr(0, size);
    pending_.erase(0, reply.body.size());
    reply.pieces.push_back(reply.body);
  } else {
    while (more()) {
    }
    reply.body = std::exchange(pending_, {});
    reply.pieces.push_back(reply.body);
    reply.complete = closed_;
  }
  return reply;
}

Reply Client::ask(std::string_view method, std::string_view path, std::string_view body,
                  const Headers& headers) {
  if (!request(method, path, body, headers)) return {};
  return reply(method == "HEAD");
}

bool Client::closed() {
  while (more()) {
  }
  return closed_;
}

void Client::shut_send() {
  ::shutdown(descriptor_, SHUT_WR);
}

void Client::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Client::reset() {
  const linger hard{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

Reply ask(std::uint16_t port, std::string_view method, std::string_view path, std::string_view body,
          const Headers& headers) {
  Client client(port);
  return client.ask(method, path, body, headers);
}

void short_pause() {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace codecrucible::house
