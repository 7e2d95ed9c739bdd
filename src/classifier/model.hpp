#pragma once

#include "core/result.hpp"

#include <memory>
#include <string>

namespace codecrucible::classifier {

class Model;

// Reads a model written by `train` and the word vectors it was trained with. Refuses anything that is not
// whole, of this version, of the right checksum and within bounds; the message says which. Blocking file I/O:
// start-up or a background thread, never a request.
core::Result<std::shared_ptr<const Model>> load_model(const std::string& model_file,
                                                      const std::string& vectors_file);

}  // namespace codecrucible::classifier
