#pragma once

#include "config/settings.hpp"
#include "providers/provider.hpp"

#include <optional>
#include <string>
#include <vector>

namespace codecrucible::cli {

// What was found at one place where a server of models may be.
struct Place {
  fleet::HostSettings host;
  bool configured = false;  // the config names it; else it is one of the usual ports
  core::Result<providers::Listing> answer = core::fail(core::Cause::refused, "not asked");
};

// Asks all configured providers and the usual ports of this machine at once; takes as long as the slowest
// answer, at most `discovery.timeout`. Loads nothing.
std::vector<Place> look_around(const config::Settings& settings);

// The same for those usual ports that are not among `known` (URLs): who has appeared there since.
std::vector<Place> look_for_new(const config::Settings& settings, const std::vector<std::string>& known);

// The places that answer but are not in the config join `settings.fleet` (and the routing's providers), and
// so do those whose URL is among `kept`, whether they answer now or not.
void adopt(const std::vector<Place>& places, config::Settings& settings,
           const std::vector<std::string>& kept = {});

bool anybody_answers(const std::vector<Place>& places);

}  // namespace codecrucible::cli
