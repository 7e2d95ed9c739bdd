#pragma once

#include "fleet/estimate.hpp"

#include <optional>
#include <string>

namespace codecrucible::fleet {

// What was learned of one model on one host: a plain value that the owner keeps across restarts.
struct Learned {
  std::string host;
  std::string model;
  Speeds speeds;
  std::optional<int> slots;  // learned, if neither server nor operator says
};

}  // namespace codecrucible::fleet
