#pragma once

#include "classifier/classify.hpp"
#include "classifier/harvest.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace codecrucible::learning {

// Prompts of the ledger that somebody labelled, newest first. A label is a word of a person (`codecrucible
// feedback ID good --label debugging/complex`) or of a stronger model that a program asked; the last one
// counts. Blocking file I/O.
core::Result<std::vector<classifier::Labelled>> labelled_in(const std::string& ledger);

// The JSONL files among these and in those of them that are folders, in order of their names.
std::vector<std::string> data_files(const std::vector<std::string>& given);

struct RetrainPlan {
  std::vector<classifier::Labelled> labelled;  // newest first
  std::vector<std::string> data;               // files that the model is always trained with; never empty
  std::string vectors_file;
  classifier::Layers in_use;
  double held_share = 0.25;
  std::size_t fewest_held = 20;  // below it nothing can be told
  std::uint64_t seed = 1;        // the same holds back the same prompts
  std::function<bool()> stop;    // asked now and then; true: it gives up
};

enum class RetrainVerdict : std::uint8_t {
  too_few,     // held back: nothing was trained
  not_better,  // than the one in use, not surely
  better,
};

// Shares of held-back prompts that were told right.
struct Exam {
  double type = 0, complexity = 0;
};

struct Retrained {
  RetrainVerdict verdict = RetrainVerdict::too_few;
  std::size_t labelled = 0, learned = 0, held = 0;
  std::size_t repeated = 0, contradicted = 0, unfit = 0, surplus = 0;  // left out
  Exam before, after;                                                  // the model in use, the new one
  std::string model;                                                   // its bytes, if it is better
};

// Trains the classifier's model with prompts of real use and judges it on those that were held back, which
// neither the new model nor (with the same seed) an earlier one of this kind has seen. It is better if it
// tells more tasks right than luck explains (one-sided 90 %) and loses no more than 0.02 in complexity. Takes
// seconds of one core: never inside a request.
core::Result<Retrained> retrain(const RetrainPlan& plan);

}  // namespace codecrucible::learning
