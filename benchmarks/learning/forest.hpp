#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace codecrucible::measuring {

using Table = std::vector<std::vector<float>>;  // [row][column]

struct ForestOptions {
  int trees = 200;
  std::size_t least_rows = 15;  // in a leaf
  double inputs_share = 0.4;    // tried at each node, each with one random limit
  std::uint64_t seed = 1;
};

// Extremely randomised trees (Geurts, Ernst & Wehenkel 2006) with many outputs at once: a split is good if it
// parts rows whose outputs differ, all models together. Deterministic.
class Forest {
 public:
  Forest(const Table& inputs, const Table& outputs, const std::vector<std::size_t>& rows,
         const ForestOptions& options);
  std::vector<double> predict(const std::vector<float>& input) const;

 private:
  struct Node {
    std::int32_t input = -1;  // -1: a leaf
    float limit = 0;
    std::uint32_t left = 0, right = 0;  // of a leaf: left is the place of its values
  };
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> roots_;
  std::vector<float> values_;
  std::size_t width_ = 0;
};

}  // namespace codecrucible::measuring
