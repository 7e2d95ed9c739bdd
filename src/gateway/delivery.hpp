#pragma once

#include "core/clock.hpp"
#include "core/failure.hpp"
#include "gateway/listener.hpp"
#include "net/exchange.hpp"
#include "wire/dialect.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

class Continuation;

// The client's side of one reply. Until the first byte of content goes out (`live`) another backend may still
// take over, unseen; after that only the regular end or an in-stream error is possible. Lives on the
// session's worker.
class Delivery {
 public:
  // `listeners` are told what the client is shown.
  Delivery(net::Exchange& exchange, const wire::ReplyContext& context, bool stream,
           const std::vector<AnswerListener*>& listeners)
      : exchange_(exchange), context_(context), stream_(stream), listeners_(listeners) {}
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // Header lines (each ending in \r\n) that describe the attempt; without effect once the head is out.
  void describe(std::string headers);

  // The head shall tell the gateway's own share of the time, `x-codecrucible-overhead-ms`: what it took until
  // a backend had the request, and from `heard`, when what is told now came from there, until the head
  // leaves.
  void took(core::Duration before, core::Time heard) { own_time_ = OwnTime{before, heard}; }

  // A backend is awaited: a stream that stays silent for so long gets its head and keep-alives, so that
  // nobody in between gives up (traps A4, D12, D13). Ends with the first content.
  void keep_alive(core::Duration silence);

  // The request waits behind so many others: keep-alives say so where the dialect has room for it (OpenAI's
  // comments). None = it no longer waits.
  void waiting(std::optional<std::size_t> before);

  // Content of a stream: from now on this reply is live. False = the client is gone.
  net::task<bool> send(std::string_view bytes);
  // The regular end, with the last bytes if any.
  net::task<bool> end(std::string_view last = {});
  // A whole reply.
  net::task<bool> whole(std::string_view body);
  // Tells the failure in the client's dialect: as a status while nothing was sent, else as the stream's last
  // frame. `frame` is the in-stream form, written by the lane that knows what was sent before; empty = write
  // a fresh one.
  net::task<> fail(const core::Failure& failure, std::string_view frame = {});

  // From now on the end of a stream, regular or not, is held until `settle`, so that another backend may go
  // on in its place; `watch` learns what has been sent.
  void hold_end(Continuation& watch) { watch_ = &watch; }
  // Tells in a comment, where the dialect has them, that another one goes on.
  net::task<bool> mark_continued();
  // Sends the end that is held.
  net::task<> settle();

  bool live() const { return live_; }
  bool gone() const { return exchange_.gone(); }
  const wire::ReplyContext& context() const { return context_; }

 private:
  struct OwnTime {
    core::Duration before;
    core::Time heard;
  };
  void begin_stream();
  void tell_own_time();

  net::Exchange& exchange_;
  const wire::ReplyContext& context_;
  bool stream_;
  const std::vector<AnswerListener*>& listeners_;
  bool live_ = false;
  core::Duration silence_{};
  Continuation* watch_ = nullptr;
  std::optional<std::string> held_;  // last bytes of the stream
  std::optional<OwnTime> own_time_;  // until the head has it
  std::string headers_;
};

// The line of a head that tells the gateway's own share of the time.
void append_own_time(std::string& lines, core::Duration own);

// `Retry-After` and `x-should-retry` lines for a failure: SDKs repeat 429 and 5xx on their own, so they are
// told when that has no point (traps D9).
std::string retry_headers(const core::Failure& failure);

}  // namespace codecrucible::gateway
