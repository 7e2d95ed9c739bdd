#include "providers/openai_like.hpp"

#include "core/json_text.hpp"
#include "wire/openai/backend.hpp"
#include "wire/openai/backend_error.hpp"

namespace codecrucible::providers {
namespace {

using core::Cause;
using core::ChatRequest;
using core::Surface;
using wire::openai::SourceMap;
using wire::openai::Span;
using wire::openai::Splice;

// Whether the request goes to /v1/completions: a bare text to continue, without any template.
bool continues_text(const ChatRequest& request) {
  if (request.surface == Surface::openai_completions) return true;
  return request.surface == Surface::ollama_generate && (request.raw || !request.suffix.empty());
}

bool has_extra(const ChatRequest& request, std::string_view key) {
  for (const auto& extra : request.extras) {
    if (extra.key == key && extra.json != "null") return true;
  }
  return false;
}

bool has_image_url(const ChatRequest& request) {
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts) {
      if (part.kind == core::Part::Kind::image && !part.image.url.empty()) return true;
    }
  }
  return false;
}

std::size_t leading_systems(const ChatRequest& request) {
  std::size_t count = 0;
  while (count < request.messages.size() && request.messages[count].role == core::Role::system) ++count;
  return count;
}

// The answer goes on with what the assistant's last message begins.
bool ends_with_assistant(const ChatRequest& request) {
  return !request.messages.empty() && request.messages.back().role == core::Role::assistant &&
         request.messages.back().tool_calls.empty();
}

// Whether log probabilities are asked for though the client does not want them.
bool wants_logprobs(const ChatRequest& request, const Target& target, const OpenAiTraits& traits) {
  return target.ask_logprobs && traits.gives_logprobs && !request.logprobs.value_or(false);
}

}  // namespace

std::optional<Probe> OpenAiLike::load_call(const Target&) const {
  return {};
}

std::optional<core::Failure> OpenAiLike::refusal(const ChatRequest& request) const {
  const auto cannot = [this](std::string_view what, std::string_view param) {
    return core::fail(Cause::unsupported, std::string(traits_.label) + ' ' + std::string(what),
                      std::string(param));
  };
  if (!traits_.gives_logprobs && request.logprobs.value_or(false)) {
    return cannot("does not give log probabilities.", "logprobs");
  }
  if (!traits_.takes_several && request.n.value_or(1) > 1) {
    return cannot("gives one choice per request: 'n' must be 1.", "n");
  }
  if (!traits_.takes_image_urls && has_image_url(request)) {
    return cannot("takes images as data URLs only; it does not fetch addresses.", "messages");
  }
  if (!traits_.takes_tokens && !request.prompt_tokens_json.empty()) {
    return cannot("takes one text as 'prompt', no token ids and no list.", "prompt");
  }
  if (!traits_.fills_in) {
    if (!request.suffix.empty()) return cannot("cannot fill in before a 'suffix'.", "suffix");
    if (request.echo) return cannot("cannot echo the prompt.", "echo");
    if (has_extra(request, "best_of")) return cannot("does not know 'best_of'.", "best_of");
  }
  if (request.tool_choice == core::ToolChoice::named) {
    for (const auto& tool : request.tools) {
      if (tool.name == request.tool_choice_name) return {};
    }
    return core::fail(
        Cause::bad_request,
        "'tool_choice' names '" + std::string(request.tool_choice_name) + "', which is not in 'tools'.",
        "tool_choice");
  }
  return {};
}

wire::openai::BodyStyle OpenAiLike::style(const ChatRequest& request, const Target& target) const {
  wire::openai::BodyStyle style;
  style.model = target.model;
  style.repeat_penalty_key = traits_.repeat_penalty_key;
  style.schema_for_json = !traits_.knows_json_object;
  style.empty_for_null = !traits_.takes_null_content;
  style.echo_reasoning = traits_.echoes_reasoning;
  style.template_arguments = traits_.template_arguments;
  style.only_named_tool = !traits_.takes_named_choice;
  style.one_system = traits_.one_system;
  style.ollama_options = traits_.ollama_options;
  style.logprobs = wants_logprobs(request, target, traits_);
  if (request.surface == Surface::anthropic_messages) {
    // A hint there. Servers of OpenAI's own kind answer 400 if the model cannot think, and do not list which.
    style.heeds_effort = target.can.thinking && traits_.kind != core::ProviderKind::openai;
    style.continue_last = traits_.must_be_told_to_continue && ends_with_assistant(request);
  }
  return style;
}

// The client's own bytes; only what the gateway owns and what this server would refuse is replaced.
std::string OpenAiLike::spliced(const ChatRequest& request, const SourceMap& source,
                                const Target& target) const {
  std::vector<Splice> splices;
  const auto bytes = [&source](Span span) { return source.body.substr(span.at, span.size); };
  const Span front{source.open, 0};
  std::string model;
  core::append_string(model, target.model);
  if (bytes(source.model) != model) splices.push_back({source.model, model});
  if (request.stream && !request.include_usage) {
    if (source.stream_options) {
      splices.push_back({*source.stream_options, R"({"include_usage":true})"});
    } else {
      splices.push_back({front, R"("stream_options":{"include_usage":true},)"});
    }
  }
  if (source.max_completion_tokens_key && !traits_.knows_max_completion_tokens) {
    splices.push_back({*source.max_completion_tokens_key, R"("max_tokens")"});
    if (source.max_tokens_member) splices.push_back({*source.max_tokens_member, {}});
  }
  if (source.response_format && request.format.kind == core::Format::Kind::json &&
      !traits_.knows_json_object) {
    splices.push_back({*source.response_format, wire::openai::any_json_format});
  }
  if (!traits_.knows_developer) {
    for (const Span& role : source.developer_roles) splices.push_back({role, R"("system")"});
  }
  if (!traits_.takes_null_content) {
    for (const Span& content : source.null_contents) splices.push_back({content, R"("")"});
    for (const std::uint32_t open : source.missing_contents)
      splices.push_back({{open, 0}, R"("content":"",)"});
  }
  std::string tools;
  if (request.tool_choice == core::ToolChoice::named && !traits_.takes_named_choice && source.tools &&
      source.tool_choice) {
    tools = "[";
    for (const auto& tool : request.tools) {
      if (tool.name == request.tool_choice_name && tools.size() == 1) wire::openai::append_tool(tool, tools);
    }
    tools += ']';
    splices.push_back({*source.tools, tools});
    splices.push_back({*source.tool_choice, R"("required")"});
  }
  const bool completion = request.surface == Surface::openai_completions;
  const std::string_view yes = completion ? "1" : "true";
  std::string logprobs;
  if (wants_logprobs(request, target, traits_)) {
    if (source.logprobs) {
      splices.push_back({*source.logprobs, yes});
    } else {
      logprobs.append("\"logprobs\":").append(yes).append(",");
      splices.push_back({front, logprobs});
    }
  }
  return wire::openai::splice(source.body, splices);
}

core::Result<Call> OpenAiLike::encode(const ChatRequest& request, const SourceMap* source,
                                      const Target& target) const {
  if (auto why = refusal(request)) return *why;
  const bool completion = continues_text(request);
  Call call;
  call.path = completion ? "/v1/completions" : "/v1/chat/completions";
  const bool same_dialect =
      request.surface == Surface::openai_chat || request.surface == Surface::openai_completions;
  const bool functions = source != nullptr && source->legacy_functions && !traits_.knows_functions;
  const bool rewrite = functions || (traits_.one_system && leading_systems(request) > 1);
  if (source != nullptr && same_dialect && !rewrite) {
    call.body = spliced(request, *source, target);
    call.verbatim = !wants_logprobs(request, target, traits_);
    return call;
  }
  const auto body_style = style(request, target);
  const auto written = completion ? wire::openai::write_completion_body(request, body_style, call.body)
                                  : wire::openai::write_chat_body(request, body_style, call.body);
  if (!written) return written.error();
  // Whoever offered `functions` gets its calls in that form: written anew.
  call.verbatim = same_dialect && !body_style.logprobs && !functions;
  return call;
}

core::Result<Call> OpenAiLike::encode(const core::EmbeddingsRequest& request, const Target& target) const {
  if (!request.token_inputs.empty() && !traits_.takes_tokens) {
    return core::fail(Cause::unsupported,
                      std::string(traits_.label) + " takes texts as 'input', no token ids.", "input");
  }
  if (request.dimensions && !traits_.takes_dimensions) {
    return core::fail(Cause::unsupported,
                      std::string(traits_.label) + " gives vectors of the model's own size only.",
                      "dimensions");
  }
  Call call;
  call.path = "/v1/embeddings";
  wire::openai::write_embeddings_body(request, target.model, call.body);
  return call;
}

std::unique_ptr<wire::StreamDecoder> OpenAiLike::stream_decoder(const ChatRequest& request) const {
  return wire::openai::make_stream_decoder(continues_text(request));
}

void OpenAiLike::decode_whole(const ChatRequest& request, std::string_view body, core::Arena& arena,
                              core::Events& out) const {
  wire::openai::decode_whole(continues_text(request), body, arena, out);
}

core::Failure OpenAiLike::failure_of(int status, std::string_view body) const {
  return wire::openai::backend_failure(status, body);
}

}  // namespace codecrucible::providers
