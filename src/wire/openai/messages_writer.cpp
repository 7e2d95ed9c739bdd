#include "wire/openai/messages_writer.hpp"

#include "core/json_text.hpp"

namespace codecrucible::wire::openai {
namespace {

std::string_view role_name(core::Role role) {
  switch (role) {
    case core::Role::system:
      return "system";
    case core::Role::user:
      return "user";
    case core::Role::assistant:
      return "assistant";
    case core::Role::tool:
      break;
  }
  return "tool";
}

// The first bytes of an image tell what it is; these are their base64 forms.
std::string_view sniffed_type(std::string_view base64) {
  if (base64.starts_with("iVBORw0KGgo")) return "image/png";
  if (base64.starts_with("R0lGOD")) return "image/gif";
  if (base64.starts_with("UklGR")) return "image/webp";
  if (base64.starts_with("Qk")) return "image/bmp";
  return "image/jpeg";  // "/9j/", and the best guess for what is unknown
}

void append_part(const core::Part& part, std::string& out) {
  switch (part.kind) {
    case core::Part::Kind::text:
      out += R"({"type":"text","text":)";
      core::append_string(out, part.text);
      out += '}';
      return;
    case core::Part::Kind::image: {
      const core::Image& image = part.image;
      out += R"({"type":"image_url","image_url":{"url":")";
      if (!image.url.empty()) {
        core::append_escaped(out, image.url);
      } else {
        out += "data:";
        core::append_escaped(out, image.media_type.empty() ? sniffed_type(image.base64) : image.media_type);
        out += ";base64,";
        core::append_escaped(out, image.base64);
      }
      out += "\"}}";
      return;
    }
    case core::Part::Kind::other:
      out += part.raw;
  }
}

bool only_texts(const core::Message& message) {
  for (const auto& part : message.parts) {
    if (part.kind != core::Part::Kind::text) return false;
  }
  return true;
}

bool only_images(const core::Message& message) {
  for (const auto& part : message.parts) {
    if (part.kind != core::Part::Kind::image) return false;
  }
  return message.role == core::Role::user;
}

}  // namespace

void MessagesWriter::write(const core::ChatRequest& request) {
  out_ += '[';
  joins_texts_ = request.surface == core::Surface::anthropic_messages;
  const bool generate = request.surface == core::Surface::ollama_generate;
  bool prompt_due = generate;
  for (std::size_t i = style_.one_system ? write_systems(request) : 0; i < request.messages.size(); ++i) {
    const bool takes_prompt =
        generate && i + 1 == request.messages.size() && only_images(request.messages[i]);
    write_message(request.messages[i], takes_prompt ? request.prompt : std::string_view{});
    prompt_due = prompt_due && !takes_prompt;
  }
  if (prompt_due) write_message(core::Message(core::Message::allocator_type{}), request.prompt);
  out_ += ']';
}

// Leading system messages as one, a blank line between their texts; how many they were, 0 if they stay apart.
std::size_t MessagesWriter::write_systems(const core::ChatRequest& request) {
  const auto& messages = request.messages;
  std::size_t count = 0;
  for (; count < messages.size() && messages[count].role == core::Role::system; ++count) {
    for (const auto& part : messages[count].parts) {
      if (part.kind != core::Part::Kind::text) return 0;
    }
  }
  if (count < 2) return 0;
  first_ = false;
  out_ += R"({"role":"system","content":")";
  bool begun = false;
  for (std::size_t i = 0; i < count; ++i) {
    for (const auto& part : messages[i].parts) {
      if (begun) out_ += R"(\n\n)";
      core::append_escaped(out_, part.text);
      begun = true;
    }
  }
  out_ += "\"}";
  return count;
}

void MessagesWriter::write_message(const core::Message& message, std::string_view more_text) {
  if (!first_) out_ += ',';
  first_ = false;
  out_.append("{\"role\":\"").append(role_name(message.role)).append("\",\"content\":");
  write_content(message, more_text);
  if (!message.name.empty() && message.role != core::Role::tool) {
    out_ += ",\"name\":";
    core::append_string(out_, message.name);
  }
  if (message.role == core::Role::tool) {
    out_ += ",\"tool_call_id\":";
    core::append_string(out_, id_of_result(message));
  }
  if (!message.tool_calls.empty()) write_calls(message);
  if (style_.echo_reasoning && !message.reasoning.empty()) {
    out_ += ",\"reasoning_content\":";
    core::append_string(out_, message.reasoning);
  }
  out_ += '}';
}

void MessagesWriter::write_content(const core::Message& message, std::string_view more_text) {
  const auto& parts = message.parts;
  if (parts.empty() && message.role == core::Role::assistant && !message.tool_calls.empty() &&
      !style_.empty_for_null) {
    out_ += "null";
  } else if (parts.empty()) {
    core::append_string(out_, more_text);
  } else if (parts.size() == 1 && parts.front().kind == core::Part::Kind::text && more_text.empty()) {
    core::append_string(out_, parts.front().text);
  } else if (joins_texts_ && only_texts(message)) {
    out_ += '"';
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) out_ += "\\n";
      core::append_escaped(out_, parts[i].text);
    }
    out_ += '"';
  } else {
    out_ += '[';
    if (!more_text.empty()) {
      core::Part text;
      text.text = more_text;
      append_part(text, out_);
      out_ += ',';
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i > 0) out_ += ',';
      append_part(parts[i], out_);
    }
    out_ += ']';
  }
}

void MessagesWriter::write_calls(const core::Message& message) {
  out_ += ",\"tool_calls\":[";
  for (std::size_t i = 0; i < message.tool_calls.size(); ++i) {
    const core::ToolCall& call = message.tool_calls[i];
    OpenCall& open = calls_.emplace_back();
    open.id = call.id.empty() ? "call_" + std::to_string(calls_.size()) : std::string(call.id);
    open.name = call.name;
    if (i > 0) out_ += ',';
    out_ += "{\"id\":";
    core::append_string(out_, open.id);
    out_ += ",\"type\":\"function\",\"function\":{\"name\":";
    core::append_string(out_, call.name);
    out_ += ",\"arguments\":";
    core::append_string(out_, call.arguments.empty() ? std::string_view("{}") : call.arguments);
    out_ += "}}";
  }
  out_ += ']';
}

// By its id; else the first unanswered call of that name; else the first unanswered call.
std::string MessagesWriter::id_of_result(const core::Message& message) {
  if (!message.tool_call_id.empty()) {
    for (auto& call : calls_) call.answered = call.answered || call.id == message.tool_call_id;
    return std::string(message.tool_call_id);
  }
  OpenCall* found = nullptr;
  for (auto& call : calls_) {
    const bool named = message.tool_name.empty() || call.name == message.tool_name;
    if (call.answered || !named || found != nullptr) continue;
    found = &call;
  }
  if (found == nullptr) return "call_unknown";
  found->answered = true;
  return found->id;
}

}  // namespace codecrucible::wire::openai
