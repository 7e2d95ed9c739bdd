#include "gateway/delivery.hpp"

#include "core/json_text.hpp"
#include "gateway/clock.hpp"
#include "gateway/continuation.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace codecrucible::gateway {
namespace {

constexpr std::string_view stream_headers =
    "Cache-Control: no-cache, no-transform\r\n"
    "X-Accel-Buffering: no\r\n";

// Failures that the same request would meet again at once.
bool retry_is_pointless(const core::Failure& failure) {
  // SDKs wait a minute at most, whatever they are told, and then ask in vain.
  if (failure.retry_after) return *failure.retry_after > std::chrono::minutes(1);
  switch (failure.cause) {
    case core::Cause::no_backend:
    case core::Cause::timeout:
    case core::Cause::stall:
    case core::Cause::backend_auth:
    case core::Cause::wrong_model:
      return true;
    default:
      return core::http_status(failure.cause) < 429;
  }
}

}  // namespace

void append_own_time(std::string& lines, core::Duration own) {
  const auto micros =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(own).count());
  const auto rest = micros % 1000;
  lines += "x-codecrucible-overhead-ms: ";
  core::append_number(lines, micros / 1000);
  lines += '.';
  lines += static_cast<char>('0' + rest / 100);
  lines += static_cast<char>('0' + rest / 10 % 10);
  lines += static_cast<char>('0' + rest % 10);
  lines += "\r\n";
}

std::string retry_headers(const core::Failure& failure) {
  std::string lines;
  const bool passing = failure.cause == core::Cause::loading || failure.cause == core::Cause::overloaded ||
                       failure.cause == core::Cause::queue_full;
  if (!failure.retry_after && passing) lines += "Retry-After: 2\r\n";
  if (failure.retry_after) lines += "Retry-After: " + std::to_string(failure.retry_after->count()) + "\r\n";
  if (retry_is_pointless(failure)) lines += "x-should-retry: false\r\n";
  return lines;
}

void Delivery::describe(std::string headers) {
  headers_ = std::move(headers);
  if (!stream_ || exchange_.begun()) return;
  headers_ += stream_headers;
  begin_stream();
}

void Delivery::begin_stream() {
  net::ReplyHead head;
  head.content_type = wire::stream_content_type(context_.surface);
  head.extra = headers_;
  exchange_.begin(head);
}

// What it took is known when the head leaves. A head that left with a keep-alive does not tell it.
void Delivery::tell_own_time() {
  if (!own_time_) return;
  const bool open = !exchange_.begun();
  if (open) append_own_time(headers_, own_time_->before + (clock_now() - own_time_->heard));
  own_time_.reset();
  if (open && stream_) begin_stream();
}

void Delivery::keep_alive(core::Duration silence) {
  if (!stream_ || live_) return;
  silence_ = silence;
  std::string text;
  wire::make_stream_encoder(context_)->keep_alive(text);
  exchange_.keep_alive(silence, std::move(text));
}

void Delivery::waiting(std::optional<std::size_t> before) {
  const bool comments = context_.surface == core::Surface::openai_chat ||
                        context_.surface == core::Surface::openai_completions ||
                        context_.surface == core::Surface::openai_responses;
  if (!stream_ || live_ || !comments || silence_ == core::Duration::zero()) return;
  if (before) {
    // A bare comment line, no blank line behind it (traps A4).
    exchange_.keep_alive(silence_, ": waiting, " + std::to_string(*before) + " before you\n");
  } else {
    keep_alive(silence_);
  }
}

net::task<bool> Delivery::send(std::string_view bytes) {
  if (!live_) {
    live_ = true;
    exchange_.keep_alive({}, {});
    tell_own_time();
  }
  for (auto* const listener : listeners_) listener->shown();
  const bool there = co_await exchange_.write(bytes);
  if (watch_ != nullptr) watch_->sent();
  co_return there;
}

net::task<bool> Delivery::end(std::string_view last) {
  live_ = true;
  tell_own_time();
  for (auto* const listener : listeners_) listener->shown_all();
  if (watch_ != nullptr) {
    held_ = std::string(last);
    co_return true;
  }
  const bool there = co_await exchange_.end(last);
  co_return there;
}

net::task<bool> Delivery::whole(std::string_view body) {
  tell_own_time();
  net::ReplyHead head;
  head.extra = headers_;
  live_ = true;
  for (auto* const listener : listeners_) listener->shown_all();
  const bool there = co_await exchange_.reply(head, body);
  co_return there;
}

net::task<> Delivery::fail(const core::Failure& failure, std::string_view frame) {
  if (exchange_.gone()) co_return;
  if (!exchange_.begun()) {
    net::ReplyHead head;
    head.status = wire::status_of(context_.surface, failure.cause);
    headers_ += retry_headers(failure);
    head.extra = headers_;
    const std::string body = wire::error_body(context_.surface, failure, context_.request_id);
    co_await exchange_.reply(head, body);
    co_return;
  }
  std::string text(frame);
  if (text.empty()) {
    core::Event event;
    event.kind = core::Event::Kind::failure;
    event.failure = failure;
    const auto encoder = wire::make_stream_encoder(context_);
    encoder->encode(event, text);
  }
  if (watch_ != nullptr) {
    held_ = std::move(text);
    co_return;
  }
  co_await exchange_.end(text);
}

net::task<bool> Delivery::mark_continued() {
  if (context_.surface != core::Surface::openai_chat) co_return true;
  const bool there = co_await exchange_.write(": continued by another backend\n");
  co_return there;
}

net::task<> Delivery::settle() {
  watch_ = nullptr;
  if (!held_) co_return;
  const auto last = std::exchange(held_, std::nullopt);
  co_await exchange_.end(*last);
}

}  // namespace codecrucible::gateway
