#pragma once

#include "core/chat.hpp"
#include "wire/openai/body_writer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// Writes the `messages` of a conversation that may have come in another dialect: bare base64 becomes data
// URLs, calls without ids get ids, and results that only name their function are matched with their call
// (traps C6, C12).
class MessagesWriter {
 public:
  MessagesWriter(const BodyStyle& style, std::string& out) : style_(style), out_(out) {}
  // The array; /api/generate brings its text in `prompt`.
  void write(const core::ChatRequest& request);

 private:
  struct OpenCall {
    std::string id;
    std::string_view name;
    bool answered = false;
  };
  void write_message(const core::Message& message, std::string_view more_text);
  std::size_t write_systems(const core::ChatRequest& request);
  void write_content(const core::Message& message, std::string_view more_text);
  void write_calls(const core::Message& message);
  std::string id_of_result(const core::Message& message);

  const BodyStyle& style_;
  std::string& out_;
  std::vector<OpenCall> calls_;
  bool first_ = true;
  // Anthropic's clients send texts in several blocks by habit, and not every template takes lists.
  bool joins_texts_ = false;
};

}  // namespace codecrucible::wire::openai
