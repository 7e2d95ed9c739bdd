#pragma once

#include "classifier/features.hpp"
#include "classifier/rules.hpp"
#include "core/result.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::classifier {

// What the trained model says; probabilities are calibrated.
struct ModelAnswer {
  std::array<float, core::task_type_count> types{};
  std::array<float, core::complexity_count> complexities{};
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float confidence = 0;  // of the type
  float score = 0;       // complexity, 0..10 and beyond
};

// Layer 2: weights read from a file by `load_model`. Immutable: any number of threads may ask at once.
class Model {
 public:
  virtual ~Model() = default;
  virtual ModelAnswer answer(std::string_view text, const Scan& scan, const Features& features,
                             const RuleAnswer& rules) const noexcept = 0;
};

// Reads a model written by `train` and the word vectors it was trained with. Refuses anything that is not
// whole, of this version, of the right checksum and within bounds; the message says which. Blocking file I/O:
// start-up or a background thread, never a request.
core::Result<std::shared_ptr<const Model>> load_model(const std::string& model_file,
                                                      const std::string& vectors_file);

// The same of a model that `train` has just found: its bytes, and the name to blame in messages.
core::Result<std::shared_ptr<const Model>> parse_model(std::string_view bytes, const std::string& name,
                                                       const std::string& vectors_file);

}  // namespace codecrucible::classifier
