#include "wire/openai/usage_text.hpp"

#include "core/json_text.hpp"

namespace codecrucible::wire::openai {

void append_usage(const core::Usage& usage, std::string& out) {
  const std::int64_t prompt = usage.prompt_tokens.value_or(0);
  const std::int64_t completion = usage.completion_tokens.value_or(0);
  out += "{\"prompt_tokens\":";
  core::append_number(out, prompt);
  out += ",\"completion_tokens\":";
  core::append_number(out, completion);
  out += ",\"total_tokens\":";
  core::append_number(out, prompt + completion);
  if (usage.cached_tokens) {
    out += ",\"prompt_tokens_details\":{\"cached_tokens\":";
    core::append_number(out, *usage.cached_tokens);
    out += '}';
  }
  if (usage.reasoning_tokens) {
    out += ",\"completion_tokens_details\":{\"reasoning_tokens\":";
    core::append_number(out, *usage.reasoning_tokens);
    out += '}';
  }
  out += '}';
}

void append_usage(const core::Usage& own, const ReplyContext& context, std::string& out) {
  append_usage(summed(own, context), out);
  if (context.given_up.empty()) return;
  out.back() = ',';
  append_parts(out, own, context);
  out += '}';
}

}  // namespace codecrucible::wire::openai
