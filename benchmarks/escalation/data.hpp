#pragma once

#include "confidence/agreement.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::escalation {

// One answer of a weak model to one question, with what became of it.
struct Row {
  std::string prompt, answer, second;  // second: another small model's answer, empty if there is none
  bool good = false;                   // the weak answer is right
  bool second_good = false;
  bool strong_good = false;
  double ease = 0;  // share of all models on record that get the question right
  int fold = 0;     // by question
};

struct Set {
  std::string name;
  confidence::Comparable kind = confidence::Comparable::prose;
  std::vector<Row> rows;
};

// Lines of a file, unpacked if its name ends in .gz; nothing if there is no such file.
std::optional<std::vector<std::string>> lines_of(const std::string& path);

// The sets found under `data`: gsm8k (Mixtral-8x7B answers, GPT-4 above) and mmlu-pro twice (Phi-3-mini and
// Llama-8B answers, each the other's second; Llama-70B above). Files are found by name, whichever part of the
// data they are. `split` deals the questions into other folds.
std::vector<Set> read_sets(const std::string& data, std::uint32_t split = 0);

// The word after `name` on a command line, or empty.
std::string option(const std::vector<std::string>& words, const std::string& name);

}  // namespace codecrucible::escalation
