#pragma once

#include "fleet/fleet.hpp"
#include "gateway/backend.hpp"
#include "gateway/delivery.hpp"
#include "gateway/machine.hpp"
#include "net/server.hpp"
#include "telemetry/metrics.hpp"

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
  // `metrics`, if given, outlives it.
  explicit FleetDesk(fleet::Settings settings, telemetry::Metrics* metrics = nullptr);

  // New hosts, limits and names; running requests are not touched. The failures name hosts whose URL makes no
  // sense.
  std::vector<core::Failure> apply(fleet::Settings settings);

  core::FleetViewPtr view();
  // What this machine has, as last looked at; never null.
  std::shared_ptr<const Machine> machine() const;
  void set_machine(Machine machine);
  BackendPtr backend(const std::string& host) const;
  std::vector<BackendPtr> backends() const;

  // Waits for the right to run one generation; ends early with client_gone when the client leaves. The lease
  // must be given back by `finished`.
  // With a delivery, the keep-alives of the client say how many are before it.
  net::task<core::Result<fleet::Lease>> admit(net::Worker& worker, fleet::Ask ask, net::Exchange& exchange,
                                              Delivery* delivery = nullptr);
  // The same for the gateway itself, which never leaves.
  net::task<core::Result<fleet::Lease>> admit(net::Worker& worker, fleet::Ask ask);
  // The right to run one generation if it is to be had at once, without a load; never waits.
  std::optional<fleet::Lease> admit_now(fleet::Ask ask);
  void progress(fleet::LeaseId lease);
  // See Fleet::finished.
  std::optional<double> finished(fleet::LeaseId lease, const fleet::Outcome& outcome);
  void load_finished(const fleet::Pair& pair, bool ok, core::Duration took);

  providers::Target target(const fleet::Pair& pair, const core::ModelView& model) const;
  std::optional<core::Failure> misfit(const fleet::Pair& pair, std::int64_t prompt_tokens,
                                      std::optional<std::int64_t> max_tokens) const;
  core::Duration first_token_limit(const fleet::Pair& pair) const;
  // Limits for calls to that host; without one, those of all.
  fleet::TimeoutSettings timeouts(const std::string& host = {}) const;
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

  net::task<core::Result<fleet::Lease>> queue(net::Worker& worker, fleet::Ask ask, net::Exchange* exchange,
                                              Delivery* delivery);
  void wake_called();  // with the lock held
  void count(telemetry::Count what, std::uint64_t times = 1);

  telemetry::Metrics* metrics_;
  mutable std::mutex mutex_;
  fleet::Fleet fleet_;
  std::shared_ptr<const Machine> machine_ = std::make_shared<const Machine>();
  std::map<std::string, BackendPtr> backends_;
  std::unordered_map<fleet::TicketId, std::shared_ptr<Waiter>> waiters_;
};

}  // namespace codecrucible::gateway
