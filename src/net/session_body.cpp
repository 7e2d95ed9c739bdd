// Bodies of requests.
#include "net/session.hpp"
#include "net/worker.hpp"

#include <algorithm>
#include <utility>

namespace codecrucible::net {

namespace {

// A claimed length is believed this far; beyond that memory follows the bytes.
constexpr std::size_t trusted_length = 64 * 1024;

}  // namespace

task<bool> Session::take_body() {
  const std::size_t most = door_.settings.max_body_bytes;
  body_view_ = {};
  if (!head_.chunked && head_.length.value_or(0) == 0) co_return true;
  if (head_.length.value_or(0) > most) {
    const HeadFault fault{413, "big_body", "the request's body is too large"};
    core::Failure why =
        core::fail(core::Cause::too_large, "the request's body is over " + std::to_string(most) + " bytes");
    co_await refuse(fault, std::move(why));
    co_return false;
  }
  const std::size_t here = in_.size() - begin_;
  if (head_.length && here >= *head_.length) {
    body_view_ = in_.view(begin_).substr(0, *head_.length);
    begin_ += *head_.length;
    co_return true;
  }
  phase_ = Phase::body;
  if (head_.expect_continue && head_.version >= 11 && here == 0) {
    const bool heard = co_await say_continue();
    if (!heard) co_return false;
  }
  bool whole = false;
  if (head_.chunked) {
    whole = co_await take_chunked();
  } else {
    whole = co_await take_counted(*head_.length);
  }
  if (whole || refused_) co_return whole;
  if (timed_out_) {
    const HeadFault fault{408, "slow_body", "the request's body took too long"};
    core::Failure why = core::fail(core::Cause::timeout, std::string(fault.text));
    co_await refuse(fault, std::move(why));
  } else if (ended_by_client_) {
    door_.count("cut_body");
  }
  co_return false;
}

task<bool> Session::say_continue() {
  static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  pieces_[0] = asio::buffer(go_on);
  Pieces pieces(pieces_.data(), 1);
  if (send_now(pieces)) co_return !broken_;
  const bool sent = co_await send_rest(pieces);
  co_return sent;
}

// Straight into its own buffer, so that a large body is copied by nobody.
task<bool> Session::take_counted(std::size_t length) {
  // Small and all but here: stay behind the head.
  const bool inline_fits = in_.capacity() >= begin_ + length + watch_room;
  if (!inline_fits) big_body_.reserve(std::min(length, trusted_length));
  for (;;) {
    if (inline_fits) {
      if (in_.size() - begin_ >= length) {
        body_view_ = in_.view(begin_).substr(0, length);
        begin_ += length;
        co_return true;
      }
    } else {
      // Only the first turns find bytes in in_: those that came with the head.
      const std::string_view early = in_.view(begin_).substr(0, length - big_body_.size());
      big_body_.append(early);
      begin_ += early.size();
      if (big_body_.size() == length) {
        body_view_ = big_body_.view();
        co_return true;
      }
    }
    if (ended_by_client_ || broken_) co_return false;
    limit(door_.settings.body_timeout);
    if (!reading_ && inline_fits) arm(in_);
    if (!reading_ && !inline_fits) {
      if (big_body_.room() == 0) big_body_.reserve(std::min(length, big_body_.capacity() * 2));
      arm(big_body_);
    }
    auto news = input_.wait();
    co_await std::move(news);
    if (timed_out_) co_return false;
  }
}

task<bool> Session::take_chunked() {
  ChunkDecoder decoder(ChunkDecoder::Trailers::refuse);
  const std::size_t most = door_.settings.max_body_bytes;
  for (;;) {
    const auto step = decoder.decode(in_.data() + begin_, in_.size() - begin_);
    begin_ += step.consumed;
    const bool too_large = big_body_.size() + step.payload.size() > most;
    if (too_large || step.state == ChunkDecoder::State::bad) {
      HeadFault fault{413, "big_body", "the request's body is too large"};
      if (!too_large) fault = {400, "smuggling", "broken chunked body, or one with trailers"};
      core::Failure why =
          core::fail(too_large ? core::Cause::too_large : core::Cause::bad_request, std::string(fault.text));
      co_await refuse(fault, std::move(why));
      co_return false;
    }
    big_body_.append(step.payload);
    if (step.state == ChunkDecoder::State::done) {
      big_body_.reserve(1);  // an empty body has padding too
      body_view_ = big_body_.view();
      co_return true;
    }
    if (ended_by_client_ || broken_) co_return false;
    limit(door_.settings.body_timeout);
    if (!reading_) {
      // All that was read has been used: the room behind the head serves again.
      in_.truncate(begin_ = head_end_);
      make_room();
      arm(in_);
    }
    auto news = input_.wait();
    co_await std::move(news);
    if (timed_out_) co_return false;
  }
}

}  // namespace codecrucible::net
