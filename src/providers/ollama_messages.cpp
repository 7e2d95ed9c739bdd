#include "core/json_text.hpp"
#include "providers/ollama_parts.hpp"
#include "wire/ollama/strict_json.hpp"

namespace codecrucible::providers::ollama_parts {
namespace {

using core::Role;

std::string path_of(std::size_t index, std::string_view field) {
  return "messages[" + std::to_string(index) + "]." + std::string(field);
}

std::string_view word(Role role) {
  switch (role) {
    case Role::system:
      return "system";
    case Role::assistant:
      return "assistant";
    case Role::tool:
      return "tool";
    case Role::user:
      break;
  }
  return "user";
}

// Ollama links a tool's result by the function's name, OpenAI by the call's id (traps C12).
std::string_view name_of_call(const core::ChatRequest& request, std::size_t index) {
  const auto& message = request.messages[index];
  if (!message.tool_name.empty()) return message.tool_name;
  if (message.tool_call_id.empty()) return message.name;
  for (std::size_t i = index; i-- > 0;) {
    for (const auto& call : request.messages[i].tool_calls) {
      if (call.id == message.tool_call_id) return call.name;
    }
  }
  return message.name;
}

void append_calls(std::string& out, const core::Message& message) {
  if (message.tool_calls.empty()) return;  // never an empty list (traps B14)
  out += ",\"tool_calls\":[";
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    const auto& call = message.tool_calls[i];
    out += i == 0 ? "{" : ",{";
    if (!call.id.empty()) {
      out += "\"id\":";
      core::append_string(out, call.id);
      out += ',';
    }
    out += "\"function\":{\"index\":";
    core::append_number(out, i);
    out += ",\"name\":";
    core::append_string(out, call.name);
    out += ",\"arguments\":";
    wire::ollama::append_arguments(out, call.arguments);
    out += "}}";
  }
  out += ']';
}

void append_tool_link(std::string& out, const core::ChatRequest& request, std::size_t index) {
  if (const auto name = name_of_call(request, index); !name.empty()) {
    out += ",\"tool_name\":";
    core::append_string(out, name);
  }
  if (const auto id = request.messages[index].tool_call_id; !id.empty()) {
    out += ",\"tool_call_id\":";
    core::append_string(out, id);
  }
}

// How many messages at the front are one system text: OpenAI's clients send system and developer messages in
// a row, and many templates take only one (traps C2). An Ollama client's messages stay as they are.
std::size_t leading_systems(const core::ChatRequest& request) {
  std::size_t count = 0;
  while (count < request.messages.size() && request.messages[count].role == Role::system) ++count;
  return core::is_ollama(request.surface) ? std::min<std::size_t>(count, 1) : count;
}

core::Result<void> append_system(std::string& out, const core::ChatRequest& request, std::size_t count,
                                 const Target& target, std::string_view instruction) {
  if (count == 0 && instruction.empty()) return {};
  out += "{\"role\":\"system\",\"content\":\"";
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) out += "\\n\\n";
    auto written = append_content(out, request.messages[i], i, target);
    if (!written) return written;
  }
  if (!instruction.empty()) {
    if (count != 0) out += "\\n\\n";
    core::append_escaped(out, instruction);
  }
  out += '"';
  for (std::size_t i = 0; i < count; ++i) append_images(out, request.messages[i]);
  out += '}';
  return {};
}

core::Result<void> append_message(std::string& out, const core::ChatRequest& request, std::size_t index,
                                  const Target& target) {
  const auto& message = request.messages[index];
  out += "{\"role\":\"";
  out += word(message.role);
  out += "\",\"content\":\"";  // always a string, never null (traps C3)
  auto written = append_content(out, message, index, target);
  if (!written) return written;
  out += '"';
  // Earlier reasoning means something to models that reason only.
  if (!message.reasoning.empty() && (target.can.thinking || core::is_ollama(request.surface))) {
    out += ",\"thinking\":";
    core::append_string(out, message.reasoning);
  }
  append_images(out, message);
  append_calls(out, message);
  if (message.role == Role::tool) append_tool_link(out, request, index);
  out += '}';
  return {};
}

core::Result<void> sendable(const core::Part& part, std::size_t index, const Target& target) {
  if (part.kind == core::Part::Kind::other) {
    return core::fail(core::Cause::unsupported, "an Ollama backend takes text and images only",
                      path_of(index, "content"));
  }
  if (part.kind != core::Part::Kind::image) return {};
  if (!target.can.vision) {
    return core::fail(core::Cause::unsupported,
                      "the model " + std::string(target.model) + " cannot see images",
                      path_of(index, "content"));
  }
  if (part.image.base64.empty()) {
    return core::fail(core::Cause::unsupported,
                      "images must come as base64 data (a data: URL): they are not fetched from the web",
                      path_of(index, "content"));
  }
  return {};
}

}  // namespace

core::Result<void> append_content(std::string& out, const core::Message& message, std::size_t index,
                                  const Target& target) {
  bool first = true;
  for (const auto& part : message.parts) {
    auto checked = sendable(part, index, target);
    if (!checked) return checked;
    if (part.kind != core::Part::Kind::text) continue;
    if (!first) out += "\\n";
    first = false;
    core::append_escaped(out, part.text);
  }
  return {};
}

void append_images(std::string& out, const core::Message& message) {
  bool first = true;
  for (const auto& part : message.parts) {
    if (part.kind != core::Part::Kind::image) continue;
    out += first ? ",\"images\":[" : ",";
    first = false;
    core::append_string(out, part.image.base64);
  }
  if (!first) out += ']';
}

core::Result<void> append_messages(std::string& out, const core::ChatRequest& request, const Target& target,
                                   std::string_view instruction) {
  out += ",\"messages\":[";
  const auto systems = leading_systems(request);
  auto written = append_system(out, request, systems, target, instruction);
  if (!written) return written;
  for (std::size_t i = systems; i < request.messages.size(); ++i) {
    if (out.back() != '[') out += ',';
    written = append_message(out, request, i, target);
    if (!written) return written;
  }
  out += ']';
  return {};
}

}  // namespace codecrucible::providers::ollama_parts
