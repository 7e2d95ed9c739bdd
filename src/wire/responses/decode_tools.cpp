#include "wire/responses/decode_parts.hpp"

#include <algorithm>

namespace codecrucible::wire::responses {
namespace {

using Kind = JsonReader::Kind;

// Offers of the service's own tools that agents make with every request: left out, and said so. The others
// (file_search, mcp …) are asked for on purpose.
constexpr std::string_view offers[] = {"web_search", "image_generation", "tool_search"};

std::string_view offer_of(std::string_view type) {
  for (const auto known : offers) {
    const bool same = type.starts_with(known) && (type.size() == known.size() || type[known.size()] == '_');
    if (same) return known;
  }
  return {};
}

struct Draft {
  std::string_view type, name, description, parameters, format, members;
  std::optional<bool> strict;
};

bool read_draft(RequestReader& in, Draft& draft) {
  if (!in.enter_object("")) return false;
  std::string_view key;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(draft.type, key);
    } else if (key == "name") {
      ok = in.text(draft.name, key);
    } else if (key == "description") {
      ok = in.text(draft.description, key);
    } else if (key == "parameters") {
      ok = in.raw_object(draft.parameters, key);
    } else if (key == "strict") {
      ok = in.flag(draft.strict, key);
    } else if (key == "format" && in.json.kind() == Kind::object) {
      ok = in.raw(draft.format);
    } else if (key == "tools" && in.json.kind() == Kind::array) {
      ok = in.raw(draft.members);
    } else {
      ok = in.json.skip();
    }
    if (!ok) return false;
  }
  return !in.json.failed();
}

// The grammar that a custom tool's text has to follow, for the model to read.
std::string_view grammar_of(std::string_view format, core::Arena& arena) {
  JsonReader json(format);
  JsonString key, text;
  std::string_view syntax, definition;
  if (format.empty() || !json.enter_object()) return {};
  while (json.next_key(key)) {
    const bool named = key.raw == "syntax" || key.raw == "definition";
    if (!named || json.kind() != Kind::string) {
      if (!json.skip()) return {};
      continue;
    }
    if (!json.read_string(text)) return {};
    (key.raw == "syntax" ? syntax : definition) = unescape(text, arena);
  }
  if (definition.empty()) return {};
  return arena.join({"\nIt has to follow this grammar (", syntax, "):\n", definition});
}

bool is_taken(const core::ChatRequest& request, std::string_view name) {
  for (const auto& tool : request.tools) {
    if (tool.name == name) return true;
  }
  return false;
}

class Tools {
 public:
  Tools(RequestReader& in, core::ChatRequest& request, Asked& asked)
      : in_(in), request_(request), asked_(asked) {}

  bool read() {
    if (!in_.enter_array("tools")) return false;
    for (std::size_t index = 0; in_.json.next_item(); ++index) {
      const RequestReader::Inside inside(in_, "tools", index);
      Draft draft;
      if (!read_draft(in_, draft) || !take(draft)) return false;
    }
    // Last, so that theirs are the names that give way.
    for (const auto& space : spaces_) {
      if (!take_members(space)) return false;
    }
    return !in_.json.failed();
  }

 private:
  bool take(const Draft& draft) {
    if (draft.type == "function") return add(draft, {});
    if (draft.type == "custom") return add_custom(draft, {});
    if (draft.type == "namespace") {
      spaces_.push_back(draft);
      return true;
    }
    if (const auto offer = offer_of(draft.type); !offer.empty()) {
      asked_.drop(offer);
      return true;
    }
    if (draft.type.empty()) return in_.refuse("A tool needs a 'type'.", "type");
    return in_.refuse(
        "Tools of type '" + std::string(draft.type) + "' are not supported here; use 'function' or 'custom'.",
        "type", core::Cause::unsupported);
  }

  bool add(const Draft& draft, std::string_view space) {
    if (draft.name.empty()) return in_.refuse("A function needs a 'name'.", "name");
    core::Tool tool;
    tool.name = name_for(draft.name, space, false);
    tool.description = draft.description;
    tool.parameters = draft.parameters;
    tool.strict = draft.strict;
    request_.tools.push_back(tool);
    return true;
  }

  bool add_custom(const Draft& draft, std::string_view space) {
    if (draft.name.empty()) return in_.refuse("A custom tool needs a 'name'.", "name");
    core::Tool tool;
    tool.name = name_for(draft.name, space, true);
    tool.description =
        in_.arena.join({draft.description, draft.description.empty() ? "" : "\n",
                        "'input' is free text, not JSON.", grammar_of(draft.format, in_.arena)});
    tool.parameters =
        R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";
    request_.tools.push_back(tool);
    return true;
  }

  // The name for the backend; noted if the client has to be told something else.
  std::string_view name_for(std::string_view name, std::string_view space, bool custom) {
    std::string_view sent = name;
    if (!space.empty() && is_taken(request_, name)) sent = in_.arena.join({space, "__", name});
    if (custom || !space.empty()) asked_.special.push_back({sent, name, space, custom});
    return sent;
  }

  bool take_members(const Draft& space) {
    if (space.name.empty()) return in_.refuse("A namespace needs a 'name'.", "tools");
    if (space.members.empty()) return true;
    RequestReader members(space.members, in_.arena);
    if (!members.enter_array("tools")) return in_.refuse(members.failure().detail, "tools");
    for (std::size_t index = 0; members.json.next_item(); ++index) {
      const RequestReader::Inside inside(members, "tools", index);
      Draft draft;
      if (!read_draft(members, draft)) return in_.refuse(members.failure().detail, "tools");
      const bool custom = draft.type == "custom";
      if (!custom && draft.type != "function") {
        return in_.refuse("A namespace holds tools of type 'function' or 'custom' only.", "tools",
                          core::Cause::unsupported);
      }
      if (!(custom ? add_custom(draft, space.name) : add(draft, space.name))) return false;
    }
    return !members.json.failed();
  }

  RequestReader& in_;
  core::ChatRequest& request_;
  Asked& asked_;
  std::vector<Draft> spaces_;
};

std::string_view sent_name(const Asked& asked, std::string_view name) {
  for (const auto& tool : asked.special) {
    if (tool.name == name) return tool.sent;
  }
  return name;
}

bool set_choice(RequestReader& in, core::ChatRequest& request, std::string_view word) {
  if (word == "auto") {
    request.tool_choice = core::ToolChoice::automatic;
  } else if (word == "none") {
    request.tool_choice = core::ToolChoice::none;
  } else if (word == "required") {
    request.tool_choice = core::ToolChoice::required;
  } else {
    return in.refuse("'tool_choice' must be 'none', 'auto', 'required' or an object.", "tool_choice");
  }
  return true;
}

// `{"type":"allowed_tools","mode":…,"tools":[{"type":"function","name":…}]}`: the others are not offered.
bool keep_allowed(RequestReader& in, core::ChatRequest& request, const Asked& asked, std::string_view list) {
  RequestReader allowed(list, in.arena);
  std::vector<std::string_view> names;
  if (!allowed.enter_array("tool_choice.tools")) return in.refuse(allowed.failure().detail, "tool_choice");
  while (allowed.json.next_item()) {
    Draft draft;
    if (!read_draft(allowed, draft)) return in.refuse(allowed.failure().detail, "tool_choice");
    if (!draft.name.empty()) names.push_back(sent_name(asked, draft.name));
  }
  std::erase_if(request.tools, [&names](const core::Tool& tool) {
    return std::find(names.begin(), names.end(), tool.name) == names.end();
  });
  return true;
}

bool read_choice_object(RequestReader& in, core::ChatRequest& request, const Asked& asked) {
  if (!in.json.enter_object()) return false;
  std::string_view key, type, name, mode, list;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "type") {
      ok = in.text(type, "tool_choice.type");
    } else if (key == "name") {
      ok = in.text(name, "tool_choice.name");
    } else if (key == "mode") {
      ok = in.text(mode, "tool_choice.mode");
    } else if (key == "tools" && in.json.kind() == Kind::array) {
      ok = in.raw(list);
    } else {
      ok = in.json.skip();
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (type == "allowed_tools") {
    if (list.empty()) return in.refuse("'allowed_tools' needs 'tools'.", "tool_choice");
    return set_choice(in, request, mode.empty() ? std::string_view("auto") : mode) &&
           keep_allowed(in, request, asked, list);
  }
  if (type != "function" && type != "custom") {
    return in.refuse("A 'tool_choice' of type '" + std::string(type) + "' is not supported here.",
                     "tool_choice", core::Cause::unsupported);
  }
  if (name.empty()) return in.refuse("'tool_choice' must name a tool.", "tool_choice");
  request.tool_choice = core::ToolChoice::named;
  request.tool_choice_name = sent_name(asked, name);
  return true;
}

}  // namespace

bool read_tools(RequestReader& in, core::ChatRequest& request, Asked& asked) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  return Tools(in, request, asked).read();
}

bool read_tool_choice(RequestReader& in, core::ChatRequest& request, Asked& asked) {
  switch (in.json.kind()) {
    case Kind::null:
      return in.json.read_null();
    case Kind::string: {
      std::string_view word;
      return in.text(word, "tool_choice") && set_choice(in, request, word);
    }
    case Kind::object:
      return read_choice_object(in, request, asked);
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("'tool_choice' must be a string or an object.", "tool_choice");
  }
}

}  // namespace codecrucible::wire::responses
