#include "classifier/model.hpp"

#include "classifier/binary.hpp"
#include "classifier/probability.hpp"
#include "classifier/weights.hpp"

namespace codecrucible::classifier {
namespace {

constexpr std::size_t max_model_bytes = 16 * 1024 * 1024;

class LinearModel final : public Model {
 public:
  LinearModel(Weights weights, std::shared_ptr<const Vectors> vectors)
      : weights_(std::move(weights)), vectors_(std::move(vectors)) {}

  ModelAnswer answer(std::string_view text, const Scan& scan, const Features& features,
                     const RuleAnswer& rules) const noexcept override {
    Inputs inputs;
    gather(text, scan, features, rules, vectors_.get(), inputs);
    return answer_of(weights_.apply(inputs), weights_.weights());
  }

 private:
  ReadyWeights weights_;
  std::shared_ptr<const Vectors> vectors_;
};

}  // namespace

core::Result<std::shared_ptr<const Model>> load_model(const std::string& model_file,
                                                      const std::string& vectors_file) {
  auto bytes = read_file(model_file, max_model_bytes);
  if (!bytes) return bytes.error();
  return parse_model(*bytes, model_file, vectors_file);
}

core::Result<std::shared_ptr<const Model>> parse_model(std::string_view bytes, const std::string& name,
                                                       const std::string& vectors_file) {
  auto vectors = Vectors::load(vectors_file);
  if (!vectors) return vectors.error();
  auto weights = weights_from(bytes);
  if (!weights) return core::fail(weights.error().cause, name + ": " + weights.error().detail);
  if (weights->vectors_checksum != (*vectors)->checksum())
    return core::fail(core::Cause::garbage,
                      name + " was trained with other word vectors than " + vectors_file);
  return std::shared_ptr<const Model>(
      std::make_shared<LinearModel>(std::move(*weights), std::move(*vectors)));
}

}  // namespace codecrucible::classifier
