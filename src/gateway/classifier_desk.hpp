#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "gateway/classifier_shelf.hpp"
#include "gateway/snapshot.hpp"
#include "learning/retraining.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace codecrucible::gateway {

// Models of the classifier that were trained with labelled prompts of the history. A round runs on a thread
// of the lowest priority, one at a time; what proves surely better on prompts
// that were held back is kept and offered, or comes into use by itself if the settings say so. Model 0 is the
// one of the configuration's file. No request ever waits for any of it.
class ClassifierDesk {
 public:
  ClassifierDesk(const config::Settings& settings, SnapshotStore& snapshots, telemetry::Log& log);
  ~ClassifierDesk();

  // Looks for what was kept. Call before the first snapshot is made. Does nothing while learning or history
  // is off.
  void open();
  // Puts the model in use into a snapshot that is about to be published. Any thread.
  void put_into(Snapshot& snapshot) const;
  void start();  // the schedule
  void apply(const config::Settings& settings);
  void stop();

  using Answer = std::function<void(core::Result<std::string>)>;
  // Pages and orders of /admin/classifiers; answered on the desk's thread, as JSON.
  void list(Answer answer);
  void activate(std::uint64_t number, Answer answer);
  void roll_back(Answer answer);  // to what was in use before
  void train(Answer answer);      // begins a round, if none is under way; answers at once

  void add_samples(std::vector<telemetry::Sample>& samples) const;

 private:
  using Model = std::shared_ptr<const classifier::Model>;
  bool active() const { return settings_.learning.enabled && settings_.history.enabled; }
  std::string page() const;
  void arm_timer();
  // Begins a round; `least` new labels are needed, else it is left out.
  void begin_round(std::size_t least);
  void end_round(core::Result<learning::Retrained> found);
  core::Result<void> use(std::uint64_t number);
  void order(Answer answer, std::function<core::Result<void>()> what);

  SnapshotStore& snapshots_;
  telemetry::Log& log_;
  // The desk's thread only, once started.
  config::Settings settings_;
  ClassifierShelf shelf_;
  std::thread trainer_;
  bool training_ = false;
  std::uint64_t begun_with_ = 0;  // the model in use when the round began

  mutable std::mutex mutex_;
  Model model_;  // in use; null: that of the file
  struct Numbers {
    double in_use = 0, newest = 0, rounds = 0;
  };
  Numbers numbers_;
  boost::asio::thread_pool thread_{1};
  boost::asio::steady_timer timer_;
  std::atomic<bool> stopped_{false};
};

}  // namespace codecrucible::gateway
