#include "gateway/prober.hpp"

#include "gateway/clock.hpp"
#include "gateway/listing.hpp"
#include "gateway/load.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::milliseconds tick{50};

bool runs_here(const Backend& backend) {
  const auto& host = backend.endpoint.host;
  return !backend.settings.simulated && (host == "localhost" || host.starts_with("127.") || host == "::1");
}

// The graphics memory of a server on this machine is this machine's.
void add_memory(const Machine& machine, fleet::Listing& listing) {
  std::int64_t total = 0, used = 0;
  for (const auto& gpu : machine.gpus) {
    total += static_cast<std::int64_t>(gpu.memory_total);
    used += static_cast<std::int64_t>(gpu.memory_used);
  }
  if (total <= 0) return;
  listing.vram_total = total;
  listing.vram_free = std::max<std::int64_t>(0, total - used);
}

}  // namespace

Prober::Prober(FleetDesk& fleet, telemetry::Log& log, telemetry::Metrics& metrics,
               const net::ServerSettings& settings)
    : fleet_(fleet), log_(log), metrics_(metrics), worker_(net::make_worker(settings)) {}

Prober::~Prober() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Prober::start() {
  boost::asio::co_spawn(worker_->context(), beat(), boost::asio::detached);
  thread_ = std::thread([this] {
    // The worker's own sweeper keeps the context busy: the flag ends the loop.
    while (!stopping_) worker_->context().run_one_for(tick);
  });
}

bool Prober::asked_all(std::chrono::milliseconds patience) const {
  const auto until = clock_now() + patience;
  const auto hosts = fleet_.backends().size();
  while (answers_.load() < hosts && clock_now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return answers_.load() >= hosts;
}

net::task<> Prober::beat() {
  while (true) {
    const auto due = fleet_.with_fleet([](fleet::Fleet& fleet) {
      fleet.tick(clock_now());
      return fleet.due(clock_now());
    });
    for (const auto& host : due)
      boost::asio::co_spawn(worker_->context(), probe(host), boost::asio::detached);
    co_await worker_->sleep(tick);
  }
}

net::task<> Prober::probe(std::string host) {
  const auto backend = fleet_.backend(host);
  if (backend == nullptr) co_return;
  const auto started = clock_now();
  const auto result = co_await ask_listing(*worker_, *backend, fleet_.timeouts(host).probe);
  const auto machine = fleet_.machine();
  fleet_.with_fleet([&](fleet::Fleet& fleet) {
    if (result) {
      auto listing = fleet_listing(*result);
      if (runs_here(*backend)) add_memory(*machine, listing);
      fleet.probed(host, listing, started, clock_now());
    } else {
      fleet.probe_failed(host, result.error(), clock_now());
    }
  });
  const bool came = tell(host, result);
  ++answers_;
  if (came) co_await warm(std::move(host));
}

net::task<> Prober::warm(std::string host) {
  const auto missing = fleet_.with_fleet([&](fleet::Fleet& fleet) { return fleet.missing_at_start(host); });
  for (const auto& model : missing) {
    fleet::Ask ask;
    ask.candidates.push_back({host, model});
    ask.client = "autoStartModels";
    ask.priority = fleet::Priority::batch;
    ask.output_tokens = 0;
    const auto lease = co_await fleet_.admit(*worker_, std::move(ask));
    if (!lease) {
      log_.warn("model not loaded", {{"provider", host}, {"model", model}, {"reason", lease.error().detail}});
      continue;
    }
    fleet::Outcome outcome;
    const auto backend = fleet_.backend(host);
    if (lease->must_load_first && backend != nullptr) {
      core::ModelView view;
      view.id = model;
      const auto target = fleet_.target(lease->at, view);
      const auto failure = co_await load_model(*worker_, fleet_, *backend, lease->at, target);
      if (failure) {
        outcome.cause = failure->cause;
        log_.warn("model not loaded", {{"provider", host}, {"model", model}, {"reason", failure->detail}});
      } else {
        log_.info("model loaded", {{"provider", host}, {"model", model}});
      }
    }
    fleet_.finished(lease->id, outcome);
  }
}

bool Prober::tell(const std::string& host, const core::Result<providers::Listing>& result) {
  const auto known = reachable_.find(host);
  const bool there = result.has_value();
  if (known != reachable_.end() && known->second == there) return false;
  reachable_[host] = there;
  metrics_.host_event(host, there ? "came" : "went");
  if (there) {
    log_.info("backend answers", {{"provider", host},
                                  {"version", result->version},
                                  {"models", static_cast<std::int64_t>(result->models.size())}});
  } else {
    log_.warn("backend does not answer", {{"provider", host}, {"reason", result.error().detail}});
  }
  return there;
}

}  // namespace codecrucible::gateway
