#pragma once

#include "gateway/worker_desk.hpp"

namespace codecrucible::gateway {

// The way of a request for vectors, in either dialect, to any kind of backend.
net::task<> serve_embeddings(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest);

// Failure{garbage} unless a backend gave as many vectors as it was given texts: a missing one would be taken
// for its neighbour's.
core::Result<void> one_for_each(const core::EmbeddingsRequest& request, std::size_t vectors);

}  // namespace codecrucible::gateway
