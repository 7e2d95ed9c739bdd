#pragma once

#include "fleet/ask.hpp"
#include "gateway/chat_job.hpp"

namespace codecrucible::gateway {

// One try at one model with a lease in hand: loads if told to, sends, relays or translates, and tells the
// fleet how it went. On success the client has its whole answer. A failure before anything went out leaves
// the reply untouched, so that another candidate may take over; after that the client has been told in its
// stream (`record.failure` either way).
net::task<AttemptRecord> attempt(ChatJob& job, std::size_t model, fleet::Lease lease);

}  // namespace codecrucible::gateway
