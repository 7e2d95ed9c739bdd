#include "core/json_text.hpp"
#include "providers/ollama_parts.hpp"

namespace codecrucible::providers::ollama_parts {
namespace {

using core::Cause;
using core::fail;

bool says_nothing(std::string_view json) {
  return json.empty() || json == "null" || json == "{}" || json == "[]";
}

// What Ollama cannot do at all, for any model. Fields that only steer OpenAI's own service (store, metadata,
// service_tier, user …) are not among them: no local server heeds those.
core::Result<void> possible(const core::ChatRequest& request, const Target& target) {
  if (request.n.value_or(1) > 1)
    return fail(Cause::unsupported, "an Ollama backend gives one choice only", "n");
  if (!says_nothing(request.logit_bias)) {
    return fail(Cause::unsupported, "an Ollama backend has no logit_bias", "logit_bias");
  }
  if (request.logprobs.value_or(false) && !target.can.logprobs) {
    return fail(Cause::unsupported, "this Ollama backend gives no logprobs (it needs version 0.12.11)",
                "logprobs");
  }
  for (const auto& extra : request.extras) {
    if (core::is_ollama(request.surface) || says_nothing(extra.json)) continue;
    const bool many = extra.key == "best_of" && extra.json != "1";
    if (many || extra.key == "functions" || extra.key == "function_call" || extra.key == "audio") {
      return fail(Cause::unsupported, "an Ollama backend has no " + std::string(extra.key),
                  std::string(extra.key));
    }
  }
  return {};
}

// gpt-oss is the family whose reasoning is set by a level; others know on and off (ollama.md §6).
bool knows_levels(std::string_view model) {
  return model.find("gpt-oss") != std::string_view::npos;
}

std::string_view level_of(std::string_view effort) {
  if (effort == "minimal") return "low";
  if (effort == "xhigh") return "max";
  return effort;
}

// `think` is sent to models that can only: others answer 400 (traps C10). An Ollama client that asks for it
// outright is told; OpenAI's reasoning_effort is a hint and may go unheard.
core::Result<void> append_think(std::string& out, const core::ChatRequest& request, const Target& target) {
  // Anthropic's clients that say nothing of thinking want none.
  const bool unsaid = !request.think && request.surface == core::Surface::anthropic_messages;
  const bool off = unsaid || request.think == false || request.effort == "none";
  const bool on = !off && (request.think == true || !request.effort.empty());
  if (!off && !on) return {};
  if (!target.can.thinking) {
    if (on && core::is_ollama(request.surface)) {
      return fail(Cause::unsupported, "\"" + std::string(target.model) + "\" does not support thinking",
                  "think");
    }
    return {};
  }
  out += ",\"think\":";
  if (off) {
    out += "false";
  } else if (!request.effort.empty() && knows_levels(target.model)) {
    core::append_string(out, level_of(request.effort));
  } else {
    out += "true";
  }
  return {};
}

void append_format(std::string& out, const core::Format& format) {
  if (format.kind == core::Format::Kind::json) out += ",\"format\":\"json\"";
  if (format.kind == core::Format::Kind::schema) {
    out.append(",\"format\":").append(says_nothing(format.schema) ? "\"json\"" : format.schema);
  }
}

void append_logprobs(std::string& out, const core::ChatRequest& request, const Target& target) {
  const bool wanted = request.logprobs.value_or(false);
  if (!wanted && !(target.ask_logprobs && target.can.logprobs)) return;
  out += ",\"logprobs\":true";
  if (wanted && request.top_logprobs) {
    out += ",\"top_logprobs\":";
    core::append_number(out, *request.top_logprobs);
  }
}

// A prompt that does not fit must be an error, not a silent cut (ollama.md §8, traps D5): always sent, unless
// an Ollama client says what it wants itself. Older servers ignore the two.
void append_extras(std::string& out, const core::ChatRequest& request) {
  bool truncate = false;
  bool shift = false;
  if (core::is_ollama(request.surface)) {
    for (const auto& extra : request.extras) {
      truncate = truncate || extra.key == "truncate";
      shift = shift || extra.key == "shift";
      out += ',';
      core::append_string(out, extra.key);
      out.append(":").append(extra.json);
    }
  }
  if (!truncate) out += ",\"truncate\":false";
  if (!shift) out += ",\"shift\":false";
}

void append_tool(std::string& out, const core::Tool& tool) {
  out += "{\"type\":\"function\",\"function\":{\"name\":";
  core::append_string(out, tool.name);
  out += ",\"description\":";
  core::append_string(out, tool.description);
  out += ",\"parameters\":";
  // The schema's own bytes: their order matters to the prefix cache (traps A16).
  out += says_nothing(tool.parameters) ? "{\"type\":\"object\",\"properties\":{}}" : tool.parameters;
  out += "}}";
}

// Ollama has no tool_choice (traps C9). "none" removes the tools, a name leaves that one only; "required" and
// a name, and a wish for single calls, become a sentence in the system text.
struct ToolPlan {
  bool send = false;
  std::string instruction;
};

core::Result<ToolPlan> plan_tools(const core::ChatRequest& request, const Target& target) {
  ToolPlan plan;
  if (request.tools.empty() || request.tool_choice == core::ToolChoice::none) return plan;
  if (!target.can.tools) {
    return fail(Cause::unsupported, "\"" + std::string(target.model) + "\" does not support tools", "tools");
  }
  plan.send = true;
  if (request.tool_choice == core::ToolChoice::required) {
    plan.instruction = "Answer with a call to one of the tools, not with text.";
  } else if (request.tool_choice == core::ToolChoice::named) {
    bool known = false;
    for (const auto& tool : request.tools) known = known || tool.name == request.tool_choice_name;
    if (!known) {
      return fail(Cause::bad_request, "tool_choice names a function that is not among the tools",
                  "tool_choice");
    }
    plan.instruction =
        "Answer with a call to the tool " + std::string(request.tool_choice_name) + ", not with text.";
  }
  if (request.parallel_tool_calls == false) {
    if (!plan.instruction.empty()) plan.instruction += ' ';
    plan.instruction += "Call at most one tool per answer.";
  }
  return plan;
}

void append_tools(std::string& out, const core::ChatRequest& request) {
  out += ",\"tools\":[";
  for (const auto& tool : request.tools) {
    if (request.tool_choice == core::ToolChoice::named && tool.name != request.tool_choice_name) continue;
    if (out.back() != '[') out += ',';
    append_tool(out, tool);
  }
  out += ']';
}

// A reply in the client's own dialect can go on as its bytes, unless it holds logprobs that only the gateway
// wanted.
bool verbatim(const core::ChatRequest& request, const Target& target) {
  return core::is_ollama(request.surface) && (request.logprobs.value_or(false) || !target.ask_logprobs);
}

// Room for the request's texts, so that the body grows at most once or twice.
std::size_t expected_size(const core::ChatRequest& request) {
  std::size_t size = 512 + request.prompt.size() + request.suffix.size();
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts) size += part.text.size() + part.image.base64.size() + 64;
    size += message.reasoning.size() + message.tool_calls.size() * 128;
  }
  for (const auto& tool : request.tools) size += tool.parameters.size() + tool.description.size() + 96;
  return size + size / 16;
}

Call begin(const core::ChatRequest& request, const Target& target, std::string_view path) {
  Call call;
  call.path = path;
  call.verbatim = verbatim(request, target);
  call.body.reserve(expected_size(request));
  call.body += "{\"model\":";
  core::append_string(call.body, target.model);
  call.body += request.stream ? ",\"stream\":true" : ",\"stream\":false";
  return call;
}

core::Result<void> append_rest(std::string& out, const core::ChatRequest& request, const Target& target) {
  auto written = append_think(out, request, target);
  if (!written) return written;
  append_format(out, request.format);
  append_logprobs(out, request, target);
  append_options(out, request, target);
  append_keep_alive(out, target);
  append_extras(out, request);
  out += '}';
  return {};
}

void append_text_member(std::string& out, std::string_view key, std::string_view text) {
  out.append(",\"").append(key).append("\":");
  core::append_string(out, text);
}

// The messages of a completion are its system text and the images of its prompt
// (wire/ollama/decode_chat.cpp).
core::Result<void> append_prompt_messages(std::string& out, const core::ChatRequest& request,
                                          const Target& target) {
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const auto& message = request.messages[i];
    if (message.role == core::Role::system) {
      out += ",\"system\":\"";
      auto written = append_content(out, message, i, target);
      if (!written) return written;
      out += '"';
      continue;
    }
    std::string unused;
    auto checked = append_content(unused, message, i, target);
    if (!checked) return checked;
    append_images(out, message);
  }
  return {};
}

}  // namespace

core::Result<Call> encode_chat(const core::ChatRequest& request, const Target& target) {
  auto can = possible(request, target);
  if (!can) return can.error();
  auto tools = plan_tools(request, target);
  if (!tools) return tools.error();
  Call call = begin(request, target, "/api/chat");
  auto written = append_messages(call.body, request, target, tools->instruction);
  if (!written) return written.error();
  if (tools->send) append_tools(call.body, request);
  written = append_rest(call.body, request, target);
  if (!written) return written.error();
  return call;
}

core::Result<Call> encode_generate(const core::ChatRequest& request, const Target& target) {
  auto can = possible(request, target);
  if (!can) return can.error();
  if (!request.prompt_tokens_json.empty()) {
    return fail(Cause::unsupported, "an Ollama backend takes one prompt as text, no token ids and no list",
                "prompt");
  }
  if (request.echo) return fail(Cause::unsupported, "an Ollama backend cannot echo the prompt", "echo");
  if (!request.suffix.empty() && !target.can.insert) {
    return fail(Cause::unsupported, "\"" + std::string(target.model) + "\" does not support insert",
                "suffix");
  }
  Call call = begin(request, target, "/api/generate");
  append_text_member(call.body, "prompt", request.prompt);
  if (!request.suffix.empty()) append_text_member(call.body, "suffix", request.suffix);
  // OpenAI's completions continue the text itself: no chat template. Fill-in-the-middle needs the template's
  // own marks.
  const bool openai = !core::is_ollama(request.surface);
  if (request.raw || (openai && request.suffix.empty())) call.body += ",\"raw\":true";
  auto written = append_prompt_messages(call.body, request, target);
  if (!written) return written.error();
  written = append_rest(call.body, request, target);
  if (!written) return written.error();
  return call;
}

}  // namespace codecrucible::providers::ollama_parts
