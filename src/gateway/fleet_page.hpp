#pragma once

#include "gateway/worker_desk.hpp"

#include <string>

namespace codecrucible::gateway {

// The fleet's picture and this machine as JSON.
std::string fleet_page(const core::FleetView& fleet, const Machine& machine);

// POST /admin/fleet/{drain,resume,reset} with {"provider": "…", "model": "…"}: takes no new work there and
// lets what runs finish, the reverse, and closes breakers (of all its models without one).
core::Result<std::string> command_fleet(net::Exchange& exchange, WorkerDesk& desk, std::string_view verb);

}  // namespace codecrucible::gateway
