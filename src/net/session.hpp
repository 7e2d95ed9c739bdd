#pragma once

#include "net/buffer.hpp"
#include "net/chunked.hpp"
#include "net/exchange.hpp"
#include "net/head.hpp"
#include "net/signal.hpp"
#include "net/sweeper.hpp"
#include "net/tls_door.hpp"

#include <boost/asio/buffer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace codecrucible::net {

class Loop;
struct Door;

// One client's connection and, since requests are answered one after the other, its current Exchange. At most
// one read is under way; while a handler runs it watches for the client's end (and takes in pipelined
// requests), otherwise the session's coroutine waits for it.
class Session final : public Exchange, private Limited {
 public:
  // The socket is connected and non-blocking. Counted in the door and the loop by whoever accepted it; the
  // session gives both back.
  Session(Loop& loop, Door& door, Socket socket, std::string remote);
  ~Session() override;

  // All requests of one connection; owns the session.
  static task<> live(std::unique_ptr<Session> session);

  // Server is stopping: an idle session closes, a busy one does not take another request.
  void stop();
  // The stop deadline has passed: handlers are told.
  void press();
  // Nothing more is sent or read.
  void cut();
  // The worker ends: lets go of the coroutine.
  void abandon() noexcept { input_.drop(); }

  std::string_view method() const override { return head_.method; }
  std::string_view target() const override { return head_.target; }
  std::string_view path() const override { return head_.target.substr(0, head_.target.find('?')); }
  std::string_view query() const override;
  std::string_view header(std::string_view name) const override;
  std::span<const Header> headers() const override { return head_.fields; }
  std::string_view body() const override { return body_view_; }
  std::string_view remote() const override { return remote_; }
  core::Time arrived() const override { return arrived_; }
  Worker& worker() override;

  task<bool> reply(const ReplyHead& head, std::string_view body) override;
  void begin(const ReplyHead& head) override;
  task<bool> write(std::string_view bytes) override;
  task<bool> end(std::string_view last) override;
  void keep_alive(core::Duration every, std::string bytes) override;
  bool begun() const override { return sent_any_; }
  void on_gone(std::function<void()> listener) override;
  bool gone() const override { return ended_by_client_ || broken_; }
  bool must_end() const override { return pressed_; }

  Session* next = nullptr;  // the loop's list
  Session* previous = nullptr;

 private:
  enum class Phase : std::uint8_t { idle, head, body, serving, refusing, lingering, closing };
  enum class Answer : std::uint8_t { none, streaming, whole };

  task<> run();
  task<bool> next_head();
  task<bool> take_body();
  task<bool> take_counted(std::size_t length);
  task<bool> take_chunked();
  task<bool> say_continue();
  task<> serve();
  task<> refuse(HeadFault fault, core::Failure failure);
  task<> linger();

  enum class Parsed : std::uint8_t { more, ready, bad };
  Parsed parse_head();
  void compact();
  void arm(Buffer& into);
  void arrive(boost::system::error_code error, std::size_t count);
  void watch_client();
  void make_room();
  void tell_gone();
  void finish_exchange();

  void write_head(const ReplyHead& head, std::string_view framing);
  // Sends what goes without waiting. True: nothing is left to do, all was sent or the client is broken_.
  bool send_now(Pieces& pieces);
  // Sends the rest; false if the client cannot be reached.
  task<bool> send_rest(Pieces pieces);

  void arm_sealed();
  void read_sealed();
  void hear_sealed(boost::system::error_code error, std::size_t count);
  void hear_plain(std::size_t count);
  bool flush_sealed();
  bool send_sealed(Pieces& pieces);
  task<bool> send_rest_sealed(Pieces pieces);
  // Tells a TLS client that this was all.
  void part();

  void frame_chunk(std::string_view bytes, Pieces& pieces);
  void beat();
  void watch_beat();

  void limit(std::chrono::milliseconds span);
  void no_limit();
  void on_limit() override;

  // Short requests fit; what does not gets a larger buffer for its own time. Each open stream keeps it.
  static constexpr std::size_t first_buffer = 2 * 1024;
  // Room that a read behind a request must have.
  static constexpr std::size_t watch_room = 512;

  Loop& loop_;
  Door& door_;
  Socket socket_;
  std::string remote_;
  std::unique_ptr<TlsGuest> tls_;  // null: plain

  Buffer in_;              // head, and what came with it
  std::size_t begin_ = 0;  // of what is not yet used of it
  std::size_t head_end_ = 0;
  Buffer held_;               // the current request's bytes when in_ was needed anew
  Buffer big_body_;           // a body that does not fit behind its head
  Buffer* target_ = nullptr;  // of the read that is under way
  Signal input_;
  HeadScan scan_;
  RequestHead head_;
  HeadFault fault_;
  std::string_view body_view_;
  core::Time arrived_{};

  std::string out_;  // the reply's head
  char line_[chunk_line_max];
  std::array<asio::const_buffer, 5> pieces_;
  std::function<void()> listener_;
  std::string beat_;
  core::Duration beat_every_{};
  core::Time last_write_{};

  Phase phase_ = Phase::idle;
  Answer answer_ = Answer::none;
  bool reading_ = false;
  bool ended_by_client_ = false;  // end of stream or reset seen
  bool broken_ = false;           // a write failed or the session was cut
  bool timed_out_ = false;
  bool blocked_ = false;  // a write waits for the client to read
  bool pressed_ = false;
  bool refused_ = false;
  bool sent_any_ = false;  // the reply's head has left
  bool complete_ = false;  // the reply is whole
  bool chunked_out_ = false;
  bool misplaced_ = false;     // plain HTTP came where TLS is spoken
  bool last_request_ = false;  // the connection is closed after this reply
};

}  // namespace codecrucible::net
