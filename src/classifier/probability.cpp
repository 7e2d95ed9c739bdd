#include "classifier/probability.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace codecrucible::classifier {

void soften(std::span<float> logits, float temperature) noexcept {
  const float top = *std::max_element(logits.begin(), logits.end());
  float sum = 0;
  for (float& value : logits) {
    value = std::exp((value - top) / temperature);
    sum += value;
  }
  for (float& value : logits) value /= sum;
}

bool wants_quality(core::TaskType type) noexcept {
  return type == core::TaskType::analysis || type == core::TaskType::planning ||
         type == core::TaskType::debugging || type == core::TaskType::multi_file;
}

void lean_to_group(std::span<float> types) noexcept {
  std::array<float, 2> groups{};
  for (std::size_t i = 0; i < types.size(); ++i)
    groups[wants_quality(static_cast<core::TaskType>(i))] += types[i];
  const std::array<float, 2> pull{groups[0] * groups[0], groups[1] * groups[1]};
  const float sum = groups[0] * pull[0] + groups[1] * pull[1];
  for (std::size_t i = 0; i < types.size(); ++i)
    types[i] *= pull[wants_quality(static_cast<core::TaskType>(i))] / sum;
}

core::Complexity complexity_of(std::span<const float, core::complexity_count> p, float complex_floor,
                               float simple_floor) noexcept {
  if (p[2] >= complex_floor && p[2] >= p[0]) return core::Complexity::complex;
  return p[0] >= simple_floor ? core::Complexity::simple : core::Complexity::medium;
}

ModelAnswer answer_of(const Logits& logits, const Weights& weights) noexcept {
  ModelAnswer answer;
  std::copy_n(logits.begin(), answer.types.size(), answer.types.begin());
  std::copy_n(logits.begin() + answer.types.size(), answer.complexities.size(), answer.complexities.begin());
  soften(answer.types, weights.type_temperature);
  lean_to_group(answer.types);
  soften(answer.complexities, weights.complexity_temperature);
  const auto best = std::max_element(answer.types.begin(), answer.types.end());
  answer.type = static_cast<core::TaskType>(best - answer.types.begin());
  answer.confidence = *best;
  answer.complexity = complexity_of(answer.complexities, weights.complex_floor, weights.simple_floor);
  // Middle of each class on the scale of the rules: 1.5, 4.75, 9; kept on the class's side of its threshold.
  answer.score =
      1.5F * answer.complexities[0] + 4.75F * answer.complexities[1] + 9.F * answer.complexities[2];
  switch (answer.complexity) {
    case core::Complexity::simple:
      answer.score = std::min(answer.score, 2.99F);
      break;
    case core::Complexity::medium:
      answer.score = std::clamp(answer.score, 3.F, 6.49F);
      break;
    case core::Complexity::complex:
      answer.score = std::max(answer.score, 6.5F);
      break;
  }
  return answer;
}

}  // namespace codecrucible::classifier
