#pragma once

#include "classifier/weights.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::classifier {

// A labelled row and what was said of it.
struct Judged {
  core::TaskType type = core::TaskType::general, said_type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple, said_complexity = core::Complexity::simple;
  float confidence = 0;
};

struct Measures {
  std::size_t rows = 0;
  double type_accuracy = 0, macro_f1 = 0;
  double group_accuracy = 0;  // {template, format, edit, general} against the rest
  double complexity_accuracy = 0;
  double complex_called_simple = 0;  // share of the complex rows
  double calibration_error = 0;      // expected, ten bins
};
Measures measure(const std::vector<Judged>& rows);

struct TrainResult {
  std::vector<Judged> cross_validated;  // rows that carry a source if any do, else all
  Measures measures;
  double left_out_source_accuracy =
      -1;  // type, every source judged by a model that never saw it; < 0: not done
  std::size_t examples = 0;
  int folds = 0;
  double seconds = 0;
  Weights weights;
  std::string written_to;
};

// Tables as the command line prints them: confusion matrix, precision and recall per class, calibration.
std::string report(const std::vector<Judged>& rows);
std::string report(const TrainResult& result);

}  // namespace codecrucible::classifier
