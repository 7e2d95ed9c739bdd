#include "simulator/plan.hpp"

#include "simulator/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace codecrucible::simulator {
namespace {

std::string text_of(const nlohmann::json& content, bool& images) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const auto& part : content) {
    const auto type = part.value("type", "");
    if (type == "text") text += part.value("text", "");
    if (type == "image_url") images = true;
  }
  return text;
}

void read_messages(const nlohmann::json& messages, Ask& ask) {
  for (const auto& message : messages) {
    const auto role = message.value("role", "");
    const auto text = message.contains("content") ? text_of(message["content"], ask.images) : std::string();
    if (message.contains("images") && message["images"].is_array() && !message["images"].empty())
      ask.images = true;
    ask.all_text += text;
    ask.all_text += '\n';
    ask.after_tool = role == "tool";
    ask.begun = role == "assistant" ? text : std::string();
    if (role == "tool") ask.results.push_back(text);
    if (role != "user") continue;
    ask.prompt = text;
    if (wished_calls(text).empty()) continue;
    ask.script = text;
    ask.results.clear();
  }
  ask.messages_empty = messages.empty();
}

void read_stop(const nlohmann::json& stop, Ask& ask) {
  if (stop.is_string()) ask.stop.push_back(stop);
  if (!stop.is_array()) return;
  for (const auto& text : stop) {
    if (text.is_string()) ask.stop.push_back(text);
  }
}

std::vector<std::string> cut_at_stop(const std::vector<std::string>& stop, const std::string& text,
                                     std::string& met) {
  std::size_t end = text.size();
  for (const auto& mark : stop) {
    const auto at = mark.empty() ? std::string::npos : text.find(mark);
    if (at >= end) continue;
    end = at;
    met = mark;
  }
  return tokens_of(std::string_view(text).substr(0, end));
}

bool offered(const nlohmann::json& tools, std::string_view name) {
  return std::any_of(tools.begin(), tools.end(), [name](const nlohmann::json& tool) {
    return tool.contains("function") && tool["function"].value("name", "") == name;
  });
}

// The next calls of the prompt's script; false if there is none, or its tools are not here.
bool plan_scripted(const Ask& ask, const nlohmann::json& tools, Plan& plan) {
  const auto wished = wished_calls(ask.script);
  if (wished.empty()) return false;
  const bool together = ask.script.find("[[together]]") != std::string::npos;
  const std::size_t end = together ? wished.size() : std::min(ask.results.size() + 1, wished.size());
  for (std::size_t i = ask.results.size(); i < end; ++i) {
    if (!offered(tools, wished[i].name)) return false;
    PlannedCall call;
    call.name = wished[i].name;
    call.arguments = wished[i].arguments.empty() ? "{}" : std::string(wished[i].arguments);
    call.id = "call_" + answer_mark(ask.script, call.name + std::to_string(i));
    plan.calls.push_back(std::move(call));
  }
  return true;
}

// What the tools of the script said, all having been called; empty if it goes otherwise.
std::string told_by_tools(const Ask& ask) {
  std::string text;
  if (ask.script.empty() || ask.results.size() < wished_calls(ask.script).size()) return text;
  for (const auto& result : ask.results) text += (text.empty() ? "The tools say: " : "\n") + result;
  return text;
}

// Calls the named tool, or the first one; two calls if the prompt says "both" or "parallel".
void plan_calls(const Ask& ask, const std::string& model, Plan& plan) {
  const auto tools = nlohmann::json::parse(ask.tools, nullptr, false);
  if (!tools.is_array() || tools.empty() || ask.tool_choice == "none") return;
  if (plan_scripted(ask, tools, plan) || ask.after_tool) return;
  const bool named = !ask.tool_choice.empty() && ask.tool_choice != "auto";
  const bool spoken =
      ask.prompt.find("tool") != std::string::npos || ask.prompt.find("weather") != std::string::npos;
  if (!named && !spoken) return;
  const bool two =
      ask.prompt.find("both") != std::string::npos || ask.prompt.find("parallel") != std::string::npos;
  for (const auto& tool : tools) {
    if (!tool.contains("function")) continue;
    const auto& function = tool["function"];
    const auto name = function.value("name", "");
    if (named && ask.tool_choice != "required" && name != ask.tool_choice) continue;
    for (std::uint64_t i = 0; i < (two ? 2U : 1U); ++i) {
      PlannedCall call;
      call.id = "call_" + answer_mark(ask.prompt, name + std::to_string(i));
      call.name = name;
      call.arguments = value_for(function.value("parameters", nlohmann::json::object()), i).dump();
      if (const auto wished = wish_for(ask.prompt, "arguments", model)) call.arguments = *wished;
      plan.calls.push_back(std::move(call));
    }
    return;
  }
}

}  // namespace

std::optional<std::string> read_openai(const nlohmann::json& body, bool lmstudio, Ask& ask) {
  if (!body.is_object()) return "the body is not a JSON object";
  ask.model = body.value("model", "");
  if (body.contains("messages")) {
    if (!body["messages"].is_array() || body["messages"].empty()) return "'messages' array must not be empty";
    for (const auto& message : body["messages"]) {
      const auto role = message.value("role", "");
      if (role != "system" && role != "user" && role != "assistant" && role != "tool") {
        return "Invalid role: " + role;
      }
      if (lmstudio && role == "assistant" && message.contains("content") && message["content"].is_null()) {
        return "Invalid 'content': 'content' must not be null";
      }
    }
    read_messages(body["messages"], ask);
  } else if (body.contains("prompt") && body["prompt"].is_string()) {
    ask.completion = true;
    ask.prompt = ask.all_text = body["prompt"];
  } else {
    return "'messages' field is required";
  }
  ask.stream = body.contains("stream") && body["stream"].is_boolean() && body["stream"].get<bool>();
  if (body.contains("max_tokens") && body["max_tokens"].is_number()) ask.max_tokens = body["max_tokens"];
  if (!lmstudio && body.contains("max_completion_tokens") && body["max_completion_tokens"].is_number()) {
    ask.max_tokens = body["max_completion_tokens"];
  }
  ask.n = body.value("n", 1);
  ask.logprobs = !lmstudio && body.contains("logprobs") && body["logprobs"] == true;
  ask.usage = body.contains("stream_options") && body["stream_options"].value("include_usage", false);
  if (body.contains("tools") && body["tools"].is_array()) ask.tools = body["tools"].dump();
  if (body.contains("tool_choice")) {
    const auto& choice = body["tool_choice"];
    if (choice.is_string() && choice != "auto") ask.tool_choice = choice;
    if (choice.is_object() && choice.contains("function"))
      ask.tool_choice = choice["function"].value("name", "");
  }
  if (body.contains("response_format")) {
    const auto type = body["response_format"].value("type", "text");
    if (type != "json_schema" && type != "text")
      return "'response_format.type' must be 'json_schema' or 'text'";
    if (type == "json_schema")
      ask.schema = body["response_format"]["json_schema"].value("schema", nlohmann::json::object()).dump();
  }
  if (body.contains("stop")) read_stop(body["stop"], ask);
  return std::nullopt;
}

std::optional<std::string> read_ollama(const nlohmann::json& body, bool generate, Ask& ask) {
  if (!body.is_object()) return "invalid character in body";
  ask.model = body.value("model", "");
  if (ask.model.empty()) return "model is required";
  ask.stream = body.value("stream", true);
  if (generate) {
    ask.completion = true;
    ask.prompt = ask.all_text = body.value("prompt", "");
    ask.messages_empty = ask.prompt.empty();
    ask.images = body.contains("images") && !body["images"].empty();
  } else {
    for (const auto& message : body.value("messages", nlohmann::json::array())) {
      if (message.contains("content") && !message["content"].is_string() && !message["content"].is_null()) {
        return "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type "
               "string";
      }
      for (const auto& call : message.value("tool_calls", nlohmann::json::array())) {
        if (!call["function"].value("arguments", nlohmann::json::object()).is_object()) {
          return "json: cannot unmarshal string into Go struct field .arguments of type map[string]interface "
                 "{}";
        }
      }
    }
    read_messages(body.value("messages", nlohmann::json::array()), ask);
  }
  const auto options = body.value("options", nlohmann::json::object());
  if (!options.is_object() && !options.is_null()) return "options has to be an object";
  if (options.contains("num_predict")) ask.max_tokens = options["num_predict"];
  if (options.contains("num_ctx")) ask.num_ctx = options["num_ctx"].get<std::int64_t>();
  if (options.contains("stop")) read_stop(options["stop"], ask);
  if (body.contains("tools") && body["tools"].is_array()) ask.tools = body["tools"].dump();
  if (body.contains("format") && !body["format"].is_null()) {
    ask.schema = body["format"].is_object() ? body["format"].dump() : "{\"type\":\"object\"}";
  }
  if (body.contains("think")) ask.think = body["think"].is_boolean() ? body["think"].get<bool>() : true;
  ask.logprobs = body.value("logprobs", false);
  ask.truncate = body.value("truncate", true);
  if (body.contains("keep_alive") && body["keep_alive"].is_number())
    ask.keep_alive_seconds = body["keep_alive"];
  return std::nullopt;
}

std::optional<std::string> read_ask(core::ProviderKind kind, bool generate, const nlohmann::json& body,
                                    Ask& ask) {
  try {
    if (kind == core::ProviderKind::ollama) return read_ollama(body, generate, ask);
    return read_openai(body, kind == core::ProviderKind::lmstudio, ask);
  } catch (const nlohmann::json::exception& error) {
    return "the body makes no sense: " + std::string(error.what());
  }
}

namespace {

std::optional<std::string> scripted(const ModelSpec& model, const std::string& prompt) {
  if (!model.script) return std::nullopt;
  const auto known = model.script->find(prompt);
  if (known == model.script->end()) return std::nullopt;
  return known->second;
}

}  // namespace

Plan plan_for(const Ask& ask, const ModelSpec& model) {
  Plan plan;
  plan.prompt_tokens = count_tokens(ask.all_text) + (ask.tools.empty() ? 0 : count_tokens(ask.tools));
  plan_calls(ask, model.id, plan);
  if (model.thinking && ask.think.value_or(true)) {
    plan.reasoning =
        tokens_of("The request is clear, so the answer follows " + answer_mark(ask.prompt, model.id) + ".");
  }
  if (plan.calls.empty()) {
    std::string text = told_by_tools(ask);
    if (text.empty()) text = scripted(model, ask.prompt).value_or(answer_for(ask.prompt, model.id));
    if (!ask.schema.empty() && !wish_for(ask.prompt, "say", model.id))
      text = value_for(nlohmann::json::parse(ask.schema, nullptr, false), 1).dump();
    if (text.starts_with(ask.begun)) text = text.substr(ask.begun.size());
    plan.text = cut_at_stop(ask.stop, text, plan.stopped_at);
  }
  if (ask.max_tokens >= 0 && plan.completion_tokens() > ask.max_tokens && plan.calls.empty()) {
    const auto limit = static_cast<std::size_t>(ask.max_tokens);
    if (plan.reasoning.size() > limit) plan.reasoning.resize(limit);
    plan.text.resize(limit - plan.reasoning.size());
    plan.finish = "length";
    plan.stopped_at.clear();
  }
  return plan;
}

nlohmann::json value_for(const nlohmann::json& schema, std::uint64_t seed) {
  if (!schema.is_object()) return nlohmann::json::object();
  if (schema.contains("enum") && !schema["enum"].empty()) return schema["enum"][seed % schema["enum"].size()];
  auto type = schema.contains("type") ? schema["type"] : nlohmann::json("object");
  if (type.is_array()) type = type.empty() ? nlohmann::json("string") : type[0];
  if (type == "string") return "text" + std::to_string(seed);
  if (type == "integer") return static_cast<std::int64_t>(seed + 1);
  if (type == "number") return 0.5 + static_cast<double>(seed);
  if (type == "boolean") return seed % 2 == 0;
  if (type == "null") return nullptr;
  if (type == "array")
    return nlohmann::json::array({value_for(schema.value("items", nlohmann::json::object()), seed)});
  nlohmann::json out = nlohmann::json::object();
  const auto properties = schema.value("properties", nlohmann::json::object());
  for (const auto& [name, property] : properties.items()) out[name] = value_for(property, seed + out.size());
  return out;
}

}  // namespace codecrucible::simulator
