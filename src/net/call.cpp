#include "net/call.hpp"

#include "net/worker.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace codecrucible::net {

using boost::system::error_code;
using core::Cause;

namespace {

// A reply's head may be this long; LLM servers send a few hundred bytes.
constexpr std::size_t max_reply_head = 64 * 1024;

bool fit_for_line(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; });
}

}  // namespace

Call::~Call() {
  pool_.give_buffer(std::move(buffer_));
}

void Call::limit(core::Duration span, Cause cause, std::string_view words) {
  core::Time at = core::Time::max();
  if (span > core::Duration::zero()) at = core::Deadline::in(pool_.worker().now(), span).at;
  limit_cause_ = cause;
  limit_words_ = words;
  if (limits_.total.at < at) {
    at = limits_.total.at;
    limit_cause_ = Cause::timeout;
    limit_words_ = "was not done in the time the request has";
  }
  lapse_next_ = read_by_ < at;
  at = std::min(at, read_by_);
  if (at == core::Time::max()) {
    pool_.worker().sweeper().unwatch(*this);
  } else {
    pool_.worker().sweeper().watch(*this, at);
  }
}

void Call::on_limit() {
  if (lapse_next_) {
    lapsed_ = true;
    if (link_) link_->interrupt();
    return;
  }
  expired_ = true;
  drop();
}

void Call::cancel() {
  if (finished_) return;
  cancelled_ = true;
  drop();
}

// Ends what is under way; its coroutine sees the error and asks `failure` what it means.
void Call::drop() noexcept {
  if (resolver_) resolver_->cancel();
  if (link_) link_->close();
}

core::Failure Call::failure(Cause otherwise, std::string_view what) const {
  if (cancelled_) return core::fail(Cause::client_gone, "the call was cancelled");
  const std::string_view words = expired_ ? limit_words_ : what;
  std::string detail = backend_.name;
  detail += ' ';
  detail += words;
  return core::fail(expired_ ? limit_cause_ : otherwise, std::move(detail));
}

// The request's head, in the buffer that will later take the reply.
core::Result<std::string_view> Call::write_head(const UpstreamRequest& request) {
  if (!fit_for_line(request.path) || !fit_for_line(request.method) || request.method.empty())
    return core::fail(Cause::internal, "a request line may not contain blanks");
  char digits[24];
  const auto digits_end = std::to_chars(digits, digits + sizeof digits, request.body.size()).ptr;
  const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  buffer_.truncate(0);
  auto add = [this](std::string_view text) { buffer_.append(text); };
  add(request.method);
  add(" ");
  add(backend_.endpoint.base_path);
  add(request.path);
  add(" HTTP/1.1\r\nHost: ");
  add(backend_.name);
  add("\r\nAccept: ");
  add(request.accept);
  // Streams are never compressed, and nothing here unpacks (traps A7, A8).
  add("\r\nAccept-Encoding: identity\r\n");
  if (!backend_.endpoint.authorization.empty()) {
    add("Authorization: ");
    add(backend_.endpoint.authorization);
    add("\r\n");
  }
  if (has_body) {
    add("Content-Type: ");
    add(request.content_type);
    add("\r\nContent-Length: ");
    add({digits, static_cast<std::size_t>(digits_end - digits)});
    add("\r\n");
  }
  add(request.extra);
  add("\r\n");
  head_size_ = buffer_.size();
  return buffer_.view();
}

task<core::Result<UpstreamHead>> Call::send(const UpstreamRequest& request, const UpstreamLimits& limits) {
  Loop& worker = pool_.worker();
  worker.touch();
  limits_ = limits;
  if (cancelled_) co_return failure(Cause::client_gone, "");
  if (buffer_.capacity() == 0) buffer_ = pool_.take_buffer();
  auto head = write_head(request);
  if (!head) co_return head.error();

  link_ = pool_.take(backend_);
  reused_ = link_ != nullptr;
  for (;;) {
    if (!link_) {
      auto fault = co_await connect();
      if (fault) co_return std::move(*fault);
    }
    limit(limits.first_byte, Cause::timeout, "sent no reply in time");
    pieces_ = {asio::buffer(buffer_.data(), head_size_), asio::buffer(request.body)};
    error_code error;
    const std::size_t sent = link_->write_now(pieces_, error);
    if (!error && sent < head_size_ + request.body.size()) {
      const Pieces rest = after(pieces_, sent);
      error = co_await link_->write(rest);
    }
    // A server may refuse a large body early and close: after an error there may still be a reply to read.
    const Got got = co_await read_head();
    worker.sweeper().unwatch(*this);
    if (got == Got::head) break;
    if (got == Got::garbage) co_return failure(Cause::garbage, "replied with something that is not HTTP/1.1");
    if (got == Got::part) co_return failure(Cause::reset, "closed the connection inside the reply's head");
    const bool dead_pool = reused_ && !cancelled_ && !expired_;
    link_.reset();
    if (!dead_pool) co_return failure(Cause::reset, "closed the connection before it replied");
    // Traps A9: the connection was closed while it was idle. Once, on a new one.
    reused_ = false;
    pool_.forget_idle(backend_);
    buffer_.truncate(0);
    auto again = write_head(request);
    if (!again) co_return again.error();
  }
  co_return accept_head(request.method);
}

// Reads until the head of a final reply is whole; 1xx are passed over.
task<Call::Got> Call::read_head() {
  Loop& worker = pool_.worker();
  HeadScan scan;
  std::size_t start = 0;
  bool any = false;
  buffer_.truncate(0);
  for (;;) {
    const auto state = scan.look(buffer_.view(start));
    if (state == HeadScan::State::complete) {
      if (!parse_reply_head(buffer_.view(start).substr(0, scan.size()), reply_)) co_return Got::garbage;
      head_size_ = start + scan.size();
      if (reply_.status / 100 != 1) co_return Got::head;
      if (reply_.status == 101) co_return Got::garbage;
      start = head_size_;
      scan.restart();
      continue;
    }
    if (state != HeadScan::State::more) co_return Got::garbage;
    if (buffer_.room() == 0) {
      if (buffer_.size() >= max_reply_head) co_return Got::garbage;
      buffer_.reserve(buffer_.capacity() * 2);
    }
    const Moved moved = co_await link_->read(buffer_.tail(), buffer_.room());
    worker.touch();
    if (moved.error && any) co_return Got::part;
    if (moved.error) co_return Got::nothing;
    any = true;
    buffer_.grew(moved.bytes);
  }
}

core::Result<UpstreamHead> Call::accept_head(std::string_view method) {
  if (reply_.status == 204 || reply_.status == 304 || method == "HEAD") {
    body_ = Body::none;
  } else if (reply_.chunked) {
    body_ = Body::chunked;
    chunks_ = ChunkDecoder(ChunkDecoder::Trailers::skip);
  } else if (reply_.length) {
    body_ = *reply_.length == 0 ? Body::none : Body::length;
    left_ = *reply_.length;
  } else {
    body_ = Body::until_close;
  }
  if (!reply_.content_encoding.empty() && !same_ignoring_case(reply_.content_encoding, "identity")) {
    std::string what = "compressed its reply (" + std::string(reply_.content_encoding) +
                       ") although it was asked not to; switch compression off there";
    link_.reset();
    return failure(Cause::garbage, what);
  }
  // The buffer is about to be overwritten by the body.
  kept_.clear();
  kept_.reserve(reply_.content_type.size() + reply_.retry_after.size() + reply_.location.size());
  kept_.append(reply_.content_type).append(reply_.retry_after).append(reply_.location);
  const std::string_view kept = kept_;
  UpstreamHead head;
  head.status = reply_.status;
  head.content_type = kept.substr(0, reply_.content_type.size());
  head.retry_after = kept.substr(reply_.content_type.size(), reply_.retry_after.size());
  head.location = kept.substr(reply_.content_type.size() + reply_.retry_after.size());
  begin_ = head_size_;
  if (body_ == Body::none) finish();
  return head;
}

}  // namespace codecrucible::net
