#pragma once

#include "core/event.hpp"
#include "wire/json_reader.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace codecrucible::wire::openai {

// How a member stands in the JSON.
enum class Given : std::uint8_t { absent, null, value };

// One entry of `tool_calls`, as the backend wrote it.
struct ToolPiece {
  std::optional<std::int64_t> index;
  JsonString id, name, arguments;
  bool has_id = false, has_name = false, has_type = false;  // the members stand there, empty or not
  bool odd = false;  // arguments as an object, members null: not what OpenAI's schema says
};

// One entry of `choices`: a chunk's delta, a whole reply's message, or a completion's text.
struct ChoicePart {
  std::optional<std::int64_t> index;
  Given delta = Given::absent;  // `delta` or `message`
  bool is_message = false;
  bool role = false;
  Given content = Given::absent;
  JsonString text;  // of `content`, or of a completion's `text`
  Given reasoning = Given::absent;
  JsonString reasoning_text;
  std::string_view reasoning_key;
  int reasoning_members = 0;
  JsonString refusal;
  Given tool_calls = Given::absent;
  std::size_t first_tool = 0, tool_count = 0;  // in Chunk::tools
  Given finish_member = Given::absent;
  JsonString finish;
  Given stop_member = Given::absent;  // vLLM: which stop string ended the choice
  JsonString stop;
  std::string_view logprobs;  // JSON, empty if absent or null
};

// One JSON object of a reply, as views into it. Reused from event to event, so that it costs no allocation.
struct Chunk {
  JsonString id, model;
  std::string_view created;
  Given usage_member = Given::absent;
  core::Usage usage;
  core::Timings timings;
  bool has_timings = false;
  bool has_choices = false;
  bool has_object = false;
  bool error = false;  // holds `error`, or says of itself that it is one
  std::vector<ChoicePart> choices;
  std::vector<ToolPiece> tools;

  void clear();
};

// Reads one object in a single pass; false if the text is not one JSON object. What has an unexpected type
// is taken as absent.
bool read_chunk(std::string_view text, Chunk& chunk);

}  // namespace codecrucible::wire::openai
