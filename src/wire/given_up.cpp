#include "core/json_text.hpp"
#include "wire/dialect.hpp"

namespace codecrucible::wire {
namespace {

void add(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& more) {
  if (more) sum = sum.value_or(0) + *more;
}

void append_part(std::string& out, std::string_view name, std::string_view model, const core::Usage& usage) {
  core::append_string(out, name);
  out += ":{\"model\":";
  core::append_string(out, model);
  out += ",\"prompt_tokens\":";
  core::append_number(out, usage.prompt_tokens.value_or(0));
  out += ",\"completion_tokens\":";
  core::append_number(out, usage.completion_tokens.value_or(0));
  if (usage.estimated) out += ",\"estimated\":true";
  out += '}';
}

}  // namespace

core::Usage summed(core::Usage own, const ReplyContext& context) {
  for (const auto& part : context.given_up) {
    add(own.prompt_tokens, part.usage.prompt_tokens);
    add(own.completion_tokens, part.usage.completion_tokens);
    own.estimated |= part.usage.estimated;
  }
  return own;
}

void append_parts(std::string& out, const core::Usage& own, const ReplyContext& context) {
  if (context.given_up.empty()) return;
  out += "\"codecrucible\":{";
  for (std::size_t i = 0; i < context.given_up.size(); ++i) {
    const auto& part = context.given_up[i];
    append_part(out, i == 0 ? "fast" : "step" + std::to_string(i + 1), part.model, part.usage);
    out += ',';
  }
  append_part(out, "strong", context.model, own);
  out += '}';
}

}  // namespace codecrucible::wire
