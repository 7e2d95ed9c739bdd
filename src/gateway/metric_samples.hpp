#pragma once

#include "core/fleet_view.hpp"
#include "gateway/machine.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace codecrucible::gateway {

// What the fleet's picture says, as metrics of the moment: reachability, breakers, residents, queues, speeds;
// and what this machine has.
struct MetricSamples {
  std::vector<telemetry::Sample> samples;
};
MetricSamples metric_samples(const core::FleetView& fleet, const Machine& machine);

}  // namespace codecrucible::gateway
