#pragma once

#include "gateway/routes.hpp"
#include "gateway/worker_desk.hpp"

namespace codecrucible::gateway {

// Everything that is neither chat nor vectors: lists of models, health, metrics.
net::task<> serve_page(net::Exchange& exchange, WorkerDesk& desk, const Route& route);

// Replies with a failure in the dialect of the path, under the request's id.
net::task<> refuse(net::Exchange& exchange, Random& random, core::Surface surface,
                   const core::Failure& failure);

}  // namespace codecrucible::gateway
