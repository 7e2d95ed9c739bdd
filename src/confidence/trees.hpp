#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace codecrucible::confidence {

// A sum of small decision trees over a row of numbers: what a logistic needs to see that two weak hints
// together are one strong hint.
struct Trees {
  struct Node {
    std::int32_t input = -1;  // -1: a leaf
    float limit = 0;          // value <= limit goes left; of a leaf, what it adds
    std::int32_t left = 0, right = 0;
  };
  std::vector<Node> nodes;
  std::vector<std::int32_t> roots;
  float level = 0;

  float sum(std::span<const float> row) const {
    float total = level;
    for (std::int32_t at : roots) {
      while (nodes[static_cast<std::size_t>(at)].input >= 0) {
        const auto& node = nodes[static_cast<std::size_t>(at)];
        at = row[static_cast<std::size_t>(node.input)] <= node.limit ? node.left : node.right;
      }
      total += nodes[static_cast<std::size_t>(at)].limit;
    }
    return total;
  }
};

}  // namespace codecrucible::confidence
