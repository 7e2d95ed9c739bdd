#pragma once

#include "classifier/classify.hpp"
#include "classifier/model.hpp"
#include "core/arena.hpp"
#include "core/chat.hpp"
#include "places.hpp"

#include <string>
#include <string_view>

namespace codecrucible::classifier::tests {

// A conversation that owns its memory.
class Conversation {
 public:
  Conversation() : request(arena_) {}
  explicit Conversation(std::string_view user) : Conversation() { say(core::Role::user, user); }

  Conversation& say(core::Role role, std::string_view text) {
    auto& message = request.messages.emplace_back();
    message.role = role;
    core::Part part;
    part.text = arena_.copy(text);
    message.parts.push_back(part);
    return *this;
  }

 private:
  core::Arena arena_;

 public:
  core::ChatRequest request;
};

inline std::string shipped(std::string_view name) {
  return source_dir() + "/models/" + std::string(name);
}

// Layers with the model that ships; without it the tests that need one fail, as they should.
inline Layers shipped_layers() {
  Layers layers;
  auto model = load_model(shipped("classifier.model"), shipped("words.vectors"));
  if (model) layers.model = *model;
  return layers;
}

inline Verdict classify_text(std::string_view text, const Layers& layers) {
  const Conversation conversation(text);
  return classify(conversation.request, layers);
}

}  // namespace codecrucible::classifier::tests
