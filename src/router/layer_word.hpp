#pragma once

#include "classifier/verdict.hpp"

namespace codecrucible::router {

// Name of a layer. Of the classifier this room knows the verdict only, not the library behind it.
constexpr std::string_view layer_word(classifier::Layer layer) noexcept {
  switch (layer) {
    case classifier::Layer::rules:
      return "rules";
    case classifier::Layer::model:
      return "model";
    case classifier::Layer::judge:
      return "judge";
    case classifier::Layer::emergency:
      return "emergency";
  }
  return "";
}

}  // namespace codecrucible::router
