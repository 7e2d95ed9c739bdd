// What a session writes: replies whole and streamed, refusals.
#include "net/link.hpp"
#include "net/session.hpp"
#include "net/worker.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/status.hpp>

#include <charconv>
#include <utility>

namespace codecrucible::net {

using boost::system::error_code;

namespace {

constexpr std::string_view chunk_end = "\r\n";
constexpr std::size_t room_of_head = 256;  // besides the handler's own lines
constexpr std::string_view last_chunk = "0\r\n\r\n";
constexpr std::string_view chunk_end_and_last = "\r\n0\r\n\r\n";
// A refused client may be in the middle of sending: closing at once would reset the connection before it has
// read why.
constexpr std::chrono::milliseconds linger_time{5000};

void append_number(std::string& out, std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

bool bodiless(int status) noexcept {
  return status == 204 || status == 304;
}

}  // namespace

// Into out_, whose memory stays from reply to reply, but not while a stream goes on.
void Session::write_head(const ReplyHead& head, std::string_view framing) {
  out_.clear();
  out_.reserve(head.extra.size() + room_of_head);
  if (head.status == 200) {
    out_ += "HTTP/1.1 200 OK\r\n";
  } else {
    out_ += "HTTP/1.1 ";
    append_number(out_, static_cast<std::uint64_t>(head.status));
    out_ += ' ';
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(head.status)));
    // Anthropic's own.
    if (head.status == 529) {
      out_ += "Overloaded";
    } else {
      out_.append(reason.data(), reason.size());
    }
    out_ += "\r\n";
  }
  out_ += loop_.date_line();
  if (!head.content_type.empty()) {
    out_ += "Content-Type: ";
    out_ += head.content_type;
    out_ += "\r\n";
  }
  out_ += framing;
  if (last_request_) {
    out_ += "Connection: close\r\n";
  } else if (head_.version < 11) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += head.extra;
  out_ += "\r\n";
}

bool Session::send_now(Pieces& pieces) {
  if (broken_) return true;
  if (tls_) return send_sealed(pieces);
  error_code error;
  const std::size_t sent = socket_.write_some(pieces, error);
  if (error && error != asio::error::would_block) {
    broken_ = true;
    return true;
  }
  pieces = after(pieces, sent);
  return pieces.empty();
}

task<bool> Session::send_rest(Pieces pieces) {
  if (tls_) {
    const bool sealed = co_await send_rest_sealed(pieces);
    co_return sealed;
  }
  blocked_ = true;
  while (!pieces.empty()) {
    limit(door_.settings.write_timeout);
    auto [error, sent] = co_await socket_.async_write_some(pieces, nothrow);
    if (error) {
      broken_ = true;
      break;
    }
    pieces = after(pieces, sent);
  }
  blocked_ = false;
  watch_beat();
  co_return !broken_;
}

task<bool> Session::reply(const ReplyHead& head, std::string_view body) {
  // A stream of which nothing has left yet may still become a whole reply: an error with its own status.
  if (answer_ == Answer::whole || (answer_ == Answer::streaming && sent_any_)) co_return false;
  beat_every_ = {};
  no_limit();
  answer_ = Answer::whole;
  char length[48] = "Content-Length: ";
  char* end = std::to_chars(length + 16, length + 40, body.size()).ptr;
  *end++ = '\r';
  *end++ = '\n';
  const std::string_view framing(length, static_cast<std::size_t>(end - length));
  write_head(head, bodiless(head.status) ? std::string_view() : framing);
  const bool with_body = !bodiless(head.status) && head_.method != "HEAD" && !body.empty();
  pieces_[0] = asio::buffer(out_);
  pieces_[1] = asio::buffer(body);
  Pieces pieces(pieces_.data(), with_body ? 2 : 1);
  sent_any_ = true;
  if (!send_now(pieces)) co_await send_rest(pieces);
  complete_ = !broken_;
  co_return complete_;
}

void Session::begin(const ReplyHead& head) {
  if (answer_ == Answer::whole || sent_any_) return;
  answer_ = Answer::streaming;
  const bool empty = head_.method == "HEAD" || bodiless(head.status);
  chunked_out_ = head_.version >= 11 && !empty;
  // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
  if (head_.version < 11 && !empty) last_request_ = true;
  write_head(head, chunked_out_ ? "Transfer-Encoding: chunked\r\n" : "");
}

// `pieces` of a streamed reply's next chunk. A HEAD's reply has a head only, which leaves with the first
// write all the same.
void Session::frame_chunk(std::string_view bytes, Pieces& pieces) {
  const bool with_body = chunked_out_ || (head_.version < 11 && head_.method != "HEAD");
  std::size_t count = 0;
  if (!sent_any_) {
    pieces_[count++] = asio::buffer(out_);
  } else if (!out_.empty()) {
    std::string().swap(out_);
  }
  if (with_body && chunked_out_) pieces_[count++] = asio::buffer(chunk_line(line_, bytes.size()));
  if (with_body) pieces_[count++] = asio::buffer(bytes);
  if (with_body && chunked_out_) pieces_[count++] = asio::buffer(chunk_end);
  pieces = Pieces(pieces_.data(), count);
  sent_any_ = true;
  last_write_ = loop_.now();
}

task<bool> Session::write(std::string_view bytes) {
  if (answer_ != Answer::streaming || complete_) co_return false;
  if (bytes.empty()) co_return !broken_;
  Pieces pieces;
  frame_chunk(bytes, pieces);
  if (!send_now(pieces)) co_await send_rest(pieces);
  co_return !broken_;
}

void Session::keep_alive(core::Duration every, std::string bytes) {
  // Another text in the middle of a wait does not put off the next beat.
  if (every != beat_every_) last_write_ = loop_.now();
  beat_every_ = every;
  beat_ = std::move(bytes);
  if (!blocked_) watch_beat();
}

void Session::watch_beat() {
  if (beat_every_ > core::Duration::zero() && !beat_.empty()) {
    loop_.sweeper().watch(*this, last_write_ + beat_every_);
  } else {
    no_limit();
  }
}

// Called by the sweeper while no write is under way.
void Session::beat() {
  if (answer_ != Answer::streaming || complete_ || gone()) return;
  if (last_write_ + beat_every_ <= loop_.now()) {
    Pieces pieces;
    frame_chunk(beat_, pieces);
    // A client that has not even room for this does not read.
    if (!send_now(pieces)) {
      door_.count("slow_reader");
      return cut();
    }
  }
  if (!broken_) watch_beat();
}

task<bool> Session::end(std::string_view last) {
  if (answer_ != Answer::streaming || complete_) co_return false;
  const bool with_body = chunked_out_ || (head_.version < 11 && head_.method != "HEAD");
  std::size_t count = 0;
  if (!sent_any_) pieces_[count++] = asio::buffer(out_);
  if (with_body && !last.empty()) {
    if (chunked_out_) pieces_[count++] = asio::buffer(chunk_line(line_, last.size()));
    pieces_[count++] = asio::buffer(last);
    if (chunked_out_) pieces_[count++] = asio::buffer(chunk_end_and_last);
  } else if (chunked_out_) {
    pieces_[count++] = asio::buffer(last_chunk);
  }
  Pieces pieces(pieces_.data(), count);
  sent_any_ = true;
  if (!send_now(pieces)) co_await send_rest(pieces);
  complete_ = !broken_;
  co_return complete_;
}

task<> Session::refuse(HeadFault fault, core::Failure failure) {
  phase_ = Phase::refusing;
  refused_ = last_request_ = true;
  no_limit();
  if (!fault.count.empty()) door_.count(fault.count);
  std::string body;
  ReplyHead head;
  head.status = fault.status;
  if (door_.hooks.refuse) {
    body = door_.hooks.refuse(path(), failure);
  } else {
    body = failure.detail + "\n";
    head.content_type = "text/plain";
  }
  answer_ = Answer::none;
  co_await reply(head, body);
  co_await linger();
}

task<> Session::linger() {
  if (ended_by_client_ || broken_) co_return;
  phase_ = Phase::lingering;
  part();
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  limit(linger_time);
  while (!ended_by_client_ && !broken_ && !timed_out_) {
    if (!reading_) {
      in_.truncate(begin_ = 0);
      in_.reserve(first_buffer);
      arm(in_);
    }
    auto news = input_.wait();
    co_await std::move(news);
  }
}

}  // namespace codecrucible::net
