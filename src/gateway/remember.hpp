#pragma once

#include "gateway/chat_job.hpp"
#include "gateway/heard_answer.hpp"
#include "telemetry/metrics.hpp"

namespace codecrucible::gateway {

// Hands the record of a finished request to the history's writer. Costs about a microsecond, waits for
// nobody; what the writer cannot take in time is dropped and counted.
void remember(const ChatJob& job, const HeardAnswer& answer, const telemetry::Finished& finished);

}  // namespace codecrucible::gateway
