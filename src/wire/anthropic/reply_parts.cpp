#include "wire/anthropic/reply_parts.hpp"

#include "core/json_text.hpp"

#include <algorithm>

namespace codecrucible::wire::anthropic {

void add_piece(const core::Event& event, Block& block) {
  block.kind = BlockKind::tool;
  block.tool_index = event.tool_index;
  if (!event.tool_id.empty()) block.id = event.tool_id;
  if (!event.tool_name.empty()) block.name = event.tool_name;
  block.text += event.text;
  block.arguments.feed(event.text);
}

void Ending::take(const core::Event& event, bool shown_call) {
  using Kind = core::Event::Kind;
  switch (event.kind) {
    case Kind::finish:
      finish_ = event.finish;
      stop_ = event.text;
      break;
    case Kind::usage:
      usage_ = event.usage;
      break;
    case Kind::tool_call:
      calls_ = calls_ || shown_call;
      ++pieces_;
      break;
    case Kind::text:
    case Kind::reasoning:
    case Kind::refusal:
      ++pieces_;
      break;
    default:
      break;
  }
}

std::string_view Ending::stop_reason() const {
  switch (finish_) {
    case core::FinishReason::length:
      return "max_tokens";
    case core::FinishReason::content_filter:
      return "refusal";
    default:
      if (calls_) return "tool_use";
      return stop_.empty() ? "end_turn" : "stop_sequence";
  }
}

void Ending::append_stop_sequence(std::string& out) const {
  if (stop_reason() != "stop_sequence") {
    out += "null";
  } else {
    core::append_string(out, stop_);
  }
}

void Ending::append_usage(const ReplyContext& context, bool parts, std::string& out) const {
  auto own = usage_;
  own.prompt_tokens = std::max<std::int64_t>(usage_.prompt_tokens.value_or(context.prompt_tokens), 0);
  own.completion_tokens = usage_.completion_tokens.value_or(pieces_);
  const auto cached = std::clamp<std::int64_t>(usage_.cached_tokens.value_or(0), 0, *own.prompt_tokens);
  const auto all = summed(own, context);
  out += "{\"input_tokens\":";
  core::append_number(out, *all.prompt_tokens - cached);
  out += ",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":";
  core::append_number(out, cached);
  out += ",\"output_tokens\":";
  core::append_number(out, *all.completion_tokens);
  if (usage_.reasoning_tokens) {
    out += ",\"output_tokens_details\":{\"thinking_tokens\":";
    core::append_number(out, *usage_.reasoning_tokens);
    out += '}';
  }
  if (parts && !context.given_up.empty()) {
    out += ',';
    append_parts(out, own, context);
  }
  out += '}';
}

void append_head(const ReplyContext& context, std::string& out) {
  out += "{\"id\":";
  core::append_string(out, context.id);
  out += R"(,"type":"message","role":"assistant","model":)";
  core::append_string(out, context.model);
  out += ",\"content\":";
}

std::string made_tool_id(const ReplyContext& context, std::int32_t tool_index) {
  return "toolu_" + openai::made_call_id(context.id, 0, tool_index).substr(5);
}

}  // namespace codecrucible::wire::anthropic
