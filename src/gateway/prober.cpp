#include "gateway/prober.hpp"

#include "gateway/listing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::milliseconds tick{50};

core::Time clock_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Prober::Prober(FleetDesk& fleet, telemetry::Log& log, const net::ServerSettings& settings)
    : fleet_(fleet), log_(log), worker_(net::make_worker(settings)) {}

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
  const auto result = co_await ask_listing(*worker_, *backend, fleet_.timeouts().probe);
  fleet_.with_fleet([&](fleet::Fleet& fleet) {
    if (result) {
      fleet.probed(host, fleet_listing(*result), started, clock_now());
    } else {
      fleet.probe_failed(host, result.error(), clock_now());
    }
  });
  tell(host, result);
  ++answers_;
}

void Prober::tell(const std::string& host, const core::Result<providers::Listing>& result) {
  const auto known = reachable_.find(host);
  const bool there = result.has_value();
  if (known != reachable_.end() && known->second == there) return;
  reachable_[host] = there;
  if (there) {
    log_.info("backend answers", {{"provider", host},
                                  {"version", result->version},
                                  {"models", static_cast<std::int64_t>(result->models.size())}});
  } else {
    log_.warn("backend does not answer", {{"provider", host}, {"reason", result.error().detail}});
  }
}

}  // namespace codecrucible::gateway
