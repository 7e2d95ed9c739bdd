#pragma once

#include "core/fleet_view.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// The lists of models as clients ask for them. A model that several hosts hold is one line; every line tells
// where it lives, whether it is in memory and which window it has, in extra members that strict clients
// ignore.

// /v1/models. `virtual_models`: "auto", … and the aliases of the config.
std::string models_page(const core::FleetView& fleet, const std::vector<std::string>& virtual_models);

// /v1/models/{id}; none = unknown.
std::optional<std::string> model_page(const core::FleetView& fleet,
                                      const std::vector<std::string>& virtual_models, std::string_view id);

// "lmstudio", or "lmstudio (simulation)": what owned_by, headers and logs say.
std::string provider_label(const core::HostView& host);

}  // namespace codecrucible::gateway
