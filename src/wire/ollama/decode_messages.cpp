#include "wire/ollama/decode_fields.hpp"

#include <algorithm>

namespace codecrucible::wire::ollama {
namespace {

using simdjson::ondemand::json_type;

bool same_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != lower[i]) return false;
  }
  return true;
}

bool read_role(JsonReader& reader, JsonValue& value, core::Role& role) {
  std::string_view text;
  if (!reader.text(value, text)) return false;
  constexpr std::pair<std::string_view, core::Role> known[] = {
      {"user", core::Role::user}, {"assistant", core::Role::assistant}, {"system", core::Role::system},
      {"tool", core::Role::tool}, {"developer", core::Role::system},  // OpenAI's word for system (traps C2)
  };
  for (const auto& [word, meaning] : known) {
    if (same_ignoring_case(text, word)) {
      role = meaning;
      return true;
    }
  }
  return reader.refuse("must be system, user, assistant or tool");
}

bool read_content(JsonReader& reader, JsonValue& value, core::Message& message) {
  if (JsonReader::is(value, json_type::array)) {
    return reader.refuse("must be a string; images go into the message's `images`");
  }
  std::string_view text;
  if (!reader.text(value, text)) return false;
  if (!text.empty()) message.parts.push_back({core::Part::Kind::text, text, {}, {}});
  return true;
}

// An object as Ollama wants it; clients that come from OpenAI send its text in a string, which is understood
// too.
bool read_arguments(JsonReader& reader, JsonValue& value, core::ToolCall& call) {
  if (JsonReader::is(value, json_type::object)) return reader.raw(value, call.arguments);
  if (JsonReader::is(value, json_type::string)) return reader.text(value, call.arguments);
  return reader.is_null(value) || reader.wrong_type("an object");
}

bool read_tool_calls(JsonReader& reader, JsonValue& value, core::Message& message) {
  if (reader.is_null(value)) return true;
  return reader.array(value, [&](JsonValue& item) {
    core::ToolCall call;
    call.arguments = "{}";
    const bool good = reader.object(item, [&](std::string_view key, JsonValue& field) {
      std::string_view ignored;
      if (key == "id") return reader.text(field, call.id);
      if (key != "function") return reader.raw(field, ignored);
      return reader.object(field, [&](std::string_view part, JsonValue& inner) {
        if (part == "name") return reader.text(inner, call.name);
        if (part == "arguments") return read_arguments(reader, inner, call);
        return reader.raw(inner, ignored);  // index: their order says the same
      });
    });
    if (good) message.tool_calls.push_back(call);
    return good;
  });
}

bool read_message(JsonReader& reader, JsonValue& value, core::Message& message) {
  return reader.object(value, [&](std::string_view key, JsonValue& field) {
    if (key == "role") return read_role(reader, field, message.role);
    if (key == "content") {
      // Images stand behind the text, wherever the member stood.
      const auto before = static_cast<std::ptrdiff_t>(message.parts.size());
      if (!read_content(reader, field, message)) return false;
      std::rotate(message.parts.begin(), message.parts.begin() + before, message.parts.end());
      return true;
    }
    if (key == "thinking") return reader.text(field, message.reasoning);
    if (key == "images") return read_images(reader, field, message);
    if (key == "tool_calls") return read_tool_calls(reader, field, message);
    if (key == "tool_name") return reader.text(field, message.tool_name);
    if (key == "tool_call_id") return reader.text(field, message.tool_call_id);
    if (key == "name") return reader.text(field, message.name);
    std::string_view ignored;
    return reader.raw(field, ignored);
  });
}

}  // namespace

bool read_images(JsonReader& reader, JsonValue& value, core::Message& message) {
  if (reader.is_null(value)) return true;
  return reader.array(value, [&](JsonValue& item) {
    core::Part part;
    part.kind = core::Part::Kind::image;
    std::string_view text;
    if (!reader.text(item, text)) return false;
    if (text.starts_with("http://") || text.starts_with("https://")) {
      return reader.refuse("must be base64; images are not fetched from URLs");
    }
    if (text.starts_with("data:")) {
      const auto comma = text.find(',');
      if (comma == std::string_view::npos) return reader.refuse("is a data: URL without data");
      const auto type_end = text.find_first_of(";,");
      part.image.media_type = text.substr(5, type_end - 5);
      text.remove_prefix(comma + 1);
    }
    part.image.base64 = text;
    message.parts.push_back(part);
    return true;
  });
}

bool read_tools(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  request.tools.clear();
  if (reader.is_null(value)) return true;
  return reader.array(value, [&](JsonValue& item) {
    core::Tool tool;
    const bool good = reader.object(item, [&](std::string_view key, JsonValue& field) {
      std::string_view ignored;
      if (key != "function") return reader.raw(field, ignored);
      return reader.object(field, [&](std::string_view part, JsonValue& inner) {
        if (part == "name") return reader.text(inner, tool.name);
        if (part == "description") return reader.text(inner, tool.description);
        if (part == "strict") return reader.boolean(inner, tool.strict);
        if (part == "parameters") return reader.is_null(inner) || reader.raw(inner, tool.parameters);
        return reader.raw(inner, ignored);
      });
    });
    if (!good) return false;
    if (tool.name.empty()) return reader.refuse("function.name is required");
    request.tools.push_back(tool);
    return true;
  });
}

bool read_messages(JsonReader& reader, JsonValue& value, core::ChatRequest& request) {
  request.messages.clear();
  if (reader.is_null(value)) return true;
  return reader.array(
      value, [&](JsonValue& item) { return read_message(reader, item, request.messages.emplace_back()); });
}

}  // namespace codecrucible::wire::ollama
