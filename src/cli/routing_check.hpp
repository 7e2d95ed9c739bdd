#pragma once

#include "config/load.hpp"

#include <vector>

namespace codecrucible::cli {

// The router's own check of rules, tiers and names, in the words of the config.
std::vector<config::Finding> check_routing(const config::Settings& settings);

}  // namespace codecrucible::cli
