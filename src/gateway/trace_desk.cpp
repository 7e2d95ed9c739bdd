#include "gateway/trace_desk.hpp"

#include "gateway/clock.hpp"
#include "net/plain_request.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <chrono>

namespace codecrucible::gateway {
namespace {

constexpr std::chrono::milliseconds tick{20};
constexpr std::chrono::seconds patience_at_end{2};
constexpr std::size_t most_at_once = 512;  // spans of one export
constexpr std::size_t largest_collector_reply = 1024 * 1024;

}  // namespace

TraceDesk::TraceDesk(telemetry::TraceSettings settings, const net::ServerSettings& server,
                     std::string version, telemetry::Log& log)
    : settings_(std::move(settings)), version_(std::move(version)), log_(log) {
  if (settings_.endpoint.empty()) return;
  auto endpoint = net::parse_endpoint(settings_.endpoint);
  if (!endpoint) {
    log_.warn("no traces are sent: tracing.endpoint makes no sense", {{"reason", endpoint.error().detail}});
    return;
  }
  endpoint_ = std::move(*endpoint);
  path_ = endpoint_.base_path.ends_with("/v1/traces") ? std::string() : "/v1/traces";
  for (const auto& [name, value] : settings_.headers) headers_ += name + ": " + value + "\r\n";
  worker_ = net::make_worker(server);
  enabled_ = true;
}

TraceDesk::~TraceDesk() {
  stop();
}

void TraceDesk::start() {
  if (!enabled_) return;
  boost::asio::co_spawn(worker_->context(), beat(), boost::asio::detached);
  thread_ = std::thread([this] {
    // The worker's own sweeper keeps the context busy: the flag ends the loop.
    auto until = core::Time::max();
    while (!over_ && clock_now() < until) {
      worker_->context().run_one_for(tick);
      // On the way out nobody waits for a collector that does not answer.
      if (stopping_ && until == core::Time::max()) until = clock_now() + patience_at_end;
    }
  });
}

void TraceDesk::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void TraceDesk::hand_over(std::vector<telemetry::Span> spans) noexcept {
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() + spans.size() > settings_.queue) {
    dropped_ += spans.size();
    return;
  }
  try {
    waiting_.insert(waiting_.end(), std::make_move_iterator(spans.begin()),
                    std::make_move_iterator(spans.end()));
  } catch (const std::bad_alloc&) {
    dropped_ += spans.size();
  }
}

std::vector<telemetry::Span> TraceDesk::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

net::task<> TraceDesk::beat() {
  auto next = clock_now() + settings_.flush;
  while (true) {
    const bool last = stopping_;
    bool many = false;
    {
      const std::scoped_lock lock(mutex_);
      many = waiting_.size() >= settings_.queue / 4;
    }
    if (last || many || clock_now() >= next) {
      co_await send_all();
      next = clock_now() + settings_.flush;
    }
    if (last) break;
    co_await worker_->sleep(tick);
  }
  over_ = true;
}

net::task<> TraceDesk::send_all() {
  const auto spans = take();
  net::UpstreamLimits limits;
  limits.connect = limits.first_byte = limits.idle = settings_.timeout;
  for (std::size_t at = 0; at < spans.size(); at += most_at_once) {
    const auto count = std::min(most_at_once, spans.size() - at);
    const std::string body =
        telemetry::otlp_json(std::span(spans).subspan(at, count), settings_.service, version_);
    net::UpstreamRequest request;
    request.path = path_;
    request.body = body;
    request.accept = "application/json";
    request.extra = headers_;
    limits.total = core::Deadline::in(clock_now(), settings_.timeout);
    const auto reply = co_await net::plain_request(worker_->upstreams(), endpoint_, request, limits,
                                                   largest_collector_reply);
    if (reply && reply->status >= 200 && reply->status < 300) {
      exported_ += count;
      told_ = false;
      continue;
    }
    failed_ += count;
    if (!told_) {
      const std::string reason =
          reply ? "it answered " + std::to_string(reply->status) : reply.error().detail;
      log_.warn("the collector of traces did not take spans", {{"reason", reason}});
    }
    told_ = true;
  }
}

void TraceDesk::add_samples(std::vector<telemetry::Sample>& samples) const {
  const auto add = [&](const char* result, std::uint64_t value) {
    telemetry::add_sample(samples, "trace_spans_total", "Spans for the collector, by what became of them",
                          true, static_cast<double>(value))
        .labels = {{"result", result}};
  };
  add("exported", exported_);
  add("dropped", dropped_);
  add("failed", failed_);
}

}  // namespace codecrucible::gateway
