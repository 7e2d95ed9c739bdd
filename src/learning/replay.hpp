#pragma once

#include "history/reader.hpp"
#include "learning/off_policy.hpp"
#include "router/router.hpp"

#include <cstddef>
#include <vector>

namespace codecrucible::learning {

// Which records a replay could use, and why not the others.
struct Replayed {
  std::vector<Logged> log;
  std::size_t seen = 0;     // requests looked at
  std::size_t fixed = 0;    // no choice was made: a model was named, or the conversation stayed where it was
  std::size_t unrated = 0;  // nobody said how good the answer was
  std::size_t same = 0;     // of `log`: the other policy would have chosen the same
};

// What `other` would have decided for the records of a history, for `evaluate`. The fleet of each decision is
// rebuilt from the record: the candidates that there were, at the times that were expected then. Conditions
// on headers and on the fleet's state see nothing. Guesses of the doubly robust estimate are learned from
// the other half of the records.
Replayed replayed(const std::vector<history::Kept>& records, const router::Policy& other);

}  // namespace codecrucible::learning
