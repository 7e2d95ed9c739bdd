#include "canned.hpp"

#include <charconv>
#include <cstdio>

namespace codecrucible::bench {
namespace {

constexpr std::string_view words[] = {"alpha", "bravo",  "carbon",  "delta",
                                      "ember", "falcon", "granite", "harbor"};

// What the servers list.
constexpr std::string_view models[] = {"canned", "paced-10-200", "paced-10-500", "paced-1000-60"};

std::string answer(unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) text += ' ';
    text += words[i % std::size(words)];
  }
  return text;
}

std::string framed(std::string_view payload) {
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", payload.size());
  return size + std::string(payload) + "\r\n";
}

std::string with_head(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: application/json; charset=utf-8\r\nConnection: keep-alive\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

unsigned number_at(std::string_view text, std::size_t& at) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error == std::errc{}) at = static_cast<std::size_t>(end - text.data());
  return value;
}

bool asks_for_stream(std::string_view body, bool by_default) {
  const auto at = body.find("\"stream\"");
  if (at == std::string_view::npos) return by_default;
  const auto value = body.find_first_not_of(": \t\n", at + 8);
  return value != std::string_view::npos && body.substr(value, 4) == "true";
}

constexpr std::string_view ollama_model =
    R"("details":{"parent_model":"","format":"gguf","family":"llama","families":["llama"],"parameter_size":"34B","quantization_level":"Q4_K_M"})";

std::string ollama_models(bool running) {
  std::string list;
  for (std::string_view model : models) {
    const std::string id = std::string(model) + ":latest";
    if (!list.empty()) list += ',';
    list += R"({"name":")" + id + R"(","model":")" + id +
            R"(","modified_at":"2026-01-01T00:00:00Z","size":1,"digest":"d",)" + std::string(ollama_model);
    if (running) list += R"(,"expires_at":"2036-01-01T00:00:00Z","size_vram":1,"context_length":32768)";
    list += '}';
  }
  return "{\"models\":[" + list + "]}";
}

std::string lmstudio_models() {
  std::string list;
  for (std::string_view id : models) {
    if (!list.empty()) list += ',';
    list += R"({"id":")" + std::string(id) + R"(","object":"model","owned_by":"organization_owner"})";
  }
  return R"({"data":[)" + list + R"(],"object":"list"})";
}

std::string lmstudio_state() {
  std::string list;
  for (std::string_view id : models) {
    if (!list.empty()) list += ',';
    list +=
        R"({"type":"llm","publisher":"p","key":")" + std::string(id) +
        R"(","display_name":"c","architecture":"llama","quantization":{"name":"Q4_K_M","bits_per_weight":4},"size_bytes":1,"params_string":"7B","loaded_instances":[{"id":")" +
        std::string(id) +
        R"(","config":{"context_length":32768,"parallel":20000}}],"max_context_length":32768,"format":"gguf","capabilities":{"vision":false,"trained_for_tool_use":true}})";
  }
  return R"({"models":[)" + list + "]}";
}

}  // namespace

Scenario scenario_of(std::string_view path, std::string_view body) {
  Scenario scenario;
  scenario.ollama = path.starts_with("/api/chat") || path.starts_with("/api/generate");
  scenario.stream = asks_for_stream(body, scenario.ollama);
  auto named = body.find("\"model\":");
  if (named != std::string_view::npos) named = body.find('"', named + 8);
  if (named != std::string_view::npos)
    scenario.model = body.substr(named + 1, body.find('"', named + 1) - named - 1);
  auto at = body.find("\"paced-");
  if (at != std::string_view::npos) {
    at += 7;
    scenario.pace_ms = number_at(body, at);
    ++at;
    scenario.events = number_at(body, at);
  }
  return scenario;
}

std::string whole_reply(std::string_view path, const Scenario& scenario) {
  if (path.starts_with("/v1/chat/completions")) {
    return with_head(
        "200 OK",
        R"({"id":"chatcmpl-canned","object":"chat.completion","created":1767225600,"model":")" +
            scenario.model +
            R"(","choices":[{"index":0,"logprobs":null,"finish_reason":"stop","message":{"role":"assistant","content":")" +
            answer(64) +
            R"("}}],"usage":{"prompt_tokens":70,"completion_tokens":64,"total_tokens":134},"system_fingerprint":"canned"})");
  }
  if (scenario.ollama) {
    return with_head(
        "200 OK",
        R"({"model":")" + scenario.model +
            R"(","created_at":"2026-01-01T00:00:00.1Z","message":{"role":"assistant","content":")" +
            answer(64) +
            R"("},"done":true,"done_reason":"stop","total_duration":900000000,"load_duration":1000000,"prompt_eval_count":70,"prompt_eval_duration":200000000,"eval_count":64,"eval_duration":600000000})");
  }
  if (path == "/v1/models") return with_head("200 OK", lmstudio_models());
  if (path == "/api/v1/models") return with_head("200 OK", lmstudio_state());
  if (path == "/api/version") return with_head("200 OK", R"({"version":"0.32.15"})");
  if (path == "/api/tags") return with_head("200 OK", ollama_models(false));
  if (path == "/api/ps") return with_head("200 OK", ollama_models(true));
  if (path == "/api/show") {
    return with_head(
        "200 OK",
        "{" + std::string(ollama_model) +
            R"(,"model_info":{"general.architecture":"llama","llama.context_length":32768},"capabilities":["completion","tools"]})");
  }
  return with_head("404 Not Found", R"({"error":"not found"})");
}

std::string stream_head(const Scenario& scenario) {
  return std::string("HTTP/1.1 200 OK\r\nContent-Type: ") +
         (scenario.ollama ? "application/x-ndjson" : "text/event-stream") +
         "\r\nCache-Control: no-cache\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n";
}

std::string stream_event(const Scenario& scenario, unsigned index) {
  const std::string word = std::string(words[index % std::size(words)]) + ' ';
  if (scenario.ollama) {
    return framed(R"({"model":")" + scenario.model +
                  R"(","created_at":"2026-01-01T00:00:00.1Z","message":{"role":"assistant","content":")" +
                  word + "\"},\"done\":false}\n");
  }
  const std::string_view role = index == 0 ? R"("role":"assistant",)" : "";
  return framed(
      R"(data: {"id":"chatcmpl-canned","object":"chat.completion.chunk","created":1767225600,"model":")" +
      scenario.model + R"(","system_fingerprint":"canned","choices":[{"index":0,"delta":{)" +
      std::string(role) + R"("content":")" + word + "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n");
}

std::string stream_tail(const Scenario& scenario) {
  if (scenario.ollama) {
    return framed(
               R"({"model":")" + scenario.model +
               R"(","created_at":"2026-01-01T00:00:00.2Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":900000000,"load_duration":1000000,"prompt_eval_count":70,"prompt_eval_duration":200000000,"eval_count":64,"eval_duration":600000000})"
               "\n") +
           "0\r\n\r\n";
  }
  return framed(
             "data: "
             R"({"id":"chatcmpl-canned","object":"chat.completion.chunk","created":1767225600,"model":")" +
             scenario.model +
             R"(","system_fingerprint":"canned","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]})"
             "\n\n") +
         framed(
             "data: "
             R"({"id":"chatcmpl-canned","object":"chat.completion.chunk","created":1767225600,"model":")" +
             scenario.model +
             R"(","system_fingerprint":"canned","choices":[],"usage":{"prompt_tokens":70,"completion_tokens":64,"total_tokens":134}})"
             "\n\n") +
         framed("data: [DONE]\n\n") + "0\r\n\r\n";
}

}  // namespace codecrucible::bench
