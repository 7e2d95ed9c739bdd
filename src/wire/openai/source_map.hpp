#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// A range of the request's body.
struct Span {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

// A member inside a message, a tool or the format that has no name here.
struct Unread {
  std::string where;      // "messages[0].content[1].image_url.detail"
  std::string_view json;  // as it came
};

// Where the fields stand that a gateway may have to replace when it forwards an OpenAI body as it came.
// Everything else keeps its bytes, its order and its whitespace (traps A16).
struct SourceMap {
  std::string_view body;
  Span model;                          // the value, with its quotes
  std::uint32_t open = 0;              // just behind the object's opening brace: new fields go here
  std::optional<Span> stream_options;  // the value
  std::optional<Span> max_completion_tokens_key;  // the key, with its quotes
  std::optional<Span> max_tokens_member;          // key, colon and value with the comma that belongs to it
  std::optional<Span> response_format;            // the value
  std::optional<Span> tools;                      // the value
  std::optional<Span> tool_choice;                // the value
  std::optional<Span> logprobs;                   // the value
  std::vector<Span> developer_roles;              // the values "developer", with quotes
  std::vector<Span> null_contents;                // the values null of assistant messages' content
  std::vector<std::uint32_t> missing_contents;  // just behind the brace of assistant messages without content
  std::vector<Unread> unread;                   // a backend that gets the body as it came may heed them
  bool legacy_functions =
      false;  // says `functions`, `function_call` or role "function": unknown to local servers
  bool offers_functions = false;  // says `functions`: wants a `function_call` back, not `tool_calls`
};

// One replacement; `text` must outlive the call to splice.
struct Splice {
  Span where;
  std::string_view text;
};

// The body with the replacements made; they are put into order first and must not overlap.
std::string splice(std::string_view body, std::vector<Splice>& splices);

}  // namespace codecrucible::wire::openai
