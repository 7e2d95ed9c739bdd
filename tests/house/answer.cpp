#include "house/answer.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::house {
namespace {

using json = nlohmann::json;

void read_openai_usage(const json& body, Answer& answer) {
  if (!body.contains("usage") || body["usage"].is_null()) return;
  ++answer.usages;
  answer.prompt_tokens = body["usage"].value("prompt_tokens", std::int64_t{-1});
  answer.completion_tokens = body["usage"].value("completion_tokens", std::int64_t{-1});
  const auto total = body["usage"].value("total_tokens", std::int64_t{-1});
  if (total != answer.prompt_tokens + answer.completion_tokens)
    answer.broken.push_back("total_tokens is no sum");
}

std::string text_at(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string();
}

void read_openai_calls(const json& calls, Answer& answer) {
  for (const auto& call : calls) {
    const auto index = call.value("index", answer.calls.size());
    if (index > answer.calls.size()) answer.broken.push_back("index of a tool call jumps");
    if (index >= answer.calls.size()) {
      answer.calls.push_back({text_at(call, "id"), "", ""});
      if (answer.calls.back().id.empty()) answer.broken.push_back("tool call without id");
    }
    auto& mine = answer.calls[std::min(index, answer.calls.size() - 1)];
    mine.name += text_at(call["function"], "name");
    mine.arguments += text_at(call["function"], "arguments");
  }
}

void read_choice(const json& choice, bool completions, Answer& answer) {
  const json none = json::object();
  const json& part = choice.contains("delta")     ? choice["delta"]
                     : choice.contains("message") ? choice["message"]
                                                  : none;
  if (completions) {
    answer.text += text_at(choice, "text");
  } else {
    if (part.contains("role")) ++answer.roles;
    answer.text += text_at(part, "content");
    answer.reasoning += text_at(part, "reasoning_content");
    if (part.contains("tool_calls")) read_openai_calls(part["tool_calls"], answer);
  }
  if (choice.contains("logprobs") && choice["logprobs"].is_object()) ++answer.logprobs;
  const auto finish = text_at(choice, "finish_reason");
  if (!finish.empty() && !answer.finish.empty()) answer.broken.push_back("two finish reasons");
  if (!finish.empty()) answer.finish = finish;
}

void read_openai(const json& body, bool completions, Answer& answer) {
  if (body.contains("error")) {
    answer.error = body["error"].is_object() ? text_at(body["error"], "message") : body["error"].dump();
    return;
  }
  if (answer.ends > 0 || answer.error) answer.broken.push_back("an event after the end");
  if (!body.contains("choices")) answer.broken.push_back("no choices");
  for (const char* key : {"id", "object", "model"}) {
    if (text_at(body, key).empty()) answer.broken.push_back(std::string("no ") + key);
  }
  answer.model = text_at(body, "model");
  read_openai_usage(body, answer);
  if (!body.contains("choices")) return;
  if (body["choices"].empty() && body.contains("usage")) ++answer.bare_usages;
  if (body["choices"].empty() && !body.contains("usage")) answer.broken.push_back("empty choices");
  for (const auto& choice : body["choices"]) read_choice(choice, completions, answer);
}

void read_ollama(const json& body, bool generate, Answer& answer) {
  if (body.contains("error")) {
    answer.error = text_at(body, "error");
    return;
  }
  if (answer.ends > 0 || answer.error) answer.broken.push_back("an object after the end");
  answer.model = text_at(body, "model");
  if (text_at(body, "created_at").empty()) answer.broken.push_back("no created_at");
  const json none = json::object();
  const json& part = generate ? body : body.contains("message") ? body["message"] : none;
  if (!generate && !body.contains("message")) answer.broken.push_back("no message");
  if (!generate && text_at(part, "role") != "assistant") answer.broken.push_back("role is not assistant");
  answer.roles = 1;
  answer.text += text_at(part, generate ? "response" : "content");
  answer.reasoning += text_at(part, "thinking");
  if (part.contains("tool_calls")) {
    for (const auto& call : part["tool_calls"]) {
      const auto& arguments = call["function"]["arguments"];
      if (!arguments.is_object()) answer.broken.push_back("arguments are no object");
      answer.calls.push_back({text_at(call, "id"), text_at(call["function"], "name"), arguments.dump()});
    }
  }
  if (body.contains("logprobs") && body["logprobs"].is_array()) ++answer.logprobs;
  if (!body.value("done", false)) return;
  ++answer.ends;
  answer.finish = text_at(body, "done_reason");
  if (body.contains("eval_count")) {
    ++answer.usages;
    answer.completion_tokens = body["eval_count"];
    answer.prompt_tokens = body.value("prompt_eval_count", std::int64_t{-1});
  }
  answer.total_duration = body.value("total_duration", std::int64_t{-1});
}

void take(Dialect dialect, const std::string& text, Answer& answer) {
  const json body = json::parse(text, nullptr, false);
  ++answer.events;
  if (!body.is_object()) {
    answer.broken.push_back("not JSON: " + text.substr(0, 200));
  } else if (is_ollama(dialect)) {
    read_ollama(body, dialect == Dialect::ollama_generate, answer);
  } else {
    read_openai(body, dialect == Dialect::openai_completions, answer);
  }
}

}  // namespace

std::string name(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_chat:
      return "openai chat";
    case Dialect::openai_completions:
      return "openai completions";
    case Dialect::ollama_chat:
      return "ollama chat";
    default:
      return "ollama generate";
  }
}

std::string path(Dialect dialect) {
  switch (dialect) {
    case Dialect::openai_chat:
      return "/v1/chat/completions";
    case Dialect::openai_completions:
      return "/v1/completions";
    case Dialect::ollama_chat:
      return "/api/chat";
    default:
      return "/api/generate";
  }
}

bool is_ollama(Dialect dialect) {
  return dialect == Dialect::ollama_chat || dialect == Dialect::ollama_generate;
}

std::string question(Dialect dialect, const std::string& model, const std::string& prompt, bool stream,
                     const std::string& more) {
  const std::string text = json(prompt).dump();
  std::string body = R"({"model":)" + json(model).dump() + R"(,"stream":)" + (stream ? "true" : "false");
  const bool chat = dialect == Dialect::openai_chat || dialect == Dialect::ollama_chat;
  body += chat ? R"(,"messages":[{"role":"user","content":)" + text + "}]" : R"(,"prompt":)" + text;
  return body + more + "}";
}

Answer read_whole(Dialect dialect, const Reply& reply) {
  Answer answer;
  if (!reply.complete) answer.broken.push_back("the body is not complete");
  if (!reply.header("content-type").starts_with("application/json")) answer.broken.push_back("content type");
  take(dialect, reply.body, answer);
  if (!is_ollama(dialect) && !answer.error) ++answer.ends;
  return answer;
}

Answer read_stream(Dialect dialect, const Reply& reply) {
  Answer answer;
  const bool ollama = is_ollama(dialect);
  if (!reply.complete) answer.broken.push_back("the body is not complete");
  if (!reply.header("content-type").starts_with(ollama ? "application/x-ndjson" : "text/event-stream")) {
    answer.broken.push_back("content type " + reply.header("content-type"));
  }
  std::size_t at = 0;
  const std::string mark = ollama ? "\n" : "\n\n";
  while (at < reply.body.size()) {
    const auto end = reply.body.find(mark, at);
    if (end == std::string::npos) {
      answer.broken.push_back("the last event has no end");
      break;
    }
    std::string event = reply.body.substr(at, end - at);
    at = end + mark.size();
    if (!ollama) {
      while (event.starts_with(":")) event.erase(0, std::min(event.find('\n'), event.size() - 1) + 1);
      if (event.starts_with("event: error\n")) event.erase(0, event.find('\n') + 1);
      if (!event.starts_with("data: ")) {
        if (!event.empty()) answer.broken.push_back("not a data line: " + event.substr(0, 100));
        continue;
      }
      event.erase(0, 6);
      if (event == "[DONE]") {
        ++answer.ends;
        continue;
      }
    }
    take(dialect, event, answer);
  }
  return answer;
}

Answer read_answer(Dialect dialect, bool stream, const Reply& reply) {
  return stream ? read_stream(dialect, reply) : read_whole(dialect, reply);
}

std::string error_of(Dialect dialect, const Reply& reply) {
  const json body = json::parse(reply.body, nullptr, false);
  if (!body.is_object() || !body.contains("error")) return {};
  const auto& error = body["error"];
  if (is_ollama(dialect)) return error.is_string() ? error.get<std::string>() : std::string();
  if (!error.is_object() || text_at(error, "type").empty()) return {};
  return text_at(error, "message");
}

}  // namespace codecrucible::house
