#include "wire/responses/response_object.hpp"

#include "core/json_text.hpp"

namespace codecrucible::wire::responses {
namespace {

std::string_view name(Status status) {
  switch (status) {
    case Status::in_progress:
      return "in_progress";
    case Status::completed:
      return "completed";
    case Status::incomplete:
      return "incomplete";
    case Status::failed:
      break;
  }
  return "failed";
}

// openai.md §7; clients compact their history at context_length_exceeded and come back later at
// rate_limit_exceeded.
std::string_view code_of(core::Cause cause) {
  switch (cause) {
    case core::Cause::context_length:
      return "context_length_exceeded";
    case core::Cause::rate_limited:
    case core::Cause::queue_full:
      return "rate_limit_exceeded";
    case core::Cause::bad_request:
    case core::Cause::unsupported:
    case core::Cause::backend_rejected:
      return "invalid_prompt";
    default:
      return "server_error";
  }
}

void append_error(const core::Failure* failure, std::string& out) {
  if (failure == nullptr) {
    out += "null";
    return;
  }
  out.append("{\"code\":\"").append(code_of(failure->cause)).append("\",\"message\":");
  core::append_string(
      out, failure->detail.empty() ? core::label(failure->cause) : std::string_view(failure->detail));
  out += '}';
}

void append_usage(const ReplyContext& context, const Output& output, std::string& out) {
  auto own = output.usage;
  own.prompt_tokens = own.prompt_tokens.value_or(context.prompt_tokens);
  own.completion_tokens = own.completion_tokens.value_or(output.pieces);
  const auto all = summed(own, context);
  out += "{\"input_tokens\":";
  core::append_number(out, *all.prompt_tokens);
  out += ",\"input_tokens_details\":{\"cached_tokens\":";
  core::append_number(out, own.cached_tokens.value_or(0));
  out += "},\"output_tokens\":";
  core::append_number(out, *all.completion_tokens);
  out += ",\"output_tokens_details\":{\"reasoning_tokens\":";
  core::append_number(out, own.reasoning_tokens.value_or(0));
  out += "},\"total_tokens\":";
  core::append_number(out, *all.prompt_tokens + *all.completion_tokens);
  if (!context.given_up.empty()) {
    out += ',';
    append_parts(out, own, context);
  }
  out += '}';
}

void append_text_or_null(std::string_view text, std::string& out) {
  if (text.empty()) {
    out += "null";
  } else {
    core::append_string(out, text);
  }
}

// Members begin with a comma here.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}
  std::string& key(std::string_view name) { return out_.append(",\"").append(name).append("\":"); }
  // JSON as the client sent it, or what stands for nothing said.
  void echo(std::string_view name, std::string_view json, std::string_view otherwise) {
    key(name) += json.empty() ? otherwise : json;
  }
  void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void number(std::string_view name, const std::optional<double>& value) {
    if (value) {
      core::append_double(key(name), *value);
    } else {
      key(name) += "null";
    }
  }

 private:
  std::string& out_;
};

void append_asked(const Asked& asked, std::string& out) {
  constexpr std::string_view plain_text = R"({"format":{"type":"text"}})";
  Members members(out);
  members.echo("instructions", asked.instructions_json, "null");
  if (asked.max_output_tokens) {
    core::append_number(members.key("max_output_tokens"), *asked.max_output_tokens);
  } else {
    members.key("max_output_tokens") += "null";
  }
  members.flag("parallel_tool_calls", asked.parallel);
  append_text_or_null(asked.previous, members.key("previous_response_id"));
  members.echo("reasoning", asked.reasoning_json, R"({"effort":null,"summary":null})");
  members.flag("store", asked.store);
  members.number("temperature", asked.temperature);
  members.echo("text", asked.text_has_format ? asked.text_json : plain_text, plain_text);
  members.echo("tool_choice", asked.tool_choice_json, "\"auto\"");
  members.echo("tools", asked.tools_json, "[]");
  members.number("top_p", asked.top_p);
  core::append_string(members.key("truncation"),
                      asked.truncation.empty() ? std::string_view("disabled") : asked.truncation);
  append_text_or_null(asked.user, members.key("user"));
  members.echo("metadata", asked.metadata_json, "{}");
}

}  // namespace

Status status_of(const Output& output) noexcept {
  const bool cut =
      output.finish == core::FinishReason::length || output.finish == core::FinishReason::content_filter;
  return cut ? Status::incomplete : Status::completed;
}

void append_response(const ReplyContext& context, const Output& output, Status status,
                     const core::Failure* failure, std::string& out) {
  out += "{\"id\":";
  core::append_string(out, context.id);
  out += ",\"object\":\"response\",\"created_at\":";
  core::append_number(
      out, std::chrono::duration_cast<std::chrono::seconds>(context.created.time_since_epoch()).count());
  out.append(",\"status\":\"").append(name(status)).append("\",\"background\":false,\"error\":");
  append_error(failure, out);
  out += ",\"incomplete_details\":";
  if (status != Status::incomplete) {
    out += "null";
  } else {
    out += output.finish == core::FinishReason::length ? R"({"reason":"max_output_tokens"})"
                                                       : R"({"reason":"content_filter"})";
  }
  out += ",\"model\":";
  core::append_string(out, context.model);
  out += ",\"output\":";
  append_items(context, output, out);
  out += ",\"usage\":";
  if (status == Status::completed || status == Status::incomplete) {
    append_usage(context, output, out);
  } else {
    out += "null";
  }
  append_asked(context.asked != nullptr ? *context.asked : Asked{}, out);
  out += '}';
}

}  // namespace codecrucible::wire::responses
