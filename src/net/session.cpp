// A session's life and its reads; what it writes is in session_reply.cpp, bodies of requests in
// session_body.cpp.
#include "net/session.hpp"

#include "net/worker.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace codecrucible::net {

using boost::system::error_code;

Session::Session(Loop& loop, Door& door, Socket socket, std::string remote)
    : loop_(loop), door_(door), socket_(std::move(socket)), remote_(std::move(remote)) {
  if (door_.settings.tls.wanted()) tls_ = door_.tls.welcome();
  loop_.enter(*this);
}

Session::~Session() {
  loop_.leave(*this);
  loop_.load.fetch_sub(1, std::memory_order_relaxed);
  door_.open.fetch_sub(1, std::memory_order_relaxed);
}

Worker& Session::worker() {
  return loop_;
}

std::string_view Session::query() const {
  const std::size_t mark = head_.target.find('?');
  return mark == std::string_view::npos ? std::string_view() : head_.target.substr(mark + 1);
}

std::string_view Session::header(std::string_view name) const {
  for (const Header& field : head_.fields)
    if (field.name.size() == name.size() && same_ignoring_case(field.name, name)) return field.value;
  return {};
}

task<> Session::live(std::unique_ptr<Session> session) {
  try {
    co_await session->run();
  } catch (const std::exception&) {
    session->door_.count("session_threw");  // out of memory, or a hook
  }
  // The read that is still under way must not find the session gone.
  session->phase_ = Phase::closing;
  session->no_limit();
  session->part();
  session->cut();
  while (session->reading_) {
    auto last = session->input_.wait();
    co_await std::move(last);
  }
}

task<> Session::run() {
  for (;;) {
    const bool headed = co_await next_head();
    if (!headed) co_return;
    const bool whole = co_await take_body();
    if (!whole) co_return;
    co_await serve();
    if (last_request_ || broken_ || !complete_) co_return;
    finish_exchange();
  }
}

// Waits for a whole head and reads it. False: the connection is done with.
task<bool> Session::next_head() {
  phase_ = Phase::idle;
  scan_.restart();
  Parsed parsed = parse_head();
  const bool greeting = tls_ && !tls_->shaken();
  if (parsed == Parsed::more) limit(greeting ? door_.settings.header_timeout : door_.settings.idle_timeout);
  while (parsed == Parsed::more) {
    if (ended_by_client_ || broken_) {
      if (phase_ == Phase::head) door_.count("cut_head");
      co_return false;
    }
    if (timed_out_) {
      const HeadFault late{408, "slow_head", "the request's head took too long"};
      core::Failure why = core::fail(core::Cause::timeout, std::string(late.text));
      if (phase_ == Phase::head) co_await refuse(late, std::move(why));
      co_return false;
    }
    if (phase_ == Phase::idle && door_.stopping.load(std::memory_order_relaxed)) co_return false;
    if (!reading_) {
      compact();
      arm(in_);
    }
    auto news = input_.wait();
    co_await std::move(news);
    if (!reading_) compact();
    parsed = parse_head();
    if (parsed == Parsed::more && phase_ == Phase::idle && begin_ != in_.size()) {
      phase_ = Phase::head;
      limit(door_.settings.header_timeout);
    }
  }
  if (parsed == Parsed::ready) co_return true;
  core::Failure why = core::fail(core::Cause::bad_request, std::string(fault_.text));
  co_await refuse(fault_, std::move(why));
  co_return false;
}

// Looks whether in_ holds a whole head from begin_ on.
Session::Parsed Session::parse_head() {
  if (scan_.size() == 0) {
    arrived_ = loop_.now();
    // RFC 9112 §2.2: empty lines before a request are skipped.
    while (in_.size() - begin_ >= 2 && in_.data()[begin_] == '\r' && in_.data()[begin_ + 1] == '\n')
      begin_ += 2;
  }
  const std::string_view bytes = in_.view(begin_);
  if (bytes.empty()) return Parsed::more;
  const auto state = scan_.look(bytes);
  const bool too_big =
      (state == HeadScan::State::complete ? scan_.size() : bytes.size()) > door_.settings.max_header_bytes;
  head_.method = head_.target = {};
  if (misplaced_) {
    fault_ = {400, "plain_on_tls", "this port speaks TLS: use https://"};
  } else if (bytes.starts_with("\x16\x03")) {
    fault_ = {400, "bad_head", "this port speaks plain HTTP, not TLS: use http://"};
  } else if (state == HeadScan::State::bare_lf) {
    fault_ = {400, "smuggling", "lines of a head end with CR LF"};
  } else if (state == HeadScan::State::folded) {
    fault_ = {400, "smuggling", "folded header lines are not accepted"};
  } else if (too_big) {
    fault_ = {431, "big_head", "the request's head is too large"};
  } else if (state == HeadScan::State::more) {
    return Parsed::more;
  } else if (auto fault = parse_request_head(bytes.substr(0, scan_.size()), head_)) {
    fault_ = *fault;
  } else {
    begin_ += scan_.size();
    head_end_ = begin_;
    return Parsed::ready;
  }
  return Parsed::bad;
}

// Makes room for the next read; only between requests and with no read under way, because everything moves.
void Session::compact() {
  if (begin_ != 0) {
    in_.drop_front(begin_);
    begin_ = 0;
  }
  if (in_.capacity() > 4 * first_buffer && in_.size() < first_buffer / 2) {
    Buffer smaller;
    smaller.reserve(first_buffer);
    smaller.append(in_.view());
    in_.swap(smaller);
  } else if (in_.room() < watch_room) {
    in_.reserve(std::max(first_buffer, in_.capacity() * 2));
  }
}

void Session::arm(Buffer& into) {
  reading_ = true;
  target_ = &into;
  if (tls_) return arm_sealed();
  socket_.async_read_some(asio::buffer(into.tail(), into.room()),
                          [this](error_code error, std::size_t count) { arrive(error, count); });
}

void Session::arrive(error_code error, std::size_t count) {
  reading_ = false;
  loop_.touch();
  // A cancelled read is the sweeper's way of waking us.
  const bool lost = error && error != asio::error::operation_aborted;
  if (!error) target_->grew(count);
  if (lost) ended_by_client_ = true;
  if (phase_ != Phase::serving) return input_.notify();
  if (lost) return tell_gone();
  if (error) return;
  // Pipelined requests are taken in up to a limit; a client beyond it is no longer watched.
  if (in_.room() < watch_room / 2 && in_.size() - begin_ < door_.settings.max_header_bytes) make_room();
  if (in_.room() >= watch_room / 2) arm(in_);
}

// While a handler runs there is always a read under way: it ends when the client does.
void Session::watch_client() {
  if (reading_ || ended_by_client_) return;
  make_room();
  arm(in_);
}

// Room for a read behind a request whose views must stay where they are: a new buffer, if need be. The first
// such move of a request takes its head along; what in_ holds later nobody views.
void Session::make_room() {
  if (in_.room() >= watch_room) return;
  Buffer fresh;
  fresh.reserve(in_.size() - begin_ + first_buffer);
  fresh.append(in_.view(begin_));
  in_.swap(fresh);
  if (held_.capacity() == 0) held_.swap(fresh);
  begin_ = head_end_ = 0;
}

task<> Session::serve() {
  phase_ = Phase::serving;
  no_limit();
  answer_ = Answer::none;
  sent_any_ = complete_ = chunked_out_ = false;
  last_request_ = !head_.keep_alive || door_.stopping.load(std::memory_order_relaxed);
  watch_client();
  bool threw = false;
  try {
    co_await door_.hooks.serve(*this);
  } catch (const std::exception&) {
    threw = true;
  }
  listener_ = nullptr;
  beat_every_ = {};
  no_limit();
  if (threw || answer_ == Answer::none) {
    door_.count(threw ? "handler_threw" : "handler_silent");
    last_request_ = true;
    if (!sent_any_) {
      const HeadFault fault{500, "", ""};
      core::Failure why = core::fail(core::Cause::internal, "the gateway failed; this is a bug");
      co_await refuse(fault, std::move(why));
    }
  }
}

void Session::finish_exchange() {
  body_view_ = {};
  held_.release();
  big_body_.release();
}

void Session::on_gone(std::function<void()> listener) {
  listener_ = std::move(listener);
  if (listener_ && (gone() || pressed_)) tell_gone();
}

void Session::tell_gone() {
  // Called once, from a copy: it may set another listener, or none.
  const auto listener = std::exchange(listener_, nullptr);
  if (listener) listener();
}

void Session::stop() {
  last_request_ = true;
  if (phase_ == Phase::idle) return input_.notify();
  if (phase_ == Phase::lingering) cut();
}

void Session::press() {
  pressed_ = true;
  if (phase_ == Phase::serving) {
    tell_gone();
  } else {
    cut();
  }
}

void Session::cut() {
  broken_ = true;
  error_code ignored;
  socket_.close(ignored);
  tell_gone();
}

void Session::limit(std::chrono::milliseconds span) {
  timed_out_ = false;
  loop_.sweeper().watch(*this, core::Deadline::in(loop_.now(), span).at);
}

void Session::no_limit() {
  loop_.sweeper().unwatch(*this);
}

void Session::on_limit() {
  timed_out_ = true;
  error_code ignored;
  if (phase_ == Phase::serving && !blocked_) return beat();
  if (phase_ == Phase::serving || phase_ == Phase::refusing) {
    // A client that does not read what we send.
    door_.count("slow_reader");
    cut();
  } else {
    socket_.cancel(ignored);
  }
}

}  // namespace codecrucible::net
