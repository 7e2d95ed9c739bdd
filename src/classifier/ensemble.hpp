#pragma once

#include "classifier/model.hpp"
#include "classifier/settings.hpp"
#include "classifier/verdict.hpp"

#include <optional>

namespace codecrucible::classifier {

// What the layers that were asked said; absent = switched off, missing or failed.
struct Opinions {
  std::optional<RuleAnswer> rules;
  std::optional<ModelAnswer> model;
  Vote emergency{.layer = Layer::emergency};
};

// Weighs the layers and fills type, complexity, score, confidence, decided_by, type_scores and votes.
void decide(const Opinions& opinions, const Settings& settings, Verdict& verdict);

}  // namespace codecrucible::classifier
