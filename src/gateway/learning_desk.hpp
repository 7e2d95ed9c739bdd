#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "gateway/fleet_desk.hpp"
#include "gateway/snapshot.hpp"
#include "learning/release.hpp"
#include "learning/scholar.hpp"
#include "learning/shelf.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// Learns from the history on a thread of its own, never inside a request: reads new records and words about
// them, updates what is believed of each model, keeps each new state as a version, and publishes it into the
// snapshot, first to the share of requests that the release allows. Version 0 is the rules alone.
class LearningDesk {
 public:
  LearningDesk(const config::Settings& settings, SnapshotStore& snapshots, FleetDesk& fleet,
               telemetry::Log& log);
  ~LearningDesk();

  // Takes up where the last run stopped. Does nothing while learning or history is off.
  void start();
  // New settings; the file stays.
  void apply(const config::Settings& settings);
  void stop();

  using Answer = std::function<void(core::Result<std::string>)>;
  // Pages and orders of /admin/policies; answered on the desk's thread, as JSON.
  void list(Answer answer);
  void show(std::uint64_t number, Answer answer);
  // A kept version comes into force in the given way; none: at once. What is learned later does not, until
  // `follow`. 0 = the rules alone.
  void activate(std::uint64_t number, std::optional<learning::Strategy> strategy, Answer answer);
  // Back to what was in force before.
  void roll_back(Answer answer);
  // The newest version is released again, and each later one.
  void follow(Answer answer);
  // Reads the history now, then answers with `list`.
  void learn_now(Answer answer);

  void add_samples(std::vector<telemetry::Sample>& samples) const;

 private:
  struct State;
  void turn();  // one round: read, learn, keep, publish
  void arm_timer();

  SnapshotStore& snapshots_;
  FleetDesk& fleet_;
  telemetry::Log& log_;
  std::unique_ptr<State> state_;  // the desk's thread only
  struct Numbers {
    double version = 0, candidate = 0, percentage = 0, outcomes = 0, alarms = 0;
    double requests = 0, explored = 0, regret = 0, rollbacks = 0, activations = 0;
  };
  mutable std::mutex mutex_;
  Numbers numbers_;
  boost::asio::thread_pool thread_{1};
  boost::asio::steady_timer timer_;
  std::atomic<bool> stopped_{false};
};

}  // namespace codecrucible::gateway
