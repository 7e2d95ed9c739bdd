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

// The model of that name where it can answer at once: in memory, on a host that works. Null without one: for
// asides (a judge, a look into the cache), which cause no load and no eviction.
const core::ModelView* ready_model(const core::FleetView& view, std::string_view name);

}  // namespace codecrucible::fleet
