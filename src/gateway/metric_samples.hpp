#pragma once

#include "core/fleet_view.hpp"
#include "gateway/cache_desk.hpp"
#include "gateway/machine.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace codecrucible::gateway {

// What the fleet's picture says, as metrics of the moment: reachability, breakers, residents, queues, speeds;
// what this machine has, and what the cache holds.
struct MetricSamples {
  std::vector<telemetry::Sample> samples;
};
MetricSamples metric_samples(const core::FleetView& fleet, const Machine& machine, const CacheDesk& caches);

}  // namespace codecrucible::gateway
