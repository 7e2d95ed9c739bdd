#pragma once

#include "classifier/inputs.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::classifier {

// One labelled prompt, with its inputs packed: training walks over them many times.
struct Example {
  std::string prompt;
  std::string source;  // empty if the row names none
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  std::uint32_t group = 0;  // near-duplicates share one and stay on the same side of every split
  std::vector<std::pair<std::uint16_t, float>> buckets;
  std::vector<float> numbers;  // raw, not standardised
};

// Rows of a JSONL file: prompt, type, complexity, optional source. A wrong row is named with file and line.
core::Result<std::vector<Example>> read_examples(const std::vector<std::string>& files);

// Gives near-duplicates (token Jaccard >= 0.7) the same group.
void group_duplicates(std::vector<Example>& examples);

void pack_inputs(std::vector<Example>& examples, const Vectors* vectors);

}  // namespace codecrucible::classifier
