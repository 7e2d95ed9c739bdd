#include "simulator/server.hpp"
#include "simulator/text.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::simulator {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t dimensions = 64;

std::vector<std::string> inputs_of(const json& body) {
  std::vector<std::string> inputs;
  const json input = body.contains("input") ? body["input"] : body.value("prompt", json(""));
  if (input.is_string()) inputs.push_back(input);
  if (!input.is_array()) return inputs;
  for (const auto& text : input) {
    if (text.is_string()) inputs.push_back(text);
  }
  return inputs;
}

}  // namespace

Server::Page Server::page(const Request& request) {
  const auto& path = request.path;
  const bool get = request.method == "GET" || request.method == "HEAD";
  if (path == "/sim/faults" || path == "/sim/stats" || path == "/sim/unload") return control(request);
  if (path == "/v1/models" && get) return {200, openai_list(machine_.models(), settings_.kind)};
  if (path == "/v1/embeddings" || path == "/api/embed" || path == "/api/embeddings")
    return embeddings(request);
  if (lmstudio()) {
    if (path == "/api/v0/models" && get) return {200, lmstudio_v0_list(machine_.models())};
    if (path == "/api/v1/models" && get) return {200, lmstudio_v1_list(machine_.models())};
    // The convention of this server: everything unknown is a 200 (lmstudio.md §1).
    return {200,
            json{{"error", "Unexpected endpoint or method. (" + request.method + " " + path + ")"}}.dump()};
  }
  if (ollama()) {
    if (path == "/" && get) return {200, "Ollama is running", "text/plain; charset=utf-8"};
    if (path == "/api/version") return {200, R"({"version":"0.32.15"})"};
    if (path == "/api/tags") return {200, ollama_tags(machine_.models())};
    if (path == "/api/ps") return {200, ollama_ps(machine_.models())};
    if (path == "/api/show") {
      const auto body = json::parse(request.body, nullptr, false);
      const auto* model =
          body.is_object() ? machine_.find(body.value("model", body.value("name", ""))) : nullptr;
      if (model != nullptr) return {200, ollama_show(*model)};
      return {404, R"({"error":"model not found"})"};
    }
    return {404, "404 page not found", "text/plain"};
  }
  if (path == "/health") return {200, R"({"status":"ok"})"};
  if (path == "/props") {
    const auto window = machine_.models().empty() ? 4096 : machine_.models().front().window;
    return {200, json{{"default_generation_settings", {{"n_ctx", window}}}, {"total_slots", 4}}.dump()};
  }
  return {404, R"({"error":{"code":404,"message":"File Not Found","type":"not_found_error"}})"};
}

Server::Page Server::embeddings(const Request& request) {
  remember_headers(request);
  const auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return {400, R"({"error":"invalid JSON"})"};
  const auto* model = machine_.find(body.value("model", ""));
  if (model == nullptr)
    return {404, json{{"error", "model '" + body.value("model", "") + "' not found"}}.dump()};
  const auto inputs = inputs_of(body);
  if (inputs.empty()) return {400, R"({"error":"invalid input type"})"};
  std::int64_t tokens = 0;
  for (const auto& text : inputs) tokens += count_tokens(text);
  if (request.path == "/api/embeddings")
    return {200, json{{"embedding", vector_for(inputs.front(), dimensions)}}.dump()};
  if (request.path == "/api/embed") {
    json vectors = json::array();
    for (const auto& text : inputs) vectors.push_back(vector_for(text, dimensions));
    return {200, json{{"model", body.value("model", "")},
                      {"embeddings", vectors},
                      {"total_duration", 1000000},
                      {"load_duration", 1000},
                      {"prompt_eval_count", tokens}}
                     .dump()};
  }
  json data = json::array();
  for (const auto& text : inputs) {
    data.push_back(
        {{"object", "embedding"}, {"embedding", vector_for(text, dimensions)}, {"index", data.size()}});
  }
  return {200, json{{"object", "list"},
                    {"data", data},
                    {"model", model->spec.id},
                    {"usage", {{"prompt_tokens", tokens}, {"total_tokens", tokens}}}}
                   .dump()};
}

// Faults and numbers over HTTP, for demos: POST /sim/faults {"fault":"cut:3","count":2,"model":"…"}.
Server::Page Server::control(const Request& request) {
  if (request.path == "/sim/stats") {
    const auto now = stats();
    return {200, json{{"requests", now.requests},
                      {"finished", now.finished},
                      {"cancelled", now.cancelled},
                      {"loads", now.loads},
                      {"evictions", now.evictions},
                      {"evicted_while_running", now.evicted_while_running},
                      {"faults", now.faults},
                      {"running", now.running}}
                     .dump()};
  }
  const auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) return {400, R"({"error":"send a JSON object"})"};
  if (request.path == "/sim/unload") {
    if (auto* model = machine_.find(body.value("model", ""))) machine_.unload(*model);
    changed();
    return {200, "{}"};
  }
  const auto fault = fault_of(body.value("fault", ""));
  if (!fault) return {400, json{{"error", "unknown fault; there are: " + fault_names()}}.dump()};
  inject(*fault, body.value("count", 1), body.value("model", ""));
  return {200, "{}"};
}

}  // namespace codecrucible::simulator
