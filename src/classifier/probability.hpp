#pragma once

#include "classifier/model.hpp"
#include "classifier/weights.hpp"

#include <span>

namespace codecrucible::classifier {

// Softmax of logits / temperature, in place.
void soften(std::span<float> logits, float temperature) noexcept;

// Analysis, planning, debugging and multi-file work go to strong models, the other types to fast ones.
bool wants_quality(core::TaskType type) noexcept;

// Weighs each type's probability with the square of its group's, in place: when two types are close, the one
// whose neighbours are likely too is the safer answer, for a slip within a group costs little. Sum 1 before
// and after.
void lean_to_group(std::span<float> types) noexcept;

// Logits to the calibrated answer, with the asymmetric complexity thresholds of the weights.
ModelAnswer answer_of(const Logits& logits, const Weights& weights) noexcept;

// Class and score from probabilities: complex work called simple costs more than the other way round.
core::Complexity complexity_of(std::span<const float, core::complexity_count> p, float complex_floor,
                               float simple_floor) noexcept;

}  // namespace codecrucible::classifier
