#pragma once

#include "gateway/chat_job.hpp"
#include "gateway/heard_answer.hpp"

namespace codecrucible::gateway {

// Tells metrics, log, conversations and history how a request went; called once, at its end. Costs no wait.
// Without `answer` nothing was asked for (a model was only loaded), and history does not remember it.
void record(ChatJob& job, const HeardAnswer* answer);

// Place of an outcome in the dimensions below: 0 = ok, then the causes.
std::size_t outcome_index(const std::optional<core::Failure>& failure);

// The label sets of the fixed dimensions, in the order of the enums; for telemetry::MetricsSettings.
telemetry::Dimensions metric_dimensions();

}  // namespace codecrucible::gateway
