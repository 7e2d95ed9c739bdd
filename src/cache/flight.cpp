#include "cache/flight.hpp"

#include <algorithm>

namespace codecrucible::cache {

void Flight::lead(Wake wake) {
  const std::scoped_lock lock(mutex_);
  leader_ = std::move(wake);
}

void Flight::tell(const std::shared_ptr<const Origin>& origin, std::string_view packed) {
  if (packed.empty()) return;
  const std::scoped_lock lock(mutex_);
  if (state_ != State::running) return;
  origin_ = origin;
  log_ += packed;
  if (log_.size() > room_) drop_read();
  wake_all();
}

void Flight::complete() {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::running) return;
  state_ = State::complete;
  wake_all();
}

void Flight::fail(core::Failure failure) {
  const std::scoped_lock lock(mutex_);
  if (state_ != State::running) return;
  state_ = State::failed;
  failure_ = std::move(failure);
  wake_all();
}

bool Flight::crowded() const {
  const std::scoped_lock lock(mutex_);
  return behind() > room_;
}

std::size_t Flight::listeners() const {
  const std::scoped_lock lock(mutex_);
  return listeners_.size();
}

bool Flight::abandon_if_unheard() {
  const std::scoped_lock lock(mutex_);
  if (listeners_.empty()) abandoned_ = true;
  return abandoned_;
}

std::string Flight::told() const {
  const std::scoped_lock lock(mutex_);
  return dropped_ == 0 ? log_ : std::string();
}

std::optional<Flight::Seat> Flight::join(Wake wake) {
  const std::scoped_lock lock(mutex_);
  if (abandoned_ || dropped_ > 0 || state_ == State::failed) return std::nullopt;
  Listener listener;
  listener.wake = std::move(wake);
  const auto seat = listeners_.insert(listeners_.end(), std::move(listener));
  if (leader_) leader_();  // it may be waiting for its own client, and need not any more
  return seat;
}

Flight::Heard Flight::hear(Seat seat, std::size_t most, std::string& out) {
  const std::scoped_lock lock(mutex_);
  Heard heard;
  const std::size_t from = seat->read - dropped_;
  heard.bytes = std::min(most, log_.size() - from);
  out.append(log_, from, heard.bytes);
  const bool was_full = behind() > room_;
  seat->read += heard.bytes;
  heard.origin = origin_;
  if (seat->read - dropped_ == log_.size()) {
    heard.state = state_;
    heard.failure = failure_;
  }
  seat->waits = heard.bytes == 0 && heard.state == State::running;
  if (was_full && leader_ && behind() <= room_) leader_();
  return heard;
}

void Flight::leave(Seat seat) {
  const std::scoped_lock lock(mutex_);
  listeners_.erase(seat);
  if (leader_) leader_();
}

void Flight::wake_all() {
  for (auto& listener : listeners_) {
    if (!listener.waits) continue;
    listener.waits = false;
    listener.wake();
  }
}

std::size_t Flight::behind() const {
  std::size_t slowest = dropped_ + log_.size();
  for (const auto& listener : listeners_) slowest = std::min(slowest, listener.read);
  return dropped_ + log_.size() - slowest;
}

// A beginning that everybody has read is given up, and with it the right to join and to be kept.
void Flight::drop_read() {
  const std::size_t keep = behind();
  const std::size_t gone = log_.size() - keep;
  if (gone < room_ / 2) return;  // not for a few bytes: it moves the rest
  log_.erase(0, gone);
  dropped_ += gone;
}

}  // namespace codecrucible::cache
