#pragma once

#include "cli/routing_commands.hpp"

namespace codecrucible::cli {

// `codecrucible train --from-history`: learns from prompts of the history that somebody labelled as well, and
// writes the model only if it is better than the one in use on labelled prompts that neither has seen.
int train_from_history(const TrainCommand& command);

}  // namespace codecrucible::cli
