#pragma once

#include "classifier/dataset.hpp"
#include "classifier/weights.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace codecrucible::classifier {

struct FitOptions {
  int epochs = 12;            // more fits the words of single prompts
  float rate = 0.12F;         // AdaGrad
  float decay = 2e-4F;        // L2, paid by a weight whenever it is touched
  float other_weight = 0.5F;  // of rows without a source, against those with one
  float smoothing = 0.15F;    // of each target, shared among all classes: two annotators differ, too
  std::uint64_t seed = 1;
  std::function<bool()> stop{};  // asked before each epoch; true: what was found until then is given
};

// Logistic regression by AdaGrad over shuffled rows, averaged over the last half. Deterministic.
// `rows` are indices into `examples`.
Weights fit(const std::vector<Example>& examples, std::span<const std::uint32_t> rows,
            const FitOptions& options);

// Logits of one packed example.
Logits apply(const Weights& weights, const Example& example);

}  // namespace codecrucible::classifier
