#pragma once

#include "gateway/fleet_desk.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace codecrucible::gateway {

// Asks the backends for their state, each at its own pace, and drives the fleet's clock: on a thread of its
// own, so that a sleeping host or a long list of models delays no request. Never loads a model.
class Prober {
 public:
  Prober(FleetDesk& fleet, telemetry::Log& log, telemetry::Metrics& metrics,
         const net::ServerSettings& settings);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  void start();
  // Waits until every host has been asked once, or the time is over.
  bool asked_all(std::chrono::milliseconds patience) const;

 private:
  net::task<> beat();
  net::task<> probe(std::string host);
  // True if the host is there and was not before.
  bool tell(const std::string& host, const core::Result<providers::Listing>& result);
  // Brings the models into memory that the operator wants there from the start.
  net::task<> warm(std::string host);

  FleetDesk& fleet_;
  telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  std::unique_ptr<net::Worker> worker_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> answers_{0};
  std::map<std::string, bool> reachable_;  // as last told to the log
  std::thread thread_;
};

}  // namespace codecrucible::gateway
