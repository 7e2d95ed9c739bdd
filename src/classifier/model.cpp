#include "classifier/model.hpp"

namespace codecrucible::classifier {

core::Result<std::shared_ptr<const Model>> load_model(const std::string& model_file, const std::string&) {
  return core::fail(core::Cause::unsupported, "no trained model yet: " + model_file);
}

}  // namespace codecrucible::classifier
