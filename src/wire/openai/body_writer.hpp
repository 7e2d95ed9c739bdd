#pragma once

#include "core/chat.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::wire::openai {

// How servers of the same dialect differ in what they want to read.
struct BodyStyle {
  std::string_view model;
  std::string_view repeat_penalty_key = "repeat_penalty";
  bool schema_for_json = false;     // no `json_object`: a schema that takes any object (traps C7)
  bool empty_for_null = false;      // assistant content "" instead of null (traps C3)
  bool echo_reasoning = false;      // takes earlier reasoning back as `reasoning_content`
  bool template_arguments = false;  // thinking is switched by `chat_template_kwargs`
  bool only_named_tool = false;     // cannot be told to call one function: gets that one and must call it
  bool one_system = false;          // several leading system messages become one (traps C2)
  bool ollama_options = false;      // knows llama.cpp's sampling options that have no field of their own
  bool logprobs = false;            // ask for them though the client does not
  bool heeds_effort = true;         // is told `reasoning_effort`
  bool continue_last = false;       // has to be told to go on with the assistant's last message
};

// Writes a request of any dialect as the body of /v1/chat/completions or /v1/completions.
core::Result<void> write_chat_body(const core::ChatRequest& request, const BodyStyle& style,
                                   std::string& out);
core::Result<void> write_completion_body(const core::ChatRequest& request, const BodyStyle& style,
                                         std::string& out);
void write_embeddings_body(const core::EmbeddingsRequest& request, std::string_view model, std::string& out);

// Pieces that are also spliced into bodies.
void append_tool(const core::Tool& tool, std::string& out);
inline constexpr std::string_view any_json_format =
    R"({"type":"json_schema","json_schema":{"name":"json","schema":{"type":"object"}}})";

}  // namespace codecrucible::wire::openai
