#pragma once

#include "confidence/trees.hpp"

#include <cstdint>
#include <vector>

namespace codecrucible::escalation {

using Rows = std::vector<std::vector<float>>;

struct TreeOptions {
  int trees = 250;
  int leaves = 6;
  double rate = 0.035;
  int least_rows = 30;        // in a leaf
  double ridge = 5;           // on leaf values
  double inputs_share = 0.3;  // tried in each tree
  double rows_share = 0.7;    // seen by each tree
  std::uint64_t seed = 1;
};

// Gradient boosting of the logistic loss on binned inputs. Deterministic.
confidence::Trees fit_trees(const Rows& inputs, const std::vector<bool>& target, const std::vector<int>& rows,
                            const TreeOptions& options);

}  // namespace codecrucible::escalation
