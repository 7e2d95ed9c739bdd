#pragma once

#include "gateway/chat_job.hpp"

namespace codecrucible::gateway {

// Serves a decided request: candidate after candidate in the decision's order until one has answered, the
// client has left, or nothing is left to try. The client has been told in every case; `job.failure` says
// what.
net::task<> climb(ChatJob& job);

}  // namespace codecrucible::gateway
