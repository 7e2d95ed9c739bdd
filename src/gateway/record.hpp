#pragma once

#include "gateway/chat_job.hpp"

namespace codecrucible::gateway {

// Tells metrics, log and conversations how a request went; called once, at its end. Costs no wait.
void record(ChatJob& job);

// The label sets of the fixed dimensions, in the order of the enums; for telemetry::MetricsSettings.
telemetry::Dimensions metric_dimensions();

}  // namespace codecrucible::gateway
