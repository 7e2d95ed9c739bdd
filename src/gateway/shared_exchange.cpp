#include "gateway/shared_exchange.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>

namespace codecrucible::gateway {
namespace {

// For a client that others need not wait for.
constexpr std::size_t outbox_room = 8 * 1024 * 1024;

}  // namespace

SharedExchange::~SharedExchange() {
  if (flight_) flight_->lead({});
  if (link_) link_->here = nullptr;
}

void SharedExchange::share(std::shared_ptr<cache::Flight> flight) {
  flight_ = std::move(flight);
  link_ = std::make_shared<Link>(Link{this});
  bell_ = std::make_shared<Bell>(client_.worker());
  // Somebody joined, read on or left.
  flight_->lead([link = link_, &context = client_.worker().context()] {
    boost::asio::post(context, [link] {
      if (link->here != nullptr) link->here->news();
    });
  });
}

void SharedExchange::news() {
  bell_->ring();
  if (!listener_ || !(gone() || must_end())) return;
  const auto listener = std::exchange(listener_, nullptr);
  listener();
}

void SharedExchange::on_gone(std::function<void()> listener) {
  if (!flight_) return client_.on_gone(std::move(listener));
  listener_ = std::move(listener);
  if (listener_) {
    client_.on_gone([this] { news(); });
  } else {
    client_.on_gone({});
  }
}

bool SharedExchange::gone() const {
  if (!client_.gone()) return false;
  return !flight_ || flight_->abandon_if_unheard();
}

net::task<bool> SharedExchange::reply(const net::ReplyHead& head, std::string_view body) {
  const bool there = co_await client_.reply(head, body);
  co_return there;
}

bool SharedExchange::must_wait() const {
  if (gone() || must_end()) return false;
  if (flight_->listeners() == 0) return pumping_;
  return outbox_.size() > outbox_room || flight_->crowded();
}

net::task<bool> SharedExchange::write(std::string_view bytes) {
  if (!flight_) {
    const bool there = co_await client_.write(bytes);
    co_return there;
  }
  if (!client_.gone()) {
    outbox_ += bytes;
    start_pump();
  }
  while (must_wait()) co_await bell_->wait();
  co_return !gone();
}

net::task<bool> SharedExchange::end(std::string_view last) {
  if (!flight_) {
    const bool there = co_await client_.end(last);
    co_return there;
  }
  if (client_.gone()) co_return false;
  outbox_ += last;
  ending_ = true;
  start_pump();
  co_await settled();
  co_return ended_;
}

net::task<> SharedExchange::settled() {
  while (pumping_) co_await bell_->wait();
}

void SharedExchange::start_pump() {
  if (pumping_) return;
  pumping_ = true;
  boost::asio::co_spawn(client_.worker().context(), pump(link_), boost::asio::detached);
}

net::task<> SharedExchange::pump(std::shared_ptr<Link> link) {
  while (link->here != nullptr) {
    auto& self = *link->here;
    const bool last = self.ending_;
    self.sending_.clear();
    self.sending_.swap(self.outbox_);
    if (self.client_.gone() || self.ended_ || (self.sending_.empty() && !last)) {
      self.pumping_ = false;
      self.bell_->ring();
      co_return;
    }
    if (last) {
      const bool there = co_await self.client_.end(self.sending_);
      if (link->here != nullptr) link->here->ended_ = there;
      if (!there && link->here != nullptr) link->here->outbox_.clear();
      if (!there) break;
    } else {
      const bool there = co_await self.client_.write(self.sending_);
      if (!there) break;
    }
  }
  if (link->here == nullptr) co_return;
  link->here->pumping_ = false;
  link->here->bell_->ring();
}

}  // namespace codecrucible::gateway
