#pragma once

#include "core/task.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace codecrucible::classifier {

enum class Layer : std::uint8_t { rules, model, judge, emergency };
std::string_view name(Layer layer) noexcept;

// What a request cannot do without.
struct Needs {
  bool tools = false;
  bool vision = false;
  bool structured = false;    // JSON or a schema was demanded
  bool code = false;          // the answer will hold code
  bool long_context = false;  // prompt beyond the short windows of small models
};

// What one layer said, for explanation.
struct Vote {
  Layer layer = Layer::rules;
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float confidence = 0;  // 0..1
};

// The classification of one request. Signals are static strings ("stack trace", "keyword: security").
struct Verdict {
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float score = 0;       // complexity score, 0..10 and beyond
  float confidence = 0;  // calibrated: of verdicts with 0.9, nine in ten are right about the type
  Layer decided_by = Layer::emergency;
  Needs needs;
  std::uint32_t prompt_tokens = 0;  // estimate over the whole conversation
  std::uint32_t context_files = 0;  // files pasted, tagged or fenced
  std::array<float, core::task_type_count> type_scores{};
  std::vector<std::string_view> signals;
  std::vector<std::string_view> keywords;  // "security", "performance", "architecture", …
  std::vector<Vote> votes;
  std::array<float, core::complexity_count> complexity_scores{};  // probabilities, sum 1
};

}  // namespace codecrucible::classifier
