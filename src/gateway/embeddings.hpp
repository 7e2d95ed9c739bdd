#pragma once

#include "gateway/worker_desk.hpp"

namespace codecrucible::gateway {

// The way of a request for vectors, in either dialect, to any kind of backend.
net::task<> serve_embeddings(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest);

}  // namespace codecrucible::gateway
