#pragma once

#include "core/fleet_view.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace codecrucible::gateway {

// What the fleet's picture says, as metrics of the moment: reachability, breakers, residents, queues, speeds.
struct MetricSamples {
  std::vector<telemetry::Sample> samples;
};
MetricSamples metric_samples(const core::FleetView& fleet);

}  // namespace codecrucible::gateway
