// A session's bytes through TLS. The rest of the session sees plain ones.
#include "net/session.hpp"
#include "net/worker.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

namespace codecrucible::net {

using boost::system::error_code;

void Session::arm_sealed() {
  // What is here already still comes as if from the wire: never within the caller.
  if (tls_->holds()) {
    asio::post(loop_.context(), [this] { hear_sealed({}, 0); });
  } else {
    read_sealed();
  }
}

void Session::read_sealed() {
  const auto room = tls_->room();
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [this](error_code error, std::size_t count) { hear_sealed(error, count); });
}

void Session::hear_sealed(error_code error, std::size_t count) {
  if (error) return arrive(error, 0);
  constexpr char handshake = 0x16;  // RFC 8446 §5.1: the type of every client's first record
  if (!tls_->begun() && count != 0 && tls_->room().front() != handshake) return hear_plain(count);
  tls_->came(count);
  std::size_t got = 0;
  const auto heard = tls_->open({target_->tail(), target_->room()}, got);
  const bool flushed = flush_sealed();
  switch (heard) {
    case TlsGuest::Heard::bytes:
      return arrive({}, got);
    case TlsGuest::Heard::end:
      return arrive(asio::error::eof, 0);
    case TlsGuest::Heard::broken:
      door_.count("bad_tls");
      return arrive(asio::error::connection_reset, 0);
    case TlsGuest::Heard::nothing:
      break;
  }
  if (broken_) return arrive(asio::error::connection_reset, 0);
  // A limit passed while nothing was under way that it could have ended.
  if (timed_out_ && phase_ != Phase::serving) return arrive(asio::error::operation_aborted, 0);
  if (flushed || tls_->shaken()) return read_sealed();
  socket_.async_wait(Socket::wait_write, [this](error_code stuck) { hear_sealed(stuck, 0); });
}

// The port is for TLS: the request is taken in as it is, to be told so.
void Session::hear_plain(std::size_t count) {
  const std::size_t fits = std::min(count, target_->room());
  std::memcpy(target_->tail(), tls_->room().data(), fits);
  tls_.reset();
  misplaced_ = true;
  arrive({}, fits);
}

// Sends what is sealed, as far as that goes without waiting. True: nothing is left, or the client is broken_.
bool Session::flush_sealed() {
  for (auto left = tls_->unsent(); !left.empty(); left = tls_->unsent()) {
    error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(left), error);
    if (error == asio::error::would_block) return false;
    if (error) {
      broken_ = true;
      return true;
    }
    tls_->sent(sent);
  }
  return true;
}

// Record by record: what the client does not take yet is not sealed yet.
bool Session::send_sealed(Pieces& pieces) {
  for (;;) {
    if (!flush_sealed()) return false;
    if (broken_ || pieces.empty()) return true;
    pieces = tls_->seal(pieces);
  }
}

task<bool> Session::send_rest_sealed(Pieces pieces) {
  blocked_ = true;
  while (!send_sealed(pieces)) {
    limit(door_.settings.write_timeout);
    auto [error] = co_await socket_.async_wait(Socket::wait_write, nothrow);
    if (error) {
      broken_ = true;
      break;
    }
  }
  blocked_ = false;
  watch_beat();
  co_return !broken_;
}

void Session::part() {
  if (!tls_ || broken_) return;
  tls_->farewell();
  flush_sealed();
}

}  // namespace codecrucible::net
