#include "wire/openai/chunk.hpp"

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_text(JsonReader& json, JsonString& text, Given& given) {
  switch (json.kind()) {
    case Kind::string:
      given = Given::value;
      return json.read_string(text);
    case Kind::null:
      given = Given::null;
      return json.read_null();
    default:
      return json.skip();
  }
}

bool read_text(JsonReader& json, JsonString& text) {
  Given ignored{};
  return read_text(json, text, ignored);
}

bool read_count(JsonReader& json, std::optional<std::int64_t>& count) {
  if (json.kind() != Kind::number) return json.skip();
  std::string_view digits;
  if (!json.read_number(digits)) return false;
  count = integer_of(digits);
  return true;
}

bool read_milliseconds(JsonReader& json, std::chrono::nanoseconds& span) {
  if (json.kind() != Kind::number) return json.skip();
  std::string_view digits;
  if (!json.read_number(digits)) return false;
  const double value = double_of(digits).value_or(0);
  if (value > 0 && value < 1e12) span = std::chrono::nanoseconds(static_cast<std::int64_t>(value * 1e6));
  return true;
}

bool read_detail(JsonReader& json, std::string_view wanted, std::optional<std::int64_t>& count) {
  if (json.kind() != Kind::object) return json.skip();
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    if (!(key.raw == wanted ? read_count(json, count) : json.skip())) return false;
  }
  return !json.failed();
}

bool read_usage(JsonReader& json, Chunk& chunk) {
  if (json.kind() == Kind::null) {
    chunk.usage_member = Given::null;
    return json.read_null();
  }
  if (json.kind() != Kind::object) return json.skip();
  chunk.usage_member = Given::value;
  core::Usage& usage = chunk.usage;
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "prompt_tokens") {
      ok = read_count(json, usage.prompt_tokens);
    } else if (key.raw == "completion_tokens") {
      ok = read_count(json, usage.completion_tokens);
    } else if (key.raw == "prompt_tokens_details") {
      ok = read_detail(json, "cached_tokens", usage.cached_tokens);
    } else if (key.raw == "completion_tokens_details") {
      ok = read_detail(json, "reasoning_tokens", usage.reasoning_tokens);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

// llama.cpp: its own times, and counts that stand in when there is no usage.
bool read_timings(JsonReader& json, Chunk& chunk) {
  if (json.kind() != Kind::object) return json.skip();
  chunk.has_timings = true;
  std::optional<std::int64_t> prompt, cached, predicted;
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "prompt_ms") {
      ok = read_milliseconds(json, chunk.timings.prefill);
    } else if (key.raw == "predicted_ms") {
      ok = read_milliseconds(json, chunk.timings.decode);
    } else if (key.raw == "prompt_n") {
      ok = read_count(json, prompt);
    } else if (key.raw == "cache_n") {
      ok = read_count(json, cached);
    } else if (key.raw == "predicted_n") {
      ok = read_count(json, predicted);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  if (prompt && !chunk.usage.prompt_tokens) chunk.usage.prompt_tokens = *prompt + cached.value_or(0);
  if (cached && !chunk.usage.cached_tokens) chunk.usage.cached_tokens = cached;
  if (predicted && !chunk.usage.completion_tokens) chunk.usage.completion_tokens = predicted;
  return !json.failed();
}

bool read_function(JsonReader& json, ToolPiece& piece) {
  if (json.kind() != Kind::object) {
    piece.odd = true;
    return json.skip();
  }
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "name") {
      Given given{};
      piece.has_name = true;
      ok = read_text(json, piece.name, given);
      piece.odd = piece.odd || given != Given::value;
    } else if (key.raw == "arguments") {
      Given given{};
      if (json.kind() == Kind::object) {  // not a string as it should be: taken as its text
        ok = json.skip(piece.arguments.raw);
      } else {
        ok = read_text(json, piece.arguments, given);
      }
      piece.odd = piece.odd || given != Given::value;
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

bool read_tool_piece(JsonReader& json, ToolPiece& piece) {
  if (json.kind() != Kind::object) {
    piece.odd = true;
    return json.skip();
  }
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "index") {
      ok = read_count(json, piece.index);
    } else if (key.raw == "id") {
      Given given{};
      piece.has_id = true;
      ok = read_text(json, piece.id, given);
      piece.odd = piece.odd || given != Given::value;
    } else if (key.raw == "type") {
      piece.has_type = true;
      ok = json.skip();
    } else if (key.raw == "function") {
      ok = read_function(json, piece);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

bool read_tool_calls(JsonReader& json, ChoicePart& part, Chunk& chunk) {
  if (json.kind() != Kind::array) {
    part.tool_calls = Given::null;
    return json.skip();
  }
  part.tool_calls = Given::value;
  part.first_tool = chunk.tools.size();
  json.enter_array();
  while (json.next_item()) {
    if (!read_tool_piece(json, chunk.tools.emplace_back())) return false;
  }
  part.tool_count = chunk.tools.size() - part.first_tool;
  return !json.failed();
}

bool read_delta(JsonReader& json, ChoicePart& part, Chunk& chunk) {
  if (json.kind() != Kind::object) {
    part.delta = Given::null;
    return json.skip();
  }
  part.delta = Given::value;
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "content") {
      ok = read_text(json, part.text, part.content);
    } else if (key.raw == "reasoning_content" || key.raw == "reasoning") {
      ++part.reasoning_members;
      JsonString text;
      Given given{};
      ok = read_text(json, text, given);
      if (part.reasoning_text.raw.empty()) {
        part.reasoning = given;
        part.reasoning_text = text;
        part.reasoning_key = key.raw;
      }
    } else if (key.raw == "role") {
      part.role = json.kind() == Kind::string;
      ok = json.skip();
    } else if (key.raw == "tool_calls") {
      ok = read_tool_calls(json, part, chunk);
    } else if (key.raw == "refusal") {
      ok = read_text(json, part.refusal);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

bool read_choice(JsonReader& json, ChoicePart& part, Chunk& chunk) {
  if (json.kind() != Kind::object) return json.skip();
  JsonString key;
  json.enter_object();
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "delta" || key.raw == "message") {
      part.is_message = key.raw == "message";
      ok = read_delta(json, part, chunk);
    } else if (key.raw == "text") {
      ok = read_text(json, part.text, part.content);
    } else if (key.raw == "index") {
      ok = read_count(json, part.index);
    } else if (key.raw == "finish_reason") {
      ok = read_text(json, part.finish, part.finish_member);
    } else if (key.raw == "stop_reason") {
      ok = read_text(json, part.stop, part.stop_member);
    } else if (key.raw == "logprobs") {
      ok = json.kind() == Kind::null ? json.read_null() : json.skip(part.logprobs);
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return !json.failed();
}

bool read_choices(JsonReader& json, Chunk& chunk) {
  if (json.kind() != Kind::array) return json.skip();
  chunk.has_choices = true;
  json.enter_array();
  while (json.next_item()) {
    if (!read_choice(json, chunk.choices.emplace_back(), chunk)) return false;
  }
  return !json.failed();
}

}  // namespace

void Chunk::clear() {
  id = model = {};
  created = {};
  usage_member = Given::absent;
  usage = {};
  timings = {};
  has_timings = has_choices = has_object = error = false;
  choices.clear();
  tools.clear();
}

bool read_chunk(std::string_view text, Chunk& chunk) {
  chunk.clear();
  JsonReader json(text);
  JsonString key;
  if (!json.enter_object()) return false;
  while (json.next_key(key)) {
    bool ok = false;
    if (key.raw == "choices") {
      ok = read_choices(json, chunk);
    } else if (key.raw == "id") {
      ok = read_text(json, chunk.id);
    } else if (key.raw == "model") {
      ok = read_text(json, chunk.model);
    } else if (key.raw == "created") {
      ok = json.kind() == Kind::number ? json.read_number(chunk.created) : json.skip();
    } else if (key.raw == "usage") {
      ok = read_usage(json, chunk);
    } else if (key.raw == "timings") {
      ok = read_timings(json, chunk);
    } else if (key.raw == "error") {
      chunk.error = json.kind() != Kind::null;
      ok = json.skip();
    } else if (key.raw == "object") {
      JsonString object;
      ok = read_text(json, object);
      chunk.has_object = !object.raw.empty();
      chunk.error = chunk.error || object.raw == "error";
    } else {
      ok = json.skip();
    }
    if (!ok) return false;
  }
  return json.at_end();
}

}  // namespace codecrucible::wire::openai
