#pragma once

#include "classifier/verdict.hpp"

#include <string>

namespace codecrucible::classifier {

// One line of JSON: type, complexity, score, confidence, decided_by, needs, signals, keywords, votes.
std::string to_json(const Verdict& verdict);

}  // namespace codecrucible::classifier
