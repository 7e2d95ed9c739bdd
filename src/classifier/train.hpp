#pragma once

#include "classifier/harvest.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace codecrucible::classifier {

struct TrainOptions {
  std::vector<std::string> data;  // JSONL files: prompt, type, complexity; optional source, id
  std::string vectors_file;       // word vectors to build on
  std::string out;                // model file to write; empty = measure only
  int folds = 10;                 // cross-validation
  std::uint64_t seed = 1;
  bool leave_one_source_out = true;  // measured too when rows carry a source
  std::vector<Labelled> more;        // rows beside those of the files
  // Asked now and then; true ends it with Failure{internal}. Empty: never.
  std::function<bool()> stop;
};

struct TrainResult;  // report.hpp

// Trains, cross-validates, calibrates and (if asked) writes a model. Seconds, not minutes; deterministic.
core::Result<TrainResult> train(const TrainOptions& options);

}  // namespace codecrucible::classifier
