#pragma once

#include "classifier/features.hpp"
#include "core/task.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace codecrucible::classifier {

// Layer 1: points for each type from hand-written rules, and what spoke. Works without any file.
struct RuleAnswer {
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float confidence = 0;  // from the lead of the winner; fitted by hand, not calibrated
  float score = 0;       // complexity, 0..10 and beyond
  std::array<float, core::task_type_count> points{};
  std::uint64_t fired = 0;                     // one bit per rule: inputs of the trained model
  std::array<std::string_view, 16> signals{};  // static strings, most telling first
  std::size_t signal_count = 0;
};

inline constexpr std::size_t rule_count = 40;

RuleAnswer judge_by_rules(const Scan& scan, const Features& features) noexcept;

// Complexity score to class; the two thresholds of the rules and of the trained score.
constexpr core::Complexity complexity_of_score(float score) noexcept {
  if (score < 3) return core::Complexity::simple;
  return score < 6.5F ? core::Complexity::medium : core::Complexity::complex;
}

}  // namespace codecrucible::classifier
