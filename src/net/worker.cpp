#include "net/worker.hpp"

#include "net/session.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <charconv>
#include <cstdio>
#include <ctime>
#include <exception>

namespace codecrucible::net {

Loop::Loop(std::size_t index, const ServerSettings& settings)
    : index_(index),
      pool_(std::make_unique<Pool>(*this, settings)),
      // The hint 1 keeps completions on this thread's private queue.
      context_(std::make_unique<asio::io_context>(1)),
      sweeper_(std::make_unique<Sweeper>(*context_, settings.sweep)) {
  write_date();
  sweeper_->start([this] {
    write_date();
    pool_->drop_old(now());
  });
}

// Order matters: idle connections need the context, while coroutines that end with the context give their
// calls back to the pool and the sweeper.
Loop::~Loop() {
  pool_->close();
  // A session that waits for its client is owned by the coroutine that its own signal keeps.
  for (Session* each = sessions_; each != nullptr;) {
    Session* const next = each->next;
    each->abandon();
    each = next;
  }
  sweeper_->stop();
  context_.reset();
}

task<> Loop::sleep(core::Duration span) {
  Timer timer(*context_, span);
  co_await timer.async_wait(nothrow);
  touch();
}

void Loop::run(const std::function<void()>& on_throw) {
  for (;;) {
    try {
      context_->run();
      return;
    } catch (const std::exception&) {
      on_throw();
    }
  }
}

void Loop::enter(Session& session) {
  session.next = sessions_;
  session.previous = nullptr;
  if (sessions_ != nullptr) sessions_->previous = &session;
  sessions_ = &session;
}

void Loop::leave(Session& session) noexcept {
  if (session.previous != nullptr) session.previous->next = session.next;
  if (session.next != nullptr) session.next->previous = session.previous;
  if (sessions_ == &session) sessions_ = session.next;
}

void Loop::for_sessions(const std::function<void(Session&)>& each) {
  for (Session* session = sessions_; session != nullptr;) {
    Session* const next = session->next;
    each(*session);
    session = next;
  }
}

// Names are written out: strftime would follow the locale.
void Loop::write_date() {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t second = std::time(nullptr);
  if (second == date_second_) return;
  date_second_ = second;
  std::tm t{};
  gmtime_r(&second, &t);
  char text[80];
  std::snprintf(text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[t.tm_wday],
                t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  std::copy_n(text, date_.size(), date_.begin());
}

}  // namespace codecrucible::net
