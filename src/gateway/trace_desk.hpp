#pragma once

#include "net/server.hpp"
#include "net/upstream.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/settings.hpp"
#include "telemetry/trace.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace codecrucible::gateway {

// Sends spans to a collector of OpenTelemetry (OTLP over HTTP, JSON), on a thread of its own. A worker only
// moves its spans into a bounded list; what finds no room, and what the collector does not take, is counted
// and forgotten. Does nothing without an endpoint; a change of settings needs a restart.
class TraceDesk {
 public:
  TraceDesk(telemetry::TraceSettings settings, const net::ServerSettings& server, std::string version,
            telemetry::Log& log);
  ~TraceDesk();
  TraceDesk(const TraceDesk&) = delete;
  TraceDesk& operator=(const TraceDesk&) = delete;

  void start();
  // Sends what is there, once, and ends.
  void stop();

  bool enabled() const noexcept { return enabled_; }
  double sample() const noexcept { return settings_.sample; }
  // Any thread.
  void hand_over(std::vector<telemetry::Span> spans) noexcept;
  void add_samples(std::vector<telemetry::Sample>& samples) const;

 private:
  net::task<> beat();
  net::task<> send_all();
  std::vector<telemetry::Span> take();

  telemetry::TraceSettings settings_;
  std::string version_;
  telemetry::Log& log_;
  net::Endpoint endpoint_;
  std::string path_, headers_;
  bool enabled_ = false;
  std::unique_ptr<net::Worker> worker_;
  mutable std::mutex mutex_;
  std::vector<telemetry::Span> waiting_;
  std::atomic<std::uint64_t> exported_{0}, dropped_{0}, failed_{0};
  std::atomic<bool> stopping_{false};
  bool told_ = false;  // of trouble, once until it works again
  bool over_ = false;  // the last sending is done; the thread's own
  std::thread thread_;
};

}  // namespace codecrucible::gateway
