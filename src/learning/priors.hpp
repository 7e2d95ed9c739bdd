#pragma once

#include "core/fleet_view.hpp"
#include "core/task.hpp"
#include "router/router.hpp"

#include <array>
#include <map>
#include <string>

namespace codecrucible::learning {

// Quality per task and complexity.
using Cells = std::array<std::array<double, core::complexity_count>, core::task_type_count>;

// What config and sizes let one expect of each model of the fleet, by id, before anything was learned: the
// router's own estimate, asked without rules and as if every host were there.
std::map<std::string, Cells> priors_of(const router::Settings& settings, const core::FleetView& fleet);

}  // namespace codecrucible::learning
