#pragma once

#include "gateway/routes.hpp"
#include "gateway/worker_desk.hpp"

#include <string>

namespace codecrucible::gateway {

// Who asks, as far as kept responses are concerned: they are shared by all while no keys are configured.
std::string owner_of(const net::Exchange& exchange, const Snapshot& snapshot);

// GET and DELETE /v1/responses/{id}, GET /v1/responses/{id}/input_items. The body of the reply, or why not.
core::Result<std::string> response_page(const net::Exchange& exchange, WorkerDesk& desk,
                                        const std::string& rest);

}  // namespace codecrucible::gateway
