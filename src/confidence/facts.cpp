#include "confidence/facts.hpp"

#include "confidence/text.hpp"

namespace codecrucible::confidence {
namespace {

std::string_view last_user_text(const core::ChatRequest& request) noexcept {
  if (core::is_completion(request.surface)) return request.prompt;
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message) {
    if (message->role != core::Role::user) continue;
    std::string_view longest;
    for (const auto& part : message->parts) {
      if (part.kind == core::Part::Kind::text && part.text.size() > longest.size()) longest = part.text;
    }
    return longest;
  }
  return {};
}

constexpr Cues translation_cues({"translat", "übersetz", "tradu", "перевед"});

}  // namespace

Facts facts_of(const core::ChatRequest& request, const Sorting& sorting) noexcept {
  Facts facts;
  facts.type = sorting.type;
  facts.complexity = sorting.complexity;
  facts.classifier_confidence = sorting.confidence;
  facts.code_wanted = sorting.code;
  facts.prompt = last_user_text(request);
  facts.translation = translation_cues.any_in(facts.prompt);
  facts.language = language_of(facts.prompt);
  facts.format = request.format;
  facts.tools = request.tools;
  facts.tool_choice = request.tool_choice;
  return facts;
}

}  // namespace codecrucible::confidence
