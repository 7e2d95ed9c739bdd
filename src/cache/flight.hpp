#pragma once

#include "cache/answer.hpp"
#include "core/failure.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::cache {

// One generation that several requests listen to. Whoever leads it tells what it hears; those who join read
// it from the start, each at its own pace, on any thread. A lock is held to copy bytes only. The functions
// given to wake somebody are called under that lock: they may post, and nothing else.
class Flight {
 public:
  using Wake = std::function<void()>;

  enum class State : std::uint8_t { running, complete, failed };

  // Somebody who joined.
  struct Listener {
    std::size_t read = 0;  // bytes of the answer that he has
    bool waits = false;
    Wake wake;
  };
  using Seat = std::list<Listener>::iterator;

  // What a listener finds: `bytes` more were appended to his buffer.
  struct Heard {
    State state = State::running;
    std::size_t bytes = 0;
    std::shared_ptr<const Origin> origin;  // known as soon as there are bytes
    std::optional<core::Failure> failure;  // with State::failed, when all bytes before it were read
  };

  // Unread bytes beyond which the generation has to wait for its slowest listener.
  explicit Flight(std::size_t room) : room_(room) {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  // For the leader. `wake` is called when somebody read or left while the leader waits, or the last one left.
  void lead(Wake wake);
  void tell(const std::shared_ptr<const Origin>& origin, std::string_view packed);
  void complete();
  void fail(core::Failure failure);
  // The unread bytes are more than there is room for.
  bool crowded() const;
  std::size_t listeners() const;
  // Ends it if nobody listens: from then on nobody can join. True if it has ended so, now or before.
  bool abandon_if_unheard();
  // The whole answer so far; empty if its beginning was dropped because it grew too large.
  std::string told() const;

  // For those who join. None if it is too late: it has ended or its beginning is gone.
  std::optional<Seat> join(Wake wake);
  // Appends at most `most` bytes, whole events only if all of them fit. If there is nothing new, the seat is
  // woken when there is.
  Heard hear(Seat seat, std::size_t most, std::string& out);
  void leave(Seat seat);

 private:
  void wake_all();
  std::size_t behind() const;  // bytes that the slowest listener has not read
  void drop_read();

  mutable std::mutex mutex_;
  std::size_t room_;
  std::string log_;
  std::size_t dropped_ = 0;  // bytes of the answer before log_
  std::list<Listener> listeners_;
  Wake leader_;
  State state_ = State::running;
  bool abandoned_ = false;
  std::shared_ptr<const Origin> origin_;
  std::optional<core::Failure> failure_;
};

}  // namespace codecrucible::cache
