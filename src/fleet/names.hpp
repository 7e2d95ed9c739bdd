#pragma once

#include "core/fleet_view.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::fleet {

using Aliases = std::map<std::string, std::vector<std::string>, std::less<>>;

// The form in which two spellings of one model are equal: lower case, %XX decoded, ":latest" dropped.
std::string canonical(std::string_view name);

// Indices into view.models that `name` means, in the view's order (aliases: in the alias' order); empty if no
// backend knows it. Tries in turn: alias, the exact name, the canonical name, "host/model", the name without
// its publisher, the name without a tag if only one model has it.
std::vector<std::size_t> resolve(std::string_view name, const core::FleetView& view,
                                 const Aliases& aliases = {});

}  // namespace codecrucible::fleet
