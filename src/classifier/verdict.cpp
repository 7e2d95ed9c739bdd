#include "classifier/verdict.hpp"

namespace codecrucible::classifier {

std::string_view name(Layer layer) noexcept {
  switch (layer) {
    case Layer::rules:
      return "rules";
    case Layer::model:
      return "model";
    case Layer::judge:
      return "judge";
    case Layer::emergency:
      break;
  }
  return "emergency";
}

}  // namespace codecrucible::classifier
