#pragma once

#include "gateway/chat_job.hpp"
#include "gateway/heard_answer.hpp"
#include "telemetry/metrics.hpp"

namespace codecrucible::gateway {

// Hands the record of a finished request to the history's writer. Costs about a microsecond, waits for
// nobody; what the writer cannot take in time is dropped and counted.
void remember(const ChatJob& job, const HeardAnswer& answer, const telemetry::Finished& finished);

// The record of a copy of this request that goes where `decision` says; what comes of it is for the caller to
// fill in. Of no conversation, so that no follow-up speaks of it.
std::unique_ptr<history::Record> shadow_record(const ChatJob& job, const router::Decision& decision);

}  // namespace codecrucible::gateway
