#pragma once

#include "core/chat.hpp"
#include "core/task.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace codecrucible::confidence {

// Script or language of a text, as far as a stream of letters tells it cheaply.
enum class Language : std::uint8_t {
  unknown,
  english,
  german,
  french,
  spanish,
  italian,
  portuguese,
  russian,
  greek,
  hebrew,
  arabic,
  hindi,
  thai,
  chinese,
  japanese,
  korean,
};
std::string_view name(Language language) noexcept;

// Reads at most the first 2 KB. Latin script needs a few common words to be told apart; else `unknown`.
Language language_of(std::string_view text) noexcept;

// How an answer can be compared with another to the same request.
enum class Comparable : std::uint8_t { prose, number, choice, command, json, label, code };

// What is known of the request when its answer is read. Views must outlive whoever is given the facts
// (they point into the request, which outlives its answer).
struct Facts {
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float classifier_confidence = 1;        // calibrated, of the type
  bool code_wanted = false;               // the answer is expected to hold code
  bool translation = false;               // another language than the prompt's is expected
  std::string_view prompt;                // last user text
  Language language = Language::unknown;  // of the prompt
  core::Format format;
  std::span<const core::Tool> tools;
  core::ToolChoice tool_choice = core::ToolChoice::automatic;
  std::optional<Comparable> asked{};  // comparable_kind() by the request alone, if somebody found it already
};

// The verdict's part is passed apart, as this room does not know the classifier.
struct Sorting {
  core::TaskType type = core::TaskType::general;
  core::Complexity complexity = core::Complexity::simple;
  float confidence = 1;
  bool code = false;
};
Facts facts_of(const core::ChatRequest& request, const Sorting& sorting) noexcept;

}  // namespace codecrucible::confidence
