#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace codecrucible::classifier {

// Which layers may answer: rules alone, the trained model alone, or both weighed.
enum class ParserType : std::uint8_t { rule_based, ml, ensemble };

// Layer 3: a small model that is asked only when the first two are unsure or disagree. Off by default.
struct JudgeSettings {
  bool enabled = false;
  std::string model = "qwen2.5:3b";  // as the backend names it
  std::chrono::milliseconds timeout{1500};
  std::size_t cache_entries = 1024;
};

struct Settings {
  ParserType parser_type = ParserType::ensemble;
  double confidence_threshold = 0.8;  // a trained answer above it stands
  double floor = 0.35;                // below it the trained answer is not weighed at all, if rules spoke
  std::string model_file = "models/classifier.model";  // written by `train`
  std::string vectors_file = "models/words.vectors";   // fixed asset the model was trained with
  std::uint32_t long_context_tokens = 8192;            // prompts beyond it need a long window
  JudgeSettings judge;
};

}  // namespace codecrucible::classifier
