#include "wire/openai/body_writer.hpp"

#include "core/json_text.hpp"
#include "wire/openai/messages_writer.hpp"

#include <algorithm>

namespace codecrucible::wire::openai {
namespace {

// One body, member by member.
class Body {
 public:
  Body(const core::ChatRequest& request, const BodyStyle& style, std::string& out)
      : request_(request), style_(style), out_(out) {}

  void chat() {
    begin();
    MessagesWriter(style_, key("messages")).write(request_);
    common();
    if (!request_.tools.empty()) tools();
    if (request_.parallel_tool_calls) flag("parallel_tool_calls", *request_.parallel_tool_calls);
    format();
    thinking();
    if (style_.continue_last) out_ += R"(,"add_generation_prompt":false,"continue_final_message":true)";
    const bool asked = request_.logprobs.value_or(false);
    if (asked || style_.logprobs) flag("logprobs", true);
    if (asked && request_.top_logprobs) number("top_logprobs", *request_.top_logprobs);
    end();
  }

  void completion() {
    begin();
    if (request_.prompt_tokens_json.empty()) {
      text("prompt", request_.prompt);
    } else {
      key("prompt") += request_.prompt_tokens_json;
    }
    if (!request_.suffix.empty()) text("suffix", request_.suffix);
    if (request_.echo) flag("echo", true);
    common();
    format();
    if (request_.logprobs.value_or(false)) {
      number("logprobs", std::max<std::int64_t>(1, request_.top_logprobs.value_or(1)));
    } else if (style_.logprobs) {
      number("logprobs", std::int64_t{1});
    }
    end();
  }

 private:
  void begin() {
    out_ += "{\"model\":";
    core::append_string(out_, style_.model);
  }

  void end() {
    for (const auto& extra : request_.extras) {
      if (extra.key == "chat_template_kwargs" && arguments_written_) continue;
      out_ += ',';
      core::append_string(out_, extra.key);
      out_.append(":").append(extra.json);
    }
    if (style_.ollama_options) {
      constexpr std::string_view known[] = {"repeat_last_n", "mirostat", "mirostat_tau", "mirostat_eta"};
      for (const auto& option : request_.options) {
        if (std::find(std::begin(known), std::end(known), option.key) != std::end(known))
          key(option.key) += option.json;
      }
    }
    out_ += '}';
  }

  std::string& key(std::string_view name) { return out_.append(",\"").append(name).append("\":"); }
  void text(std::string_view name, std::string_view value) { core::append_string(key(name), value); }
  void flag(std::string_view name, bool value) { key(name) += value ? "true" : "false"; }
  void number(std::string_view name, std::int64_t value) { core::append_number(key(name), value); }
  void number(std::string_view name, const std::optional<std::int64_t>& value) {
    if (value) number(name, *value);
  }
  void number(std::string_view name, const std::optional<double>& value) {
    if (value) core::append_double(key(name), *value);
  }

  void common() {
    if (request_.stream) out_ += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
    // The old name: every server knows it, and one that does not says so; the new one is ignored by many
    // (traps C1).
    if (request_.max_tokens && *request_.max_tokens >= 0) number("max_tokens", *request_.max_tokens);
    const core::Sampling& sampling = request_.sampling;
    number("temperature", sampling.temperature);
    number("top_p", sampling.top_p);
    number("top_k", sampling.top_k);
    number("min_p", sampling.min_p);
    number("typical_p", sampling.typical_p);
    number("presence_penalty", sampling.presence_penalty);
    number("frequency_penalty", sampling.frequency_penalty);
    number(style_.repeat_penalty_key, sampling.repeat_penalty);
    number("seed", sampling.seed);
    number("n", request_.n);
    if (!request_.stop.empty()) {
      key("stop") += '[';
      for (std::size_t i = 0; i < request_.stop.size(); ++i) {
        if (i > 0) out_ += ',';
        core::append_string(out_, request_.stop[i]);
      }
      out_ += ']';
    }
    if (!request_.logit_bias.empty()) key("logit_bias") += request_.logit_bias;
    // Agents put device and session into Anthropic's user id: that is for us, and longer than OpenAI allows.
    if (!request_.user.empty() && request_.surface != core::Surface::anthropic_messages) {
      text("user", request_.user);
    }
  }

  void tools() {
    const bool named = request_.tool_choice == core::ToolChoice::named;
    const bool alone = named && style_.only_named_tool;
    key("tools") += '[';
    bool first = true;
    for (const auto& tool : request_.tools) {
      if (alone && tool.name != request_.tool_choice_name) continue;
      if (!first) out_ += ',';
      first = false;
      append_tool(tool, out_);
    }
    out_ += ']';
    if (named && !alone) {
      key("tool_choice") += R"({"type":"function","function":{"name":)";
      core::append_string(out_, request_.tool_choice_name);
      out_ += "}}";
    } else if (named || request_.tool_choice == core::ToolChoice::required) {
      text("tool_choice", "required");
    } else if (request_.tool_choice == core::ToolChoice::none) {
      text("tool_choice", "none");
    }
  }

  void format() {
    const core::Format& format = request_.format;
    if (format.kind == core::Format::Kind::json) {
      key("response_format") += style_.schema_for_json ? any_json_format : R"({"type":"json_object"})";
    } else if (format.kind == core::Format::Kind::schema) {
      key("response_format") += R"({"type":"json_schema","json_schema":{"name":)";
      core::append_string(out_, format.name.empty() ? std::string_view("answer") : format.name);
      out_.append(",\"schema\":").append(format.schema);
      if (format.strict) out_ += *format.strict ? ",\"strict\":true" : ",\"strict\":false";
      out_ += "}}";
    }
  }

  // A server whose template cannot be told gets nothing: the wish is then without effect, as with Ollama's
  // models that always think.
  void thinking() {
    if (!request_.effort.empty() && style_.heeds_effort) text("reasoning_effort", request_.effort);
    if (!style_.template_arguments || !request_.think) return;
    for (const auto& extra : request_.extras) {
      if (extra.key == "chat_template_kwargs") return;
    }
    key("chat_template_kwargs") +=
        *request_.think ? R"({"enable_thinking":true})" : R"({"enable_thinking":false})";
    arguments_written_ = true;
  }

  const core::ChatRequest& request_;
  const BodyStyle& style_;
  std::string& out_;
  bool arguments_written_ = false;
};

}  // namespace

void append_tool(const core::Tool& tool, std::string& out) {
  out += R"({"type":"function","function":{"name":)";
  core::append_string(out, tool.name);
  if (!tool.description.empty()) {
    out += ",\"description\":";
    core::append_string(out, tool.description);
  }
  if (!tool.parameters.empty()) out.append(",\"parameters\":").append(tool.parameters);
  if (tool.strict) out += *tool.strict ? ",\"strict\":true" : ",\"strict\":false";
  out += "}}";
}

core::Result<void> write_chat_body(const core::ChatRequest& request, const BodyStyle& style,
                                   std::string& out) {
  const bool nothing = request.messages.empty() && request.prompt.empty();
  if (nothing) {
    return core::fail(core::Cause::bad_request,
                      "There is nothing to answer: the request holds no message and no prompt.",
                      request.surface == core::Surface::ollama_generate ? "prompt" : "messages");
  }
  Body(request, style, out).chat();
  return {};
}

core::Result<void> write_completion_body(const core::ChatRequest& request, const BodyStyle& style,
                                         std::string& out) {
  for (const auto& message : request.messages) {
    if (message.parts.empty()) continue;
    return core::fail(
        core::Cause::unsupported,
        "This backend continues a bare text only: 'system' and 'images' cannot go with 'raw' or 'suffix'.",
        "raw");
  }
  Body(request, style, out).completion();
  return {};
}

void write_embeddings_body(const core::EmbeddingsRequest& request, std::string_view model, std::string& out) {
  out += "{\"model\":";
  core::append_string(out, model);
  out += ",\"input\":";
  if (!request.token_inputs.empty()) {
    out += request.token_inputs;
  } else {
    out += '[';
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      if (i > 0) out += ',';
      core::append_string(out, request.inputs[i]);
    }
    out += ']';
  }
  out += ",\"encoding_format\":\"float\"";
  if (request.dimensions) {
    out += ",\"dimensions\":";
    core::append_number(out, *request.dimensions);
  }
  if (request.surface == core::Surface::openai_embeddings) {
    for (const auto& extra : request.extras) {
      out += ',';
      core::append_string(out, extra.key);
      out.append(":").append(extra.json);
    }
  }
  out += '}';
}

}  // namespace codecrucible::wire::openai
