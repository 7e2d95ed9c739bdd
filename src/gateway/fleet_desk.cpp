#include "gateway/fleet_desk.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace codecrucible::gateway {
namespace {

// How often one that waits looks at how many are before it.
constexpr core::Duration look_at_place = std::chrono::seconds(2);

core::Time now() {
  return std::chrono::steady_clock::now();
}

using Timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>, net::Executor>;

}  // namespace

// A request that waits for a slot. Its timer is cancelled when the fleet has called the ticket or the client
// is gone, always on the worker's own thread.
struct FleetDesk::Waiter {
  explicit Waiter(net::Worker& worker) : context(worker.context()), timer(worker.context().get_executor()) {
    timer.expires_at(core::Time::max());
  }
  boost::asio::io_context& context;
  Timer timer;
  std::optional<std::variant<fleet::Lease, core::Failure>> result;  // guarded by the desk's mutex
};

FleetDesk::FleetDesk(fleet::Settings settings, telemetry::Metrics* metrics)
    : metrics_(metrics), fleet_(fleet::Settings{}, now()) {
  apply(std::move(settings));
}

std::vector<core::Failure> FleetDesk::apply(fleet::Settings settings) {
  std::vector<core::Failure> failures;
  std::map<std::string, BackendPtr> backends;
  for (const auto& host : settings.hosts) {
    auto backend = make_backend(host);
    if (backend) {
      backends[host.name] = *backend;
    } else {
      failures.push_back(backend.error());
    }
  }
  std::erase_if(settings.hosts, [&](const auto& host) { return !backends.contains(host.name); });
  with_fleet([&](fleet::Fleet& fleet) {
    backends_ = std::move(backends);
    fleet.apply(std::move(settings), now());
  });
  return failures;
}

core::FleetViewPtr FleetDesk::view() {
  const std::scoped_lock lock(mutex_);
  return fleet_.view(now());
}

BackendPtr FleetDesk::backend(const std::string& host) const {
  const std::scoped_lock lock(mutex_);
  const auto found = backends_.find(host);
  return found == backends_.end() ? nullptr : found->second;
}

std::vector<BackendPtr> FleetDesk::backends() const {
  const std::scoped_lock lock(mutex_);
  std::vector<BackendPtr> all;
  for (const auto& [name, backend] : backends_) all.push_back(backend);
  return all;
}

std::shared_ptr<const Machine> FleetDesk::machine() const {
  const std::scoped_lock lock(mutex_);
  return machine_;
}

void FleetDesk::set_machine(Machine machine) {
  auto fresh = std::make_shared<const Machine>(std::move(machine));
  const std::scoped_lock lock(mutex_);
  machine_.swap(fresh);
}

net::task<core::Result<fleet::Lease>> FleetDesk::admit(net::Worker& worker, fleet::Ask ask,
                                                       net::Exchange& exchange, Delivery* delivery) {
  return queue(worker, std::move(ask), &exchange, delivery);
}

net::task<core::Result<fleet::Lease>> FleetDesk::admit(net::Worker& worker, fleet::Ask ask) {
  return queue(worker, std::move(ask), nullptr, nullptr);
}

net::task<core::Result<fleet::Lease>> FleetDesk::queue(net::Worker& worker, fleet::Ask ask,
                                                       net::Exchange* exchange, Delivery* delivery) {
  std::shared_ptr<Waiter> waiter;
  fleet::TicketId ticket = 0;
  {
    const std::scoped_lock lock(mutex_);
    auto answer = fleet_.ask(std::move(ask), now());
    if (auto* const lease = std::get_if<fleet::Lease>(&answer)) {
      wake_called();
      co_return std::move(*lease);
    }
    if (auto* const failure = std::get_if<core::Failure>(&answer)) {
      wake_called();
      if (failure->cause == core::Cause::queue_full) count(telemetry::Count::queue_refused);
      co_return std::move(*failure);
    }
    ticket = std::get<fleet::Waiting>(answer).ticket;
    waiter = std::make_shared<Waiter>(worker);
    waiters_[ticket] = waiter;
    count(telemetry::Count::queue_entered);
    wake_called();
  }
  if (exchange != nullptr) exchange->on_gone([waiter] { waiter->timer.cancel(); });
  while (true) {
    std::optional<std::size_t> before;
    {
      const std::scoped_lock lock(mutex_);
      if (waiter->result) break;
      if (exchange != nullptr && (exchange->gone() || exchange->must_end())) {
        waiters_.erase(ticket);
        fleet_.cancel(ticket, now());
        count(telemetry::Count::queue_left);
        wake_called();
        if (exchange->gone())
          co_return core::fail(core::Cause::client_gone, "the client left while it waited");
        co_return core::fail(core::Cause::shutting_down, "the gateway is being stopped");
      }
      if (delivery != nullptr) before = fleet_.position(ticket, now());
    }
    if (before) delivery->waiting(before);
    waiter->timer.expires_at(delivery != nullptr ? now() + look_at_place : core::Time::max());
    co_await waiter->timer.async_wait(net::nothrow);
  }
  if (exchange != nullptr) exchange->on_gone({});
  if (delivery != nullptr) delivery->waiting(std::nullopt);
  if (auto* const failure = std::get_if<core::Failure>(&*waiter->result)) {
    if (failure->cause == core::Cause::queue_full) count(telemetry::Count::queue_expired);
    co_return std::move(*failure);
  }
  co_return std::move(std::get<fleet::Lease>(*waiter->result));
}

void FleetDesk::count(telemetry::Count what, std::uint64_t times) {
  if (metrics_ != nullptr && times > 0) metrics_->background().count(what, times);
}

std::optional<fleet::Lease> FleetDesk::admit_now(fleet::Ask ask) {
  return with_fleet([&](fleet::Fleet& fleet) -> std::optional<fleet::Lease> {
    auto answer = fleet.ask(std::move(ask), now());
    if (const auto* const waiting = std::get_if<fleet::Waiting>(&answer))
      fleet.cancel(waiting->ticket, now());
    auto* const lease = std::get_if<fleet::Lease>(&answer);
    if (lease == nullptr) return std::nullopt;
    if (!lease->must_load_first) return std::move(*lease);
    fleet::Outcome outcome;
    outcome.cancelled = true;
    fleet.finished(lease->id, outcome, now());
    return std::nullopt;
  });
}

void FleetDesk::wake_called() {
  const auto events = fleet_.take_events();
  count(telemetry::Count::breaker_opened, events.breakers_opened);
  count(telemetry::Count::breaker_closed, events.breakers_closed);
  count(telemetry::Count::swap_avoided, events.swaps_avoided);
  for (auto& called : fleet_.take_called()) {
    const auto found = waiters_.find(called.ticket);
    if (found == waiters_.end()) {
      // The client left in the same instant: nobody will use this lease.
      if (auto* const lease = std::get_if<fleet::Lease>(&called.result)) {
        fleet::Outcome outcome;
        outcome.cancelled = true;
        fleet_.finished(lease->id, outcome, now());
      }
      continue;
    }
    auto waiter = found->second;
    waiters_.erase(found);
    waiter->result = std::move(called.result);
    boost::asio::post(waiter->context, [waiter] { waiter->timer.cancel(); });
  }
}

void FleetDesk::progress(fleet::LeaseId lease) {
  with_fleet([&](fleet::Fleet& fleet) { fleet.progress(lease, now()); });
}

std::optional<double> FleetDesk::finished(fleet::LeaseId lease, const fleet::Outcome& outcome) {
  return with_fleet([&](fleet::Fleet& fleet) { return fleet.finished(lease, outcome, now()); });
}

void FleetDesk::load_finished(const fleet::Pair& pair, bool ok, core::Duration took) {
  with_fleet([&](fleet::Fleet& fleet) { fleet.load_finished(pair.host, pair.model, ok, took, now()); });
}

providers::Target FleetDesk::target(const fleet::Pair& pair, const core::ModelView& model) const {
  providers::Target target;
  target.model = model.id;
  target.can = model.can;
  const std::scoped_lock lock(mutex_);
  const auto settings = fleet_.model_settings(pair);
  target.num_ctx = settings.num_ctx;
  target.keep_alive = settings.keep_alive;
  return target;
}

std::optional<core::Failure> FleetDesk::misfit(const fleet::Pair& pair, std::int64_t prompt_tokens,
                                               std::optional<std::int64_t> max_tokens) const {
  const std::scoped_lock lock(mutex_);
  return fleet_.misfit(pair, prompt_tokens, max_tokens);
}

core::Duration FleetDesk::first_token_limit(const fleet::Pair& pair) const {
  const std::scoped_lock lock(mutex_);
  return fleet_.first_token_limit(pair);
}

fleet::TimeoutSettings FleetDesk::timeouts(const std::string& host) const {
  const std::scoped_lock lock(mutex_);
  return fleet_.timeouts(host);
}

fleet::RetrySettings FleetDesk::retry() const {
  const std::scoped_lock lock(mutex_);
  return fleet_.settings().retry;
}

}  // namespace codecrucible::gateway
