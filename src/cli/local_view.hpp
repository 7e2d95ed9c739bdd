#pragma once

#include "classifier/classify.hpp"
#include "cli/discover.hpp"
#include "config/settings.hpp"
#include "core/fleet_view.hpp"

#include <string>

namespace codecrucible::cli {

// The classifier's layers as `settings` name them; `trouble` says why there is no trained one.
classifier::Layers layers_of(const classifier::Settings& settings, std::string& trouble);

// Model files of the settings are looked for here, beside the program, and where it was installed: a gateway
// may be started from any folder.
void find_model_files(classifier::Settings& settings);
void find_model_file(std::string& file);

// The fleet's picture made from what `look_around` found, without a gateway.
core::FleetViewPtr view_of(const std::vector<Place>& places, const config::Settings& settings);

}  // namespace codecrucible::cli
