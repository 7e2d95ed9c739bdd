#include "wire/anthropic/decode_parts.hpp"

namespace codecrucible::wire::anthropic {
namespace {

using core::Message;
using core::Role;
using Kind = JsonReader::Kind;
using Parts = std::pmr::vector<core::Part>;

void append(Parts& to, const Parts& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// Templates want the roles to alternate, Anthropic's clients need not: what follows its like is put to it.
Message& turn_of(core::ChatRequest& request, Role role) {
  if (!request.messages.empty() && request.messages.back().role == role) return request.messages.back();
  Message& fresh = request.messages.emplace_back();
  fresh.role = role;
  return fresh;
}

// Results first, the user's own words after them (traps C13).
bool settle_user(RequestReader& in, core::ChatRequest& request, Content& content) {
  if (!content.calls.empty()) return in.refuse("A user's message cannot hold 'tool_use' blocks.", "content");
  if (content.results.empty() && content.parts.empty()) {
    return in.refuse("A user's message must not be empty.", "content");
  }
  for (auto& result : content.results) request.messages.push_back(std::move(result));
  if (content.parts.empty() && content.result_images.empty()) return true;
  Parts& parts = turn_of(request, Role::user).parts;
  append(parts, content.result_images);
  append(parts, content.parts);
  return true;
}

// One that held foreign thinking only says nothing here.
bool settle_assistant(RequestReader& in, core::ChatRequest& request, Content& content) {
  if (!content.results.empty()) {
    return in.refuse("An assistant's message cannot hold 'tool_result' blocks.", "content");
  }
  if (content.parts.empty() && content.calls.empty()) return true;
  Message& turn = turn_of(request, Role::assistant);
  append(turn.parts, content.parts);
  turn.tool_calls.insert(turn.tool_calls.end(), content.calls.begin(), content.calls.end());
  if (!content.reasoning.empty()) turn.reasoning = content.reasoning;
  return true;
}

// Instructions in the middle of a conversation: most templates take a system message at its beginning only
// (traps C2), so a later one becomes words that the user's side says, in the tag that agents use for them.
bool settle_system(RequestReader& in, core::ChatRequest& request, Content& content) {
  if (!content.calls.empty() || !content.results.empty()) {
    return in.refuse("A system message holds text only.", "content");
  }
  if (request.messages.empty() || request.messages.back().role == Role::system) {
    append(turn_of(request, Role::system).parts, content.parts);
    return true;
  }
  Parts& parts = turn_of(request, Role::user).parts;
  for (const auto& part : content.parts) {
    core::Part& said = parts.emplace_back(part);
    if (part.kind == core::Part::Kind::text) {
      said.text = in.arena.join({"<system-reminder>\n", part.text, "\n</system-reminder>"});
    }
  }
  return true;
}

bool read_message(RequestReader& in, core::ChatRequest& request) {
  Content content(in.arena);
  std::string_view role;
  bool has_content = false;
  const bool ok = read_members(in, "", [&](std::string_view key) {
    if (key == "role") return in.text(role, "role");
    if (key != "content") return in.json.skip();
    if (has_content) return in.refuse("'content' stands twice in one message.", "content");
    has_content = true;
    return read_content(in, content);
  });
  if (!ok) return false;
  if (!has_content) return in.refuse("A message needs 'content'.", "content");
  if (role == "user") return settle_user(in, request, content);
  if (role == "assistant") return settle_assistant(in, request, content);
  if (role == "system") return settle_system(in, request, content);
  if (role.empty()) return in.refuse("A message needs a 'role'.", "role");
  return in.refuse("Unknown role '" + std::string(role) + "': expected user, assistant or system.", "role");
}

// The pseudo-header that Claude Code puts before its system prompt differs in every request and would cost
// the prefix cache of every local server (traps C18).
std::string_view without_headers(std::string_view text) {
  while (text.starts_with("x-anthropic-")) {
    const auto end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    while (text.starts_with('\n')) text.remove_prefix(1);
  }
  return text;
}

}  // namespace

bool read_messages(RequestReader& in, core::ChatRequest& request) {
  if (!in.enter_array("messages")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "messages", index);
    if (!read_message(in, request)) return false;
  }
  return !in.json.failed();
}

bool read_system(RequestReader& in, Parts& parts) {
  const auto add = [&](std::string_view text) {
    text = without_headers(text);
    if (!text.empty()) parts.emplace_back().text = text;
    return true;
  };
  std::string_view text;
  if (in.null()) return true;
  if (in.json.kind() == Kind::string) return in.text(text, "system") && add(text);
  if (in.json.kind() != Kind::array) {
    return in.json.kind() == Kind::bad
               ? in.json.skip()
               : in.refuse("'system' must be a string or an array of text blocks.", "system");
  }
  if (!in.enter_array("system")) return false;
  for (std::size_t index = 0; in.json.next_item(); ++index) {
    const RequestReader::Inside inside(in, "system", index);
    text = {};
    const std::string_view type = peek_type(in);
    const bool ok = read_members(
        in, "", [&](std::string_view key) { return key == "text" ? in.text(text, "text") : in.json.skip(); });
    if (!ok) return false;
    if (type != "text") return in.refuse("'system' holds blocks of type 'text' only.", "type");
    add(text);
  }
  return !in.json.failed();
}

}  // namespace codecrucible::wire::anthropic
