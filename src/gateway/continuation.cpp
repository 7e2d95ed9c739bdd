#include "gateway/continuation.hpp"

namespace codecrucible::gateway {

bool Continuation::suits(const core::ChatRequest& request) {
  const bool chat =
      request.surface == core::Surface::openai_chat || request.surface == core::Surface::ollama_chat;
  return chat && request.stream && request.tools.empty() && request.n.value_or(1) == 1 &&
         !request.logprobs.value_or(false) && request.format.kind == core::Format::Kind::text;
}

bool Continuation::can_continue(core::ProviderKind kind) {
  return kind == core::ProviderKind::ollama || kind == core::ProviderKind::llamacpp;
}

void Continuation::begin() {
  if (continues_) return;
  text_.clear();
  sent_ = 0;
  plain_ = true;
}

void Continuation::hear(const core::Event& event) {
  using Kind = core::Event::Kind;
  if (event.kind == Kind::text) text_ += event.text;
  if (event.kind == Kind::reasoning || event.kind == Kind::refusal || event.kind == Kind::tool_call)
    plain_ = false;
}

void Continuation::put_into(core::ChatRequest& request) {
  text_.resize(sent_);
  given_ = text_;
  continues_ = true;
  if (!in_request_) {
    auto& message = request.messages.emplace_back();
    message.role = core::Role::assistant;
    message.parts.emplace_back();
    in_request_ = true;
  }
  request.messages.back().parts.back().text = given_;
}

}  // namespace codecrucible::gateway
