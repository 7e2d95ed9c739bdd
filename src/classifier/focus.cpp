#include "classifier/focus.hpp"

#include <algorithm>

namespace codecrucible::classifier {
namespace {

// Enough of a message to see whether it is a file or holds code; the rest is only counted.
constexpr std::size_t peek_bytes = 4096;

bool is_file_part(std::string_view text) noexcept {
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  const auto head = text.substr(start, 24);
  return head.starts_with("<file") || head.starts_with("<document") || head.starts_with("<attachment") ||
         head.starts_with("<environment") || head.starts_with("<context") ||
         head.starts_with("<system-reminder");
}

// Files that stand in one text, by their opening tags.
std::uint32_t tagged_files(std::string_view text) noexcept {
  std::uint32_t files = 0;
  text = text.substr(0, 16 * peek_bytes);
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string_view::npos; ++at) {
    const auto rest = text.substr(at + 1, 11);
    if (rest.starts_with("file ") || rest.starts_with("file>") || rest.starts_with("document") ||
        rest.starts_with("attachment") || rest.starts_with("file_content"))
      ++files;
  }
  return files;
}

// The text a message asks with: its last text part that is not a file; the longest if all are files.
std::string_view ask_of(const core::Message& message) noexcept {
  std::string_view ask, any;
  for (const auto& part : message.parts) {
    if (part.kind != core::Part::Kind::text || part.text.empty()) continue;
    if (!is_file_part(part.text)) ask = part.text;
    if (part.text.size() > any.size()) any = part.text;
  }
  return ask.empty() ? any : ask;
}

}  // namespace

Focus focus_on(const core::ChatRequest& request) noexcept {
  Focus focus;
  focus.total_bytes = request.prompt.size() + request.prompt_tokens_json.size();
  focus.text = request.prompt;
  for (const auto& tool : request.tools)
    focus.total_bytes += tool.name.size() + tool.description.size() + tool.parameters.size();
  for (const auto& message : request.messages) {
    for (const auto& call : message.tool_calls) focus.total_bytes += call.name.size() + call.arguments.size();
    for (const auto& part : message.parts) {
      focus.total_bytes += part.text.size();
      if (part.kind == core::Part::Kind::image) ++focus.images;
      if (part.kind == core::Part::Kind::text && message.role != core::Role::system)
        focus.context_files += tagged_files(part.text);
    }
    if (message.role == core::Role::tool) {
      if (message.is_error) focus.tool_failed = true;
      continue;
    }
    if (message.role != core::Role::user) {
      if (message.role == core::Role::assistant && !focus.code_before)
        for (const auto& part : message.parts)
          focus.code_before =
              focus.code_before || part.text.substr(0, peek_bytes).find("```") != std::string_view::npos;
      continue;
    }
    const auto ask = ask_of(message);
    if (ask.empty()) continue;
    if (focus.user_turns > 0) focus.before = focus.text;
    focus.text = ask;
    focus.tool_failed = false;
    ++focus.user_turns;
  }
  return focus;
}

Needs needs_of(const core::ChatRequest& request, const Focus& focus, std::uint32_t tokens,
               std::uint32_t long_context_tokens) noexcept {
  Needs needs;
  needs.tools = !request.tools.empty() && request.tool_choice != core::ToolChoice::none;
  needs.vision = focus.images > 0;
  needs.structured = request.format.kind != core::Format::Kind::text;
  needs.long_context = tokens > long_context_tokens;
  return needs;
}

}  // namespace codecrucible::classifier
