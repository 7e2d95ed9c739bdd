#pragma once

#include "classifier/focus.hpp"

namespace codecrucible::classifier {

// Layer 4: an answer from lengths alone, for when nothing else could speak. Cannot fail.
Vote emergency_vote(const Focus& focus) noexcept;

}  // namespace codecrucible::classifier
