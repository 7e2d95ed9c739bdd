#include "core/json_text.hpp"
#include "wire/responses/decode_parts.hpp"

#include <algorithm>

namespace codecrucible::wire::responses {
namespace {

using Kind = JsonReader::Kind;

// Traces of tools that OpenAI's own service runs: no other model can read them, and the answer beside them
// says what came of them.
constexpr std::string_view foreign[] = {"web_search_call",       "file_search_call", "code_interpreter_call",
                                        "image_generation_call", "tool_search_call", "tool_search_output",
                                        "mcp_list_tools"};

bool is_foreign(std::string_view type) {
  return std::find(std::begin(foreign), std::end(foreign), type) != std::end(foreign);
}

std::string_view joined(const std::pmr::vector<core::Part>& parts, core::Arena& arena) {
  std::string_view text;
  for (const auto& part : parts) {
    if (part.text.empty()) continue;
    text = text.empty() ? part.text : arena.join({text, "\n", part.text});
  }
  return text;
}

// The name by which the backend knows a tool of the client.
std::string_view sent_name(const Asked& asked, std::string_view name, std::string_view name_space) {
  for (const auto& tool : asked.special) {
    if (tool.name == name && tool.name_space == name_space) return tool.sent;
  }
  return name;
}

}  // namespace

// One item while its fields come in any order.
struct ItemReader::Draft {
  explicit Draft(std::pmr::memory_resource* memory) : content(memory), summary(memory), output(memory) {}
  std::string_view type, id, role, call_id, name, name_space, arguments, input;
  std::string_view content_json;
  std::pmr::vector<core::Part> content, summary, output;
  bool has_output = false;
};

bool ItemReader::read_input(RequestReader& in) {
  switch (in.json.kind()) {
    case Kind::string: {
      std::string_view json;
      const std::size_t at = in.value_start();
      auto& message = request_.messages.emplace_back();
      if (!in.text(message.parts.emplace_back().text, "input")) return false;
      json = in.text_from(at);
      InputItem item;
      item.raw = in.arena.join({R"({"type":"message","role":"user","status":"completed","content":)",
                                R"([{"type":"input_text","text":)", json, "}]}"});
      item.role = "user";
      item.has_type = true;
      asked_.input.push_back(item);
      return true;
    }
    case Kind::array:
      break;
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("'input' must be a string or an array of items.", "input");
  }
  if (!in.json.enter_array()) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "input", index);
    InputItem noted;
    if (!read_item(in, &noted)) return false;
    asked_.input.push_back(noted);
  }
  return !in.json.failed();
}

bool ItemReader::read_earlier(RequestReader& in) {
  if (!in.enter_array("input")) return false;
  while (in.json.next_item()) {
    if (!read_item(in, nullptr)) return false;
  }
  return !in.json.failed();
}

bool ItemReader::read_item(RequestReader& in, InputItem* noted) {
  if (!in.enter_object("")) return false;
  const std::size_t start = in.json.position() - 1;
  Draft draft(in.arena.resource());
  std::string_view key;
  while (in.next_key(key)) {
    if (!read_field(in, key, draft)) return false;
  }
  if (in.json.failed()) return false;
  if (noted != nullptr) {
    noted->raw = in.text_from(start);
    noted->role = draft.role;
    noted->content_string = draft.content_json;
    noted->has_id = !draft.id.empty();
    noted->has_type = !draft.type.empty();
  }
  return settle(in, draft, noted);
}

bool ItemReader::read_field(RequestReader& in, std::string_view key, Draft& draft) {
  const std::size_t at = in.value_start();
  if (key == "type") return in.text(draft.type, key);
  if (key == "id") return in.text(draft.id, key);
  if (key == "role") return in.text(draft.role, key);
  if (key == "call_id") return in.text(draft.call_id, key);
  if (key == "name") return in.text(draft.name, key);
  if (key == "namespace") return in.text(draft.name_space, key);
  if (key == "input") return in.json.kind() == Kind::string ? in.text(draft.input, key) : in.json.skip();
  if (key == "arguments") {
    return in.json.kind() == Kind::object ? in.raw(draft.arguments) : in.text(draft.arguments, key);
  }
  if (key == "content") {
    const bool string = in.json.kind() == Kind::string;
    if (!read_content(in, draft.content, "content")) return false;
    if (string) draft.content_json = in.text_from(at);
    return true;
  }
  if (key == "summary") {
    return in.json.kind() == Kind::array ? read_content(in, draft.summary, "summary") : in.json.skip();
  }
  if (key == "output") {
    draft.has_output = in.json.kind() != Kind::null;
    return read_content(in, draft.output, "output", true);
  }
  return in.json.skip();
}

bool ItemReader::settle(RequestReader& in, Draft& draft, InputItem* noted) {
  const std::string_view type = draft.type;
  if (type == "message" || (type.empty() && !draft.role.empty())) return add_message(in, draft);
  if (type == "function_call") return add_call(in, draft, false);
  if (type == "custom_tool_call") return add_call(in, draft, true);
  if (type == "function_call_output" || type == "custom_tool_call_output") return add_output(in, draft);
  if (type == "reasoning") {
    add_reasoning(in, draft);
    return true;
  }
  if (type == "item_reference" || (type.empty() && !draft.id.empty())) return follow(in, draft, noted);
  if (is_foreign(type)) {
    asked_.drop(*std::find(std::begin(foreign), std::end(foreign), type));
    return true;
  }
  if (type.empty()) return in.refuse("An input item needs a 'type', or a 'role' if it is a message.", "type");
  return in.refuse("Input items of type '" + std::string(type) + "' are not supported here.", "type",
                   core::Cause::unsupported);
}

bool ItemReader::add_message(RequestReader& in, Draft& draft) {
  using core::Role;
  Role role = Role::user;
  if (draft.role == "assistant") {
    role = Role::assistant;
  } else if (draft.role == "system" || draft.role == "developer") {
    role = Role::system;
  } else if (draft.role != "user") {
    return in.refuse(draft.role.empty() ? std::string("A message needs a 'role'.")
                                        : "Unknown role '" + std::string(draft.role) +
                                              "': expected user, assistant, system or developer.",
                     "role");
  }
  if (role != Role::assistant && draft.content.empty()) {
    return in.refuse("A message of role '" + std::string(draft.role) + "' needs 'content'.", "content");
  }
  auto& message = request_.messages.emplace_back();
  message.role = role;
  message.parts = std::move(draft.content);
  if (role == Role::assistant) message.reasoning = reasoning_;
  reasoning_ = {};
  return true;
}

// The message of the assistant that is being put together, or a new one.
core::Message& ItemReader::assistant_turn() {
  auto& messages = request_.messages;
  if (messages.empty() || messages.back().role != core::Role::assistant) {
    messages.emplace_back().role = core::Role::assistant;
  }
  return messages.back();
}

bool ItemReader::add_call(RequestReader& in, Draft& draft, bool custom) {
  if (draft.name.empty()) return in.refuse("A call needs the 'name' of its function.", "name");
  if (draft.call_id.empty()) return in.refuse("A call needs a 'call_id'.", "call_id");
  auto& message = assistant_turn();
  if (!reasoning_.empty()) {
    message.reasoning =
        message.reasoning.empty() ? reasoning_ : in.arena.join({message.reasoning, "\n", reasoning_});
    reasoning_ = {};
  }
  auto& call = message.tool_calls.emplace_back();
  call.id = draft.call_id;
  call.name = sent_name(asked_, draft.name, draft.name_space);
  call.arguments = draft.arguments.empty() ? std::string_view("{}") : draft.arguments;
  if (custom) {
    std::string text = "{\"input\":";
    core::append_string(text, draft.input);
    text += '}';
    call.arguments = in.arena.copy(text);
  }
  return true;
}

bool ItemReader::add_output(RequestReader& in, Draft& draft) {
  if (draft.call_id.empty()) {
    return in.refuse("The output of a call needs the 'call_id' that it answers.", "call_id");
  }
  if (!draft.has_output) return in.refuse("The output of a call needs 'output'.", "output");
  auto& message = request_.messages.emplace_back();
  message.role = core::Role::tool;
  message.tool_call_id = draft.call_id;
  message.parts = std::move(draft.output);
  reasoning_ = {};
  return true;
}

// The text itself if it is there, else its summary; what is sealed for another service says nothing here.
void ItemReader::add_reasoning(RequestReader& in, const Draft& draft) {
  const auto text = joined(draft.content.empty() ? draft.summary : draft.content, in.arena);
  if (text.empty()) return;
  reasoning_ = reasoning_.empty() ? text : in.arena.join({reasoning_, "\n", text});
}

bool ItemReader::follow(RequestReader& in, const Draft& draft, InputItem* noted) {
  const std::string_view found = recall_.item(draft.id);
  if (found.empty()) {
    return in.refuse("Item with id '" + std::string(draft.id.substr(0, 200)) + "' not found.", "id");
  }
  if (noted != nullptr) {
    noted->raw = found;
    noted->has_id = noted->has_type = true;
    noted->content_string = {};
  }
  RequestReader item(found, in.arena);
  return read_item(item, nullptr) || in.refuse(item.failure().detail, "id");
}

}  // namespace codecrucible::wire::responses
