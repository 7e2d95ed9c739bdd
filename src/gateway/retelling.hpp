#pragma once

#include "cache/exact.hpp"
#include "gateway/bell.hpp"
#include "gateway/chat_job.hpp"

#include <optional>

namespace codecrucible::gateway {

// Tells the client an answer from memory, in its own dialect, streamed or whole.
net::task<> replay(ChatJob& job, const cache::Answer& answer);

// Tells the client what a generation under way says, from its start, at the client's pace; `bell` rings when
// there is more. None = the client has its answer, or left. A failure was not yet told to the client.
net::task<std::optional<core::Failure>> follow(ChatJob& job, cache::Flight& flight, cache::Flight::Seat seat,
                                               Bell& bell);

}  // namespace codecrucible::gateway
