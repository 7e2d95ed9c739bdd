#pragma once

#include "classifier/settings.hpp"
#include "classifier/verdict.hpp"
#include "core/chat.hpp"

#include <memory>

namespace codecrucible::classifier {

class Model;

// What `classify` works with: immutable, part of a config snapshot, shared by all workers.
struct Layers {
  Settings settings;
  std::shared_ptr<const Model> model;  // null: rules alone (and the verdict says so in `decided_by`)
};

// What kind of work the last user message of the conversation asks for, and how hard it is. Pure,
// thread-safe, never throws: a layer that fails or is switched off leaves the word to the next one, the last
// of which (Layer::emergency) always answers. Costs some microseconds; the judge is not asked here
// (judge.hpp).
Verdict classify(const core::ChatRequest& request, const Layers& layers) noexcept;

}  // namespace codecrucible::classifier
