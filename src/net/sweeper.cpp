#include "net/sweeper.hpp"

#include <utility>

namespace codecrucible::net {

void Sweeper::start(std::function<void()> on_tick) {
  on_tick_ = std::move(on_tick);
  touch();
  schedule(now_ + period_);
}

void Sweeper::schedule(core::Time at) {
  next_look_ = at;
  if (!timer_) return;
  timer_->expires_at(at);
  timer_->async_wait([this](boost::system::error_code error) {
    if (!error) look();
  });
}

void Sweeper::look() {
  touch();
  // First part, then fire: whoever is told may end the watch of others, which unlinks them from either list.
  Ring due;
  core::Time earliest = now_ + period_;
  for (Limited* each = all_.next_; each != &all_;) {
    Limited* const next = each->next_;
    if (each->at_ <= now_) {
      each->unlink();
      each->link_before(due);
    } else {
      earliest = std::min(earliest, each->at_);
    }
    each = next;
  }
  schedule(std::max(earliest, now_ + least_gap));
  while (due.next_ != &due) {
    Limited* const first = due.next_;
    first->unlink();
    first->on_limit();
  }
  on_tick_();
}

}  // namespace codecrucible::net
