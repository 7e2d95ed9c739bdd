#pragma once

#include "core/arena.hpp"

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::core {

// A request as every dialect means it. All views point into the request's body or its Arena; both outlive it.
// Decoded by wire/<dialect>/, read by classifier and router, encoded for a backend by providers/.

// Which door the request came through; decides the shape of reply and errors.
enum class Surface : std::uint8_t {
  openai_chat,
  openai_completions,
  openai_embeddings,
  openai_responses,
  ollama_chat,
  ollama_generate,
  ollama_embed,
  ollama_embeddings,
  anthropic_messages,
};

enum class Role : std::uint8_t { system, user, assistant, tool };

struct Image {
  std::string_view media_type;  // "image/png"; empty if unknown (Ollama sends bare base64)
  std::string_view base64;      // payload without any data: prefix; empty if `url` is used
  std::string_view url;         // http(s) URL; empty if `base64` is used
};

struct Part {
  enum class Kind : std::uint8_t { text, image, other };
  Kind kind = Kind::text;
  std::string_view text;  // text, unescaped
  Image image;
  std::string_view raw;  // `other` (audio, file …): the part's JSON as it came
};

struct ToolCall {
  std::string_view id;  // may be empty (old Ollama clients)
  std::string_view name;
  std::string_view
      arguments;  // JSON text of an object; "{}" if there are none; may be unparsable if the client's was
};

struct Message {
  using allocator_type = std::pmr::polymorphic_allocator<>;
  explicit Message(allocator_type memory) : parts(memory), tool_calls(memory) {}
  Message(const Message& other, allocator_type memory)
      : role(other.role),
        parts(other.parts, memory),
        tool_calls(other.tool_calls, memory),
        tool_call_id(other.tool_call_id),
        tool_name(other.tool_name),
        name(other.name),
        reasoning(other.reasoning),
        is_error(other.is_error) {}
  Message(Message&& other, allocator_type memory)
      : role(other.role),
        parts(std::move(other.parts), memory),
        tool_calls(std::move(other.tool_calls), memory),
        tool_call_id(other.tool_call_id),
        tool_name(other.tool_name),
        name(other.name),
        reasoning(other.reasoning),
        is_error(other.is_error) {}
  Message(Message&&) = default;
  Message(const Message&) = default;
  Message& operator=(Message&&) = default;
  Message& operator=(const Message&) = default;

  Role role = Role::user;
  std::pmr::vector<Part> parts;
  std::pmr::vector<ToolCall> tool_calls;  // assistant
  std::string_view tool_call_id;          // tool: which call this answers
  std::string_view tool_name;             // tool: name of the function, when known
  std::string_view name;
  std::string_view reasoning;  // assistant: reasoning echoed by the client
  bool is_error = false;       // tool: the result reports a failure
};

struct Tool {
  std::string_view name;
  std::string_view description;
  std::string_view parameters;  // JSON schema as it came; empty if none
  std::optional<bool> strict;
};

enum class ToolChoice : std::uint8_t { automatic, none, required, named };

struct Sampling {
  std::optional<double> temperature, top_p, min_p, typical_p;
  std::optional<double> presence_penalty, frequency_penalty, repeat_penalty;
  std::optional<std::int64_t> top_k, seed;
};

struct Format {
  enum class Kind : std::uint8_t { text, json, schema };
  Kind kind = Kind::text;
  std::string_view schema;  // JSON schema as it came
  std::string_view name;
  std::optional<bool> strict;
};

// A field this vocabulary has no name for, carried for backends that may know it.
struct Extra {
  std::string_view key;
  std::string_view json;
};

struct ChatRequest {
  explicit ChatRequest(Arena& arena)
      : messages(arena.resource()),
        tools(arena.resource()),
        stop(arena.resource()),
        options(arena.resource()),
        extras(arena.resource()) {}

  Surface surface = Surface::openai_chat;
  std::string_view model;
  std::pmr::vector<Message> messages;

  // Completions (/v1/completions, /api/generate): the text to continue, instead of messages.
  std::string_view prompt;
  std::string_view prompt_tokens_json;  // prompt given as token ids or as several prompts: JSON as it came
  std::string_view suffix;              // fill in the middle
  bool raw = false;                     // Ollama generate: no template
  bool echo = false;

  std::pmr::vector<Tool> tools;
  ToolChoice tool_choice = ToolChoice::automatic;
  std::string_view tool_choice_name;  // for `named`
  std::optional<bool> parallel_tool_calls;

  std::optional<std::int64_t> max_tokens;
  Sampling sampling;
  std::pmr::vector<std::string_view> stop;
  std::optional<std::int64_t> n;
  std::optional<bool> logprobs;
  std::optional<std::int64_t> top_logprobs;
  std::string_view logit_bias;  // JSON as it came
  Format format;

  // Wished reasoning: nothing said, off, on, or a level ("low", "medium", "high" …).
  std::optional<bool> think;
  std::string_view effort;

  bool stream = false;
  bool include_usage = false;  // OpenAI: the client asked for the usage chunk
  std::string_view user;       // opaque id of the end user, for stickiness and limits

  std::string_view keep_alive;      // Ollama: JSON as it came
  std::pmr::vector<Extra> options;  // Ollama `options` that have no field above
  std::pmr::vector<Extra> extras;   // other top-level fields
};

// True for the surfaces that continue a text rather than a conversation.
constexpr bool is_completion(Surface surface) noexcept {
  return surface == Surface::openai_completions || surface == Surface::ollama_generate;
}
constexpr bool is_ollama(Surface surface) noexcept {
  return surface == Surface::ollama_chat || surface == Surface::ollama_generate ||
         surface == Surface::ollama_embed || surface == Surface::ollama_embeddings;
}

// A request for vectors; `inputs` are the texts in order.
struct EmbeddingsRequest {
  explicit EmbeddingsRequest(Arena& arena) : inputs(arena.resource()), extras(arena.resource()) {}
  Surface surface = Surface::openai_embeddings;
  std::string_view model;
  std::pmr::vector<std::string_view> inputs;
  std::string_view token_inputs;  // input given as token ids: JSON as it came, `inputs` empty
  bool base64 = false;
  std::optional<std::int64_t> dimensions;
  std::optional<bool> truncate;
  std::string_view keep_alive;
  std::pmr::vector<Extra> extras;
};

}  // namespace codecrucible::core
