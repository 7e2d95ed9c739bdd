#include "wire/anthropic/decode_parts.hpp"

#include <algorithm>

namespace codecrucible::wire::anthropic {
namespace {

using Kind = JsonReader::Kind;

// Tools that run on Anthropic's side or whose schema only its own models know ("web_search_20250305"): a
// local model cannot call them, so it is not told of them.
bool runs_elsewhere(std::string_view type) {
  return !type.empty() && type != "custom";
}

bool read_tool(RequestReader& in, core::ChatRequest& request) {
  core::Tool tool;
  std::string_view type;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "type") return in.text(type, "type");
    if (key == "name") return in.text(tool.name, "name");
    if (key == "description") return in.text(tool.description, "description");
    if (key == "input_schema") return in.raw_object(tool.parameters, "input_schema");
    if (key == "strict") return in.flag(tool.strict, "strict");
    return in.json.skip();
  });
  if (!ok) return false;
  if (runs_elsewhere(type)) return true;
  if (tool.name.empty()) return in.refuse("A tool needs a 'name'.", "name");
  if (tool.parameters.empty()) return in.refuse("A tool needs an 'input_schema'.", "input_schema");
  request.tools.push_back(tool);
  return true;
}

}  // namespace

bool read_tools(RequestReader& in, core::ChatRequest& request) {
  if (in.null()) return true;
  if (!in.enter_array("tools")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "tools", index);
    if (!read_tool(in, request)) return false;
  }
  return !in.json.failed();
}

bool read_tool_choice(RequestReader& in, core::ChatRequest& request) {
  if (in.null()) return true;
  std::string_view type, name;
  std::optional<bool> one;
  const bool ok = read_members(in, "tool_choice", [&](std::string_view key) {
    if (key == "type") return in.text(type, "tool_choice.type");
    if (key == "name") return in.text(name, "tool_choice.name");
    if (key == "disable_parallel_tool_use") return in.flag(one, "tool_choice.disable_parallel_tool_use");
    return in.json.skip();
  });
  if (!ok) return false;
  if (type == "auto") {
    request.tool_choice = core::ToolChoice::automatic;
  } else if (type == "none") {
    request.tool_choice = core::ToolChoice::none;
  } else if (type == "any") {
    request.tool_choice = core::ToolChoice::required;
  } else if (type == "tool") {
    if (name.empty()) return in.refuse("A 'tool_choice' of type 'tool' needs a 'name'.", "tool_choice.name");
    request.tool_choice = core::ToolChoice::named;
    request.tool_choice_name = name;
  } else {
    return in.refuse("'tool_choice.type' must be 'auto', 'any', 'tool' or 'none'.", "tool_choice.type");
  }
  if (one.value_or(false)) request.parallel_tool_calls = false;
  return true;
}

}  // namespace codecrucible::wire::anthropic
