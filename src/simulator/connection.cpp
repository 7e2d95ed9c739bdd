#include "simulator/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <cctype>
#include <cstdlib>

namespace codecrucible::simulator {

namespace asio = boost::asio;

Connection::Connection(net::Socket socket) : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  boost::system::error_code ignored;
  socket_.set_option(net::tcp::no_delay(true), ignored);
}

// Keeps one read outstanding: it brings the next request, and it is how a closed client is noticed.
void Connection::watch() {
  if (reading_ || gone_) return;
  reading_ = true;
  auto self = shared_from_this();
  socket_.async_read_some(asio::buffer(buffer_), [self](boost::system::error_code error, std::size_t got) {
    self->reading_ = false;
    self->in_.append(self->buffer_, got);
    if (error) self->gone_ = true;
    self->timer_.cancel();
  });
}

net::task<bool> Connection::fill() {
  const std::size_t before = in_.size();
  while (in_.size() == before && !gone_) {
    watch();
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
    co_await timer_.async_wait(net::nothrow);
  }
  co_return in_.size() > before;
}

net::task<std::optional<Request>> Connection::next() {
  std::size_t end = in_.find("\r\n\r\n");
  while (end == std::string::npos) {
    const bool more = co_await fill();
    if (!more) co_return std::nullopt;
    end = in_.find("\r\n\r\n");
  }
  Request request;
  const std::string head = in_.substr(0, end);
  const auto line_end = head.find("\r\n");
  const std::string line = head.substr(0, line_end);
  request.method = line.substr(0, line.find(' '));
  const auto target_at = line.find(' ') + 1;
  request.path = line.substr(target_at, line.find(' ', target_at) - target_at);
  request.path = request.path.substr(0, request.path.find('?'));
  std::size_t at = line_end;
  while (at != std::string::npos && at + 2 < head.size()) {
    const auto next_line = head.find("\r\n", at + 2);
    const std::string field =
        head.substr(at + 2, next_line == std::string::npos ? next_line : next_line - at - 2);
    const auto colon = field.find(':');
    if (colon != std::string::npos) {
      std::string name = field.substr(0, colon);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const auto value = field.find_first_not_of(' ', colon + 1);
      request.headers[name] = value == std::string::npos ? "" : field.substr(value);
    }
    at = next_line;
  }
  const std::size_t length = std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
  while (in_.size() < end + 4 + length) {
    const bool more = co_await fill();
    if (!more) co_return std::nullopt;
  }
  request.body = in_.substr(end + 4, length);
  in_.erase(0, end + 4 + length);
  watch();
  co_return request;
}

net::task<bool> Connection::write(std::string bytes) {
  if (gone_) co_return false;
  const auto buffer = asio::buffer(bytes);
  const auto [error, sent] = co_await asio::async_write(socket_, buffer, net::nothrow);
  if (error || sent < bytes.size()) gone_ = true;
  co_return !gone_;
}

net::task<bool> Connection::pause(std::chrono::nanoseconds span) {
  const auto until = std::chrono::steady_clock::now() + span;
  while (!gone_ && std::chrono::steady_clock::now() < until) {
    timer_.expires_at(until);
    co_await timer_.async_wait(net::nothrow);
  }
  co_return !gone_;
}

net::task<bool> Connection::wait() {
  if (gone_) co_return false;
  timer_.expires_at(std::chrono::steady_clock::time_point::max());
  co_await timer_.async_wait(net::nothrow);
  co_return !gone_;
}

void Connection::wake() {
  timer_.cancel();
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  gone_ = true;
  timer_.cancel();
}

}  // namespace codecrucible::simulator
