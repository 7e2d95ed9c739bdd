#include "wire/openai/decode_parts.hpp"

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

bool read_function(RequestReader& in, core::Tool& tool, std::string_view field) {
  if (!in.enter_object(field)) return false;
  std::string_view key;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "name") {
      ok = in.text(tool.name, "function.name");
    } else if (key == "description") {
      ok = in.text(tool.description, "function.description");
    } else if (key == "parameters") {
      ok = in.raw_object(tool.parameters, "function.parameters");
    } else if (key == "strict") {
      ok = in.flag(tool.strict, "function.strict");
    } else {
      ok = in.pass_over(key, "function.");
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (tool.name.empty()) return in.refuse("A function needs a 'name'.", "function.name");
  return true;
}

bool read_tool(RequestReader& in, core::Tool& tool) {
  if (!in.enter_object("")) return false;
  std::string_view key, type;
  bool has_function = false;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "type");
    } else if (key == "function") {
      has_function = true;
      ok = read_function(in, tool, "function");
    } else {
      ok = in.pass_over(key);
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (!type.empty() && type != "function") {
    return in.refuse("Tools of type '" + std::string(type) + "' are not supported; use 'function'.", "type",
                     core::Cause::unsupported);
  }
  if (!has_function) return in.refuse("A tool needs 'function'.", "function");
  return true;
}

bool set_choice(RequestReader& in, core::ChatRequest& request, std::string_view word,
                std::string_view field) {
  if (word == "auto") {
    request.tool_choice = core::ToolChoice::automatic;
  } else if (word == "none") {
    request.tool_choice = core::ToolChoice::none;
  } else if (word == "required" || word == "any") {
    request.tool_choice = core::ToolChoice::required;
  } else {
    return in.refuse("'" + std::string(field) + "' must be 'none', 'auto', 'required' or name a function.",
                     field);
  }
  return true;
}

// `{"type":"function","function":{"name":…}}`, or `{"name":…}` of the old function_call.
bool read_named_choice(RequestReader& in, core::ChatRequest& request, std::string_view field) {
  if (!in.enter_object(field)) return false;
  std::string_view key, type, name;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, field);
    } else if (key == "name") {
      ok = in.text(name, field);
    } else if (key == "function") {
      core::Tool chosen;
      ok = read_function(in, chosen, field);
      name = chosen.name;
    } else {
      ok = in.json.skip();
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (!type.empty() && type != "function") {
    return in.refuse("A '" + std::string(field) + "' of type '" + std::string(type) + "' is not supported.",
                     field, core::Cause::unsupported);
  }
  if (name.empty()) return in.refuse("'" + std::string(field) + "' must name a function.", field);
  request.tool_choice = core::ToolChoice::named;
  request.tool_choice_name = name;
  return true;
}

}  // namespace

bool read_tools(RequestReader& in, core::ChatRequest& request) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  if (!in.enter_array("tools")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "tools", index);
    if (!read_tool(in, request.tools.emplace_back())) return false;
  }
  return !in.json.failed();
}

bool read_functions(RequestReader& in, core::ChatRequest& request) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  if (!in.enter_array("functions")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "functions", index);
    if (!read_function(in, request.tools.emplace_back(), "")) return false;
  }
  return !in.json.failed();
}

bool read_tool_choice(RequestReader& in, core::ChatRequest& request, std::string_view field) {
  switch (in.json.kind()) {
    case Kind::null:
      return in.json.read_null();
    case Kind::string: {
      std::string_view word;
      return in.text(word, field) && set_choice(in, request, word, field);
    }
    case Kind::object:
      return read_named_choice(in, request, field);
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("'" + std::string(field) + "' must be a string or an object.", field);
  }
}

}  // namespace codecrucible::wire::openai
