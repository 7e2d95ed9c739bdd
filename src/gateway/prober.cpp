#include "gateway/prober.hpp"

#include "net/plain_request.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_listing = 16 * 1024 * 1024;
constexpr std::size_t most_probes = 200;
constexpr std::chrono::milliseconds tick{50};

core::Time clock_now() {
  return std::chrono::steady_clock::now();
}

fleet::Listing fleet_listing(const providers::Listing& listing) {
  fleet::Listing out;
  out.version = listing.version;
  for (const auto& model : listing.models) {
    fleet::Found found;
    found.id = model.id;
    found.can = model.can;
    found.window = model.window;
    found.max_window = model.max_window;
    found.size_bytes = model.size_bytes;
    found.vram_bytes = model.vram_bytes;
    found.parameters_billion = model.parameters_billion;
    found.resident = model.resident;
    found.slots = model.slots;
    found.expires_in_seconds = model.expires_in_seconds;
    out.models.push_back(std::move(found));
  }
  return out;
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
  const auto result = co_await ask(*backend);
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

// Follows the provider's own sequence of questions; every reply may decide the next one.
net::task<core::Result<providers::Listing>> Prober::ask(const Backend& backend) {
  std::vector<net::PlainReply> replies;
  std::vector<providers::ProbeReply> seen;
  net::UpstreamLimits limits;
  const auto patience = fleet_.timeouts().probe;
  limits.connect = patience;
  limits.first_byte = patience;
  limits.idle = patience;
  replies.reserve(most_probes);  // `seen` points into them
  while (replies.size() < most_probes) {
    const auto probe = backend.provider->next_probe(seen);
    if (!probe) break;
    net::UpstreamRequest request;
    request.method = probe->method;
    request.path = probe->path;
    request.body = probe->body;
    auto reply =
        co_await net::plain_request(worker_->upstreams(), backend.endpoint, request, limits, largest_listing);
    if (!reply) co_return reply.error();
    replies.push_back(std::move(*reply));
    seen.push_back({replies.back().status, replies.back().content_type, replies.back().body});
  }
  co_return backend.provider->parse_listing(seen);
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
