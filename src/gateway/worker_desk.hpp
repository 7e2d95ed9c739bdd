#pragma once

#include "cache/turns.hpp"
#include "fleet/retry.hpp"
#include "gateway/cache_desk.hpp"
#include "gateway/classifier_desk.hpp"
#include "gateway/config_desk.hpp"
#include "gateway/conversations.hpp"
#include "gateway/escalation_budget.hpp"
#include "gateway/fleet_desk.hpp"
#include "gateway/history_desk.hpp"
#include "gateway/ids.hpp"
#include "gateway/judge_memory.hpp"
#include "gateway/learning_desk.hpp"
#include "gateway/picture_shelf.hpp"
#include "gateway/rate_limits.hpp"
#include "gateway/snapshot.hpp"
#include "gateway/trace_desk.hpp"
#include "net/server.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <string>
#include <string_view>
#include <unordered_map>

namespace codecrucible::gateway {

// What all workers share.
struct Shared {
  SnapshotStore& snapshots;
  FleetDesk& fleet;
  Conversations& conversations;
  cache::Turns& turns;
  JudgeMemory& judgements;
  CacheDesk& cache;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  HistoryDesk& history;
  LearningDesk& learning;
  ClassifierDesk& classifiers;
  EscalationBudget& escalations;
  TraceDesk& traces;
  RateLimits& limits;
  PictureShelf& pictures;
  const std::atomic<ConfigDesk*>& configs;  // null before the first and after the last configuration by text
};

// What one worker needs to serve requests: its own things, and references to what all share. Used on its
// thread only.
struct WorkerDesk {
  WorkerDesk(net::Worker& worker_in, const Shared& shared)
      : worker(worker_in),
        snapshot(shared.snapshots),
        fleet(shared.fleet),
        conversations(shared.conversations),
        turns(shared.turns),
        judgements(shared.judgements),
        cache(shared.cache),
        metrics(shared.metrics),
        recorder(shared.metrics.worker(worker_in.index())),
        log(shared.log),
        history(shared.history),
        learning(shared.learning),
        classifiers(shared.classifiers),
        escalations(shared.escalations),
        traces(shared.traces),
        limits(shared.limits),
        pictures(shared.pictures),
        configs(shared.configs),
        retry_settings(shared.fleet.retry()),
        retries(retry_settings) {}
  WorkerDesk(const WorkerDesk&) = delete;
  WorkerDesk& operator=(const WorkerDesk&) = delete;

  // The metric handle of a model, resolved once.
  telemetry::Series series(std::string_view provider, std::string_view model) {
    key_.assign(provider);
    key_ += '\n';
    key_ += model;
    const auto known = series_.find(key_);
    if (known != series_.end()) return known->second;
    return series_[key_] = metrics.series(provider, model);
  }

  net::Worker& worker;
  SnapshotView snapshot;
  FleetDesk& fleet;
  Conversations& conversations;
  cache::Turns& turns;
  JudgeMemory& judgements;
  CacheDesk& cache;
  telemetry::Metrics& metrics;
  telemetry::Recorder& recorder;
  telemetry::Log& log;
  HistoryDesk& history;
  LearningDesk& learning;
  ClassifierDesk& classifiers;
  EscalationBudget& escalations;
  TraceDesk& traces;
  RateLimits& limits;
  PictureShelf& pictures;
  const std::atomic<ConfigDesk*>& configs;
  fleet::RetrySettings retry_settings;
  fleet::RetryBudget retries;
  std::uint32_t shadows = 0;  // copies of requests under way
  Random random;

 private:
  std::unordered_map<std::string, telemetry::Series> series_;
  std::string key_;
};

}  // namespace codecrucible::gateway
