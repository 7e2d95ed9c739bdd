#include "wire/ollama/reply_object.hpp"

#include "core/json_text.hpp"

#include <string>

namespace codecrucible::wire::ollama {
namespace {

using simdjson::ondemand::json_type;

bool read_error(JsonReader& reader, JsonValue& value, ReplyObject& out) {
  std::string_view text;
  if (reader.is_null(value)) return true;
  if (JsonReader::is(value, json_type::object)) {  // other servers that speak this dialect
    const bool good = reader.object(value, [&](std::string_view key, JsonValue& field) {
      std::string_view ignored;
      if (key == "message" && JsonReader::is(field, json_type::string)) return reader.text(field, text);
      return reader.raw(field, ignored);
    });
    if (!good) return false;
  } else if (!reader.text(value, text)) {
    return false;
  }
  out.error = text;
  return true;
}

bool read_calls(JsonReader& reader, JsonValue& value, ReplyObject& out) {
  if (reader.is_null(value)) return true;
  return reader.array(value, [&](JsonValue& item) {
    auto& call = out.calls.emplace_back();
    return reader.object(item, [&](std::string_view key, JsonValue& field) {
      std::string_view ignored;
      if (key == "id") return reader.text(field, call.id);
      if (key != "function") return reader.raw(field, ignored);
      return reader.object(field, [&](std::string_view part, JsonValue& inner) {
        if (part == "name") return reader.text(inner, call.name);
        if (part == "index") return reader.integer(inner, call.index);
        if (part != "arguments") return reader.raw(inner, ignored);
        if (JsonReader::is(inner, json_type::string)) return reader.text(inner, call.arguments);
        return reader.is_null(inner) || reader.raw(inner, call.arguments);
      });
    });
  });
}

bool read_message(JsonReader& reader, JsonValue& value, ReplyObject& out) {
  if (reader.is_null(value)) return true;
  out.has_message = true;
  return reader.object(value, [&](std::string_view key, JsonValue& field) {
    if (key == "content") return reader.text(field, out.content);
    if (key == "thinking") return reader.text(field, out.thinking);
    if (key == "tool_calls") return read_calls(reader, field, out);
    std::string_view ignored;
    return reader.raw(field, ignored);
  });
}

// One token entry; OpenAI's form demands `top_logprobs` and `bytes`, which Ollama leaves out when there are
// none.
bool append_entry(JsonReader& reader, JsonValue& value, std::string& out) {
  std::string_view token, logprob, bytes = "null", top = "[]";
  const bool good = reader.object(value, [&](std::string_view key, JsonValue& field) {
    std::string_view ignored;
    if (key == "token") return reader.raw(field, token);
    if (key == "logprob") return reader.raw(field, logprob);
    if (key == "bytes") return reader.raw(field, bytes);
    if (key == "top_logprobs") return reader.is_null(field) || reader.raw(field, top);
    return reader.raw(field, ignored);
  });
  if (!good) return false;
  if (token.empty() || logprob.empty()) return true;
  out += out.size() == 1 ? "{\"token\":" : ",{\"token\":";
  out.append(token).append(",\"logprob\":").append(logprob).append(",\"bytes\":").append(bytes);
  out.append(",\"top_logprobs\":").append(top) += '}';
  return true;
}

bool read_logprobs(JsonReader& reader, JsonValue& value, ReplyObject& out) {
  if (reader.is_null(value)) return true;
  std::string text = "[";
  if (!reader.array(value, [&](JsonValue& item) { return append_entry(reader, item, text); })) return false;
  if (text.size() == 1) return true;
  text += ']';
  out.logprobs = reader.copy(text);
  return true;
}

bool read_number(JsonReader& reader, std::string_view key, JsonValue& value, ReplyObject& out) {
  if (key == "total_duration") return reader.integer(value, out.total);
  if (key == "load_duration") return reader.integer(value, out.load);
  if (key == "prompt_eval_duration") return reader.integer(value, out.prefill);
  if (key == "eval_duration") return reader.integer(value, out.decode);
  if (key == "prompt_eval_count") return reader.integer(value, out.prompt_tokens);
  if (key == "eval_count") return reader.integer(value, out.completion_tokens);
  std::string_view ignored;
  return reader.raw(value, ignored);  // context, remote_model and what is to come
}

}  // namespace

bool read_object(std::string_view text, std::pmr::memory_resource* memory, ReplyObject& out,
                 core::Failure& why) {
  JsonReader reader(memory);
  const bool good = reader.document(text, [&](std::string_view key, JsonValue& value) {
    if (key == "model") return reader.text(value, out.model);
    if (key == "created_at") return reader.text(value, out.created_at);
    if (key == "message") return read_message(reader, value, out);
    if (key == "response") {
      out.has_response = true;
      return reader.text(value, out.content);
    }
    if (key == "thinking") return reader.text(value, out.thinking);
    if (key == "tool_calls") return read_calls(reader, value, out);
    if (key == "done") return reader.boolean(value, out.done);
    if (key == "done_reason") return reader.text(value, out.done_reason);
    if (key == "logprobs") return read_logprobs(reader, value, out);
    if (key == "error") return read_error(reader, value, out);
    return read_number(reader, key, value, out);
  });
  if (!good) why = reader.take_failure();
  return good;
}

}  // namespace codecrucible::wire::ollama
