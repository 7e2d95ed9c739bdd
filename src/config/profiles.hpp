#pragma once

#include "config/load.hpp"

#include <optional>
#include <string_view>

namespace codecrucible::config {

// The overlays that come with the program; config/profiles/ holds the same texts for people to edit.
std::optional<Source> built_in_profile(std::string_view name);

}  // namespace codecrucible::config
