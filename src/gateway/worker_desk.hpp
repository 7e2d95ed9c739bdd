#pragma once

#include "gateway/conversations.hpp"
#include "gateway/fleet_desk.hpp"
#include "gateway/heartbeat.hpp"
#include "gateway/ids.hpp"
#include "gateway/snapshot.hpp"
#include "net/server.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace codecrucible::gateway {

// What one worker needs to serve requests: its own things, and references to what all share.
struct WorkerDesk {
  WorkerDesk(net::Worker& worker_in, const SnapshotStore& snapshots, FleetDesk& fleet_in, Conversations& conversations_in,
             telemetry::Recorder& recorder_in, telemetry::Log& log_in)
      : worker(worker_in), snapshot(snapshots), fleet(fleet_in), conversations(conversations_in), recorder(recorder_in),
        log(log_in) {}

  net::Worker& worker;
  SnapshotView snapshot;
  FleetDesk& fleet;
  Conversations& conversations;
  telemetry::Recorder& recorder;
  telemetry::Log& log;
  Heartbeat heart;
  Random random;
};

}  // namespace codecrucible::gateway
