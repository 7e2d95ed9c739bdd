#pragma once

#include <vector>

#include "core/clock.hpp"
#include "gateway/delivery.hpp"
#include "net/server.hpp"

namespace codecrucible::gateway {

// The replies of one worker that wait for a backend; one coroutine beats for all of them, so that no reply needs a
// timer of its own. Used on the worker's thread only.
class Heartbeat {
 public:
  // Beats until the worker's context stops.
  static net::task<> run(Heartbeat& heart, net::Worker& worker, core::Duration silence);

  void add(Delivery& delivery) { waiting_.push_back(&delivery); }
  void remove(Delivery& delivery) { std::erase(waiting_, &delivery); }

 private:
  std::vector<Delivery*> waiting_;
};

// Membership for the span of a scope.
class Beating {
 public:
  Beating(Heartbeat& heart, Delivery& delivery) : heart_(heart), delivery_(delivery) { heart_.add(delivery_); }
  ~Beating() { heart_.remove(delivery_); }
  Beating(const Beating&) = delete;
  Beating& operator=(const Beating&) = delete;

 private:
  Heartbeat& heart_;
  Delivery& delivery_;
};

}  // namespace codecrucible::gateway
