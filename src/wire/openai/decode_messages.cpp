#include "wire/openai/decode_parts.hpp"

#include <array>

namespace codecrucible::wire::openai {
namespace {

using Kind = JsonReader::Kind;

// `{"name":…,"arguments":"…"}`: the arguments are a string by the book, an object from some clients.
bool read_call_body(RequestReader& in, core::ToolCall& call, std::string_view field) {
  if (!in.enter_object(field)) return false;
  std::string_view key;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "name") {
      ok = in.text(call.name, field);
    } else if (key == "arguments") {
      ok = in.json.kind() == Kind::object ? in.raw(call.arguments) : in.text(call.arguments, field);
    } else {
      ok = in.pass_over(key, "function.");
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (call.arguments.empty()) call.arguments = "{}";
  return true;
}

bool read_tool_call(RequestReader& in, core::ToolCall& call) {
  if (!in.enter_object("")) return false;
  std::string_view key, type;
  bool has_function = false;
  while (in.next_key(key)) {
    bool ok = false;
    if (key == "id") {
      ok = in.text(call.id, "id");
    } else if (key == "type") {
      ok = in.text(type, "type");
    } else if (key == "function" && in.json.kind() != Kind::null) {
      has_function = true;
      ok = read_call_body(in, call, "function");
    } else if (key == "index") {  // streaming's, kept by clients that echo what they gathered
      ok = in.json.skip();
    } else {
      ok = in.pass_over(key);
    }
    if (!ok) return false;
  }
  if (in.json.failed()) return false;
  if (!has_function || call.name.empty()) {
    return in.refuse("A tool call needs 'function' with a 'name'; calls of other types are not supported.",
                     "function");
  }
  return true;
}

bool read_tool_calls(RequestReader& in, core::Message& message) {
  if (in.json.kind() == Kind::null) return in.json.read_null();
  if (!in.enter_array("tool_calls")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "tool_calls", index);
    if (!read_tool_call(in, message.tool_calls.emplace_back())) return false;
  }
  return !in.json.failed();
}

// One message while its fields come in any order.
struct Draft {
  std::string_view role;
  Span role_span;
  bool has_content = false;
  std::optional<Span> null_content;
  unsigned seen = 0;
};

bool read_content(RequestReader& in, core::Message& message, Draft& draft) {
  const std::size_t at = in.value_start();
  switch (in.json.kind()) {
    case Kind::null:
      if (!in.json.read_null()) return false;
      draft.null_content = in.span(at);
      return true;
    case Kind::string:
      draft.has_content = true;
      return in.text(message.parts.emplace_back().text, "content");
    case Kind::array:
      draft.has_content = true;
      return read_content_parts(in, message.parts);
    case Kind::bad:
      return in.json.skip();
    default:
      return in.refuse("A message's content must be a string or an array of parts.", "content");
  }
}

enum class MessageField : unsigned {
  role,
  content,
  name,
  tool_calls,
  tool_call_id,
  function_call,
  reasoning,
  refusal,
  other
};

MessageField message_field(std::string_view key) {
  if (key == "role") return MessageField::role;
  if (key == "content") return MessageField::content;
  if (key == "name") return MessageField::name;
  if (key == "tool_calls") return MessageField::tool_calls;
  if (key == "tool_call_id") return MessageField::tool_call_id;
  if (key == "function_call") return MessageField::function_call;
  if (key == "reasoning_content" || key == "reasoning") return MessageField::reasoning;
  if (key == "refusal") return MessageField::refusal;
  return MessageField::other;
}

// `key` is the name of `field` as it stands there.
bool read_field(RequestReader& in, MessageField field, std::string_view key, core::Message& message,
                Draft& draft, SourceMap& source) {
  switch (field) {
    case MessageField::role: {
      const std::size_t at = in.value_start();
      if (!in.text(draft.role, "role")) return false;
      draft.role_span = in.span(at);
      return true;
    }
    case MessageField::content:
      return read_content(in, message, draft);
    case MessageField::name:
      return in.text(message.name, "name");
    case MessageField::tool_calls:
      return read_tool_calls(in, message);
    case MessageField::tool_call_id:
      return in.text(message.tool_call_id, "tool_call_id");
    case MessageField::function_call:
      if (in.json.kind() == Kind::null) return in.json.read_null();
      source.legacy_functions = true;
      return read_call_body(in, message.tool_calls.emplace_back(), "function_call");
    case MessageField::reasoning:
      // Structured reasoning of other vendors is passed over.
      return in.json.kind() == Kind::string ? in.text(message.reasoning, "reasoning_content")
                                            : in.pass_over(key);
    case MessageField::refusal: {
      std::string_view refusal;
      if (!in.text(refusal, "refusal")) return false;
      if (!refusal.empty()) message.parts.emplace_back().text = refusal;
      return true;
    }
    case MessageField::other:
      break;
  }
  return in.pass_over(key);
}

bool settle_role(RequestReader& in, core::Message& message, const Draft& draft, std::uint32_t open,
                 SourceMap& source) {
  using core::Role;
  if (draft.role == "user") {
    message.role = Role::user;
  } else if (draft.role == "assistant") {
    message.role = Role::assistant;
  } else if (draft.role == "system" || draft.role == "developer") {
    message.role = Role::system;
    if (draft.role == "developer") source.developer_roles.push_back(draft.role_span);
  } else if (draft.role == "tool") {
    message.role = Role::tool;
    if (message.tool_call_id.empty() && message.name.empty()) {
      return in.refuse("A message of role 'tool' needs the 'tool_call_id' it answers.", "tool_call_id");
    }
    message.tool_name = message.name;
  } else if (draft.role == "function") {
    message.role = Role::tool;
    message.tool_name = message.name;
    source.legacy_functions = true;
  } else if (draft.role.empty()) {
    return in.refuse("A message needs a 'role'.", "role");
  } else {
    return in.refuse("Unknown role '" + std::string(draft.role) +
                         "': expected system, developer, user, assistant or tool.",
                     "role");
  }
  if (draft.has_content) return true;
  if (message.role == Role::user || message.role == Role::system) {
    return in.refuse("A message of role '" + std::string(draft.role) + "' needs 'content'.", "content");
  }
  if (draft.null_content) {
    source.null_contents.push_back(*draft.null_content);
  } else {
    source.missing_contents.push_back(open);
  }
  return true;
}

bool read_message(RequestReader& in, core::Message& message, SourceMap& source) {
  if (!in.enter_object("")) return false;
  const auto open = static_cast<std::uint32_t>(in.json.position());
  Draft draft;
  std::string_view key;
  while (in.next_key(key)) {
    const MessageField field = message_field(key);
    const unsigned bit = 1U << static_cast<unsigned>(field);
    if (field < MessageField::reasoning && (draft.seen & bit) != 0) {
      return in.refuse("'" + std::string(key) + "' stands twice in one message.", key);
    }
    draft.seen |= bit;
    if (!read_field(in, field, key, message, draft, source)) return false;
  }
  return !in.json.failed() && settle_role(in, message, draft, open, source);
}

}  // namespace

bool read_messages(RequestReader& in, core::ChatRequest& request, SourceMap& source) {
  if (!in.enter_array("messages")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "messages", index);
    if (!read_message(in, request.messages.emplace_back(), source)) return false;
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::openai
