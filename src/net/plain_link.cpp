#include "net/link.hpp"

#include <boost/asio/error.hpp>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace codecrucible::net {

Pieces after(Pieces pieces, std::size_t count) noexcept {
  while (!pieces.empty() && count >= pieces.front().size()) {
    count -= pieces.front().size();
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) pieces.front() += count;
  return pieces;
}

std::size_t total(Pieces pieces) noexcept {
  std::size_t sum = 0;
  for (const auto& piece : pieces) sum += piece.size();
  return sum;
}

void Link::close() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Link::interrupt() noexcept {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

namespace {

class PlainLink final : public Link {
 public:
  using Link::Link;

  task<boost::system::error_code> open() override { co_return boost::system::error_code(); }

  std::size_t write_now(Pieces pieces, boost::system::error_code& error) override {
    const std::size_t sent = socket_.write_some(pieces, error);
    if (error == asio::error::would_block) error = {};
    return sent;
  }

  task<boost::system::error_code> write(Pieces pieces) override {
    while (!pieces.empty()) {
      auto [error, sent] = co_await socket_.async_write_some(pieces, nothrow);
      if (error) co_return error;
      pieces = after(pieces, sent);
    }
    co_return boost::system::error_code();
  }

  task<Moved> read(char* into, std::size_t room) override {
    const auto space = asio::buffer(into, room);
    auto [error, got] = co_await socket_.async_read_some(space, nothrow);
    co_return Moved{error, got};
  }

  bool still_quiet() override {
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
};

}  // namespace

std::unique_ptr<Link> make_plain_link(Socket socket) {
  return std::make_unique<PlainLink>(std::move(socket));
}

}  // namespace codecrucible::net
