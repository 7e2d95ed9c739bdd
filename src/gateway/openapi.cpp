#include "gateway/openapi.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

// What a reply's body is, besides JSON.
enum class Reply : std::uint8_t { whole, sse, ndjson, text, yaml };

struct Operation {
  std::string_view method;
  std::string_view path;
  std::string_view summary;
  std::string_view body;  // schema; empty = none; "yaml" = the configuration's text
  Reply reply = Reply::whole;
};

constexpr Operation operations[] = {
    {"post", "/v1/chat/completions", "OpenAI's chat, whole or streamed", "ChatRequest", Reply::sse},
    {"post", "/v1/completions", "OpenAI's completions, whole or streamed", "CompletionRequest", Reply::sse},
    {"post", "/v1/responses", "OpenAI's Responses, whole or streamed", "ResponsesRequest", Reply::sse},
    {"get", "/v1/responses/{id}", "A response that was kept", ""},
    {"delete", "/v1/responses/{id}", "Forgets a response that was kept", ""},
    {"get", "/v1/responses/{id}/input_items", "What a kept response was asked", ""},
    {"post", "/v1/embeddings", "Vectors of texts", "EmbeddingsRequest"},
    {"get", "/v1/models", "All models; in Anthropic's shape for its clients", ""},
    {"get", "/v1/models/{id}", "One model", ""},
    {"post", "/v1/messages", "Anthropic's Messages, whole or streamed", "MessagesRequest", Reply::sse},
    {"post", "/v1/messages/count_tokens", "An estimate of a prompt's tokens", "CountTokensRequest"},
    {"post", "/v1/feedback", "How good an answer was", "Feedback"},
    {"post", "/api/chat", "Ollama's chat, streamed unless told otherwise", "OllamaChatRequest",
     Reply::ndjson},
    {"post", "/api/generate", "Ollama's completion, streamed unless told otherwise", "OllamaGenerateRequest",
     Reply::ndjson},
    {"post", "/api/embed", "Ollama's vectors of texts", "OllamaEmbedRequest"},
    {"post", "/api/embeddings", "Ollama's older form, one text", "OllamaEmbeddingsRequest"},
    {"get", "/api/tags", "All models in Ollama's shape", ""},
    {"get", "/api/ps", "Models in memory", ""},
    {"post", "/api/show", "One model in Ollama's shape", "OllamaName"},
    {"get", "/api/version", "The level of Ollama's API that is spoken", ""},
    {"post", "/api/pull", "Refused: models are managed on the backends", "OllamaName"},
    {"post", "/api/push", "Refused: models are managed on the backends", "OllamaName"},
    {"post", "/api/create", "Refused: models are managed on the backends", "OllamaName"},
    {"post", "/api/copy", "Refused: models are managed on the backends", "OllamaName"},
    {"delete", "/api/delete", "Refused: models are managed on the backends", "OllamaName"},
    {"post", "/api/blobs/{digest}", "Refused: models are managed on the backends", ""},
    {"get", "/", "What Ollama's clients look for", "", Reply::text},
    {"get", "/health", "200 while the process serves", ""},
    {"get", "/healthz", "The same", ""},
    {"get", "/readyz", "200 if a backend answers, else 503 with the reasons", ""},
    {"get", "/metrics", "Metrics for Prometheus", "", Reply::text},
    {"get", "/openapi.json", "This description", ""},
    {"get", "/admin/fleet", "Hosts, models, queues, speeds, breakers, this machine", ""},
    {"post", "/admin/fleet/drain", "No new requests go to a host", "FleetTarget"},
    {"post", "/admin/fleet/resume", "A host is taken back into service", "FleetTarget"},
    {"post", "/admin/fleet/reset", "Closes breakers", "FleetTarget"},
    {"post", "/admin/explain", "What would be done with a chat request, and why", "ChatRequest"},
    {"get", "/admin/cache", "What the caches hold", ""},
    {"delete", "/admin/cache", "Clears the caches; ?tenant= and ?model= choose", ""},
    {"get", "/admin/config", "The configuration in force", "", Reply::yaml},
    {"put", "/admin/config", "Brings a configuration into force and replaces the file", "yaml"},
    {"get", "/admin/config/status", "Version in force, and what was wrong with the last attempt", ""},
    {"get", "/admin/config/history", "The versions that were in force", ""},
    {"post", "/admin/config/rollback", "Brings an older version into force", "Version"},
    {"get", "/admin/history", "Records of requests", ""},
    {"get", "/admin/history/{id}", "One record", ""},
    {"get", "/admin/policies", "What was learned, in versions", ""},
    {"get", "/admin/policies/{number}", "One of them", ""},
    {"post", "/admin/policies/activate", "Puts a version into force", "PolicyNumber"},
    {"post", "/admin/policies/rollback", "Goes back to the version before", ""},
    {"post", "/admin/policies/follow", "Follows what is being learned again", ""},
    {"post", "/admin/policies/learn", "Learns now", ""},
    {"get", "/admin/classifiers", "Classifiers trained from the history", ""},
    {"post", "/admin/classifiers/activate", "Puts one into use; 0: the configuration's", "ClassifierNumber"},
    {"post", "/admin/classifiers/rollback", "Goes back to the one before", ""},
    {"post", "/admin/classifiers/train", "Trains one now, in the background", ""},
};

std::string_view error_schema(std::string_view path) {
  if (path.starts_with("/v1/messages")) return "AnthropicError";
  return path.starts_with("/api/") ? "OllamaError" : "OpenAiError";
}

json schema_of(std::string_view name) {
  return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

json content_of(Reply reply) {
  const json any = json::object();
  switch (reply) {
    case Reply::sse:
      return {{"application/json", any}, {"text/event-stream", any}};
    case Reply::ndjson:
      return {{"application/x-ndjson", any}, {"application/json", any}};
    case Reply::text:
      return {{"text/plain", any}};
    case Reply::yaml:
      return {{"application/yaml", any}};
    case Reply::whole:
      break;
  }
  return {{"application/json", any}};
}

json parameters_of(std::string_view path) {
  json out = json::array();
  const auto open = path.find('{');
  if (open == std::string_view::npos) return out;
  const auto name = path.substr(open + 1, path.find('}') - open - 1);
  out.push_back({{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
  return out;
}

json described(const Operation& operation) {
  json out = {{"summary", operation.summary}};
  auto parameters = parameters_of(operation.path);
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (operation.body == "yaml") {
    out["requestBody"] = {{"content", {{"application/yaml", json::object()}}}};
  } else if (!operation.body.empty()) {
    out["requestBody"] = {{"required", true},
                          {"content", {{"application/json", {{"schema", schema_of(operation.body)}}}}}};
  }
  out["responses"] = {
      {"200", {{"description", "done"}, {"content", content_of(operation.reply)}}},
      {"default",
       {{"description", "an error, in the dialect's own shape"},
        {"content", {{"application/json", {{"schema", schema_of(error_schema(operation.path))}}}}}}}};
  return out;
}

std::string made() {
  json page = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "codecrucible"},
        {"version", "0.1.0"},
        {"description", "One endpoint in front of LM Studio, Ollama and OpenAI-compatible servers"}}}};
  auto& paths = page["paths"] = json::object();
  for (const auto& operation : operations) {
    paths[std::string(operation.path)][std::string(operation.method)] = described(operation);
  }
  page["components"] = {{"schemas", json::parse(openapi_schemas())},
                        {"securitySchemes",
                         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}},
                          {"anthropic", {{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}}}}}};
  // Only where security.keys names any.
  page["security"] =
      json::array({json::object(), {{"bearer", json::array()}}, {{"anthropic", json::array()}}});
  return page.dump();
}

}  // namespace

const std::string& openapi_page() {
  static const std::string page = made();
  return page;
}

}  // namespace codecrucible::gateway
