#pragma once

#include "classifier/vectors.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace codecrucible::measuring {

// One request and what every model made of it.
struct Row {
  std::string prompt;
  std::size_t task = 0;        // into Set::tasks
  std::size_t complexity = 0;  // as the classifier sees it
  classifier::Vectors::Pooled traits{};
  std::vector<double> scores;  // 0..1, one per model
  std::vector<double> priors;  // what the router expects of each model before anything was learned
};

struct Set {
  std::string name;
  std::vector<std::string> tasks, models;
  std::vector<double> sizes;  // billions of parameters
  std::vector<Row> rows;
};

// The sets under `data`, whichever part of the data it is; empty ones are left out. `models` is the folder
// with classifier.model and words.vectors.
Set nine_models(const std::string& data, const std::string& models);
Set mmlu_pro(const std::string& data, const std::string& models);
// Two models: weak, strong.
Set weak_strong(const std::string& data, const std::string& models, const std::string& name);

}  // namespace codecrucible::measuring
