#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "simulator/simulator.hpp"

#include <memory>
#include <vector>

namespace codecrucible::cli {

// The built-in simulators in the place of LM Studio and Ollama, for a first look without any server of
// models.
using Simulation = std::vector<std::unique_ptr<simulator::Simulator>>;

core::Result<Simulation> start_simulators();

// Points the providers `lmstudio` and `ollama` of `settings` at them, marked as simulated everywhere.
void stand_in(const Simulation& simulation, config::Settings& settings);

// Both at once.
core::Result<Simulation> begin_simulation(config::Settings& settings);

}  // namespace codecrucible::cli
