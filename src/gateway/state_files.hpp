#pragma once

#include "config/settings.hpp"
#include "core/result.hpp"
#include "fleet/learned.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// Where the gateway keeps what outlives it: `stateDirectory`, else $XDG_STATE_HOME/codecrucible, else
// ~/.local/state/codecrucible.
std::string state_directory(const config::Settings& settings);

// The history's database.
std::string history_file(const config::Settings& settings);

// Replaces the file in one step, so that nobody ever reads half of it.
bool replace_file(const std::string& path, const std::string& text);

// What was learned of the backends, as JSON text and back. Failure = this is no such text, whole or in part.
std::string learned_text(const std::vector<fleet::Learned>& learned);
core::Result<std::vector<fleet::Learned>> learned_of(std::string_view text);

}  // namespace codecrucible::gateway
