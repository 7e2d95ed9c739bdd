#pragma once

#include "fleet/fleet.hpp"
#include "gateway/backend.hpp"
#include "gateway/delivery.hpp"
#include "net/server.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace codecrucible::gateway {

// The fleet's state machine, shared by all workers: one short lock around each call, and the waking of those
// who wait for a slot, each on its own worker.
class FleetDesk {
 public:
  explicit FleetDesk(fleet::Settings settings);

  // New hosts, limits and names; running requests are not touched. The failures name hosts whose URL makes no
  // sense.
  std::vector<core::Failure> apply(fleet::Settings settings);

  core::FleetViewPtr view();
  BackendPtr backend(const std::string& host) const;
  std::vector<BackendPtr> backends() const;

  // Waits for the right to run one generation; ends early with client_gone when the client leaves. The lease
  // must be given back by `finished`.
  net::task<core::Result<fleet::Lease>> admit(net::Worker& worker, fleet::Ask ask, net::Exchange& exchange);
  // The right to run one generation if it is to be had at once, without a load; never waits.
  std::optional<fleet::Lease> admit_now(fleet::Ask ask);
  void progress(fleet::LeaseId lease);
  void finished(fleet::LeaseId lease, const fleet::Outcome& outcome);
  void load_finished(const fleet::Pair& pair, bool ok, core::Duration took);

  providers::Target target(const fleet::Pair& pair, const core::ModelView& model) const;
  std::optional<core::Failure> misfit(const fleet::Pair& pair, std::int64_t prompt_tokens,
                                      std::optional<std::int64_t> max_tokens) const;
  core::Duration first_token_limit(const fleet::Pair& pair) const;
  fleet::TimeoutSettings timeouts() const;
  fleet::RetrySettings retry() const;

  // Runs `work` on the state machine under the lock, then wakes whom it called. For probes, ticks and admin.
  template <class Work>
  auto with_fleet(Work work) {
    struct Waker {
      FleetDesk& desk;
      ~Waker() { desk.wake_called(); }
    };
    const std::scoped_lock lock(mutex_);
    const Waker waker{*this};
    return work(fleet_);
  }

 private:
  struct Waiter;

  void wake_called();  // with the lock held

  mutable std::mutex mutex_;
  fleet::Fleet fleet_;
  std::map<std::string, BackendPtr> backends_;
  std::unordered_map<fleet::TicketId, std::shared_ptr<Waiter>> waiters_;
};

}  // namespace codecrucible::gateway
