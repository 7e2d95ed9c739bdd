#pragma once

#include "gateway/routes.hpp"
#include "gateway/worker_desk.hpp"

namespace codecrucible::gateway {

// The way of a chat or completion request, from its bytes to its record.
net::task<> serve_chat(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest);

}  // namespace codecrucible::gateway
