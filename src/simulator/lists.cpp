#include "simulator/server.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace codecrucible::simulator {
namespace {

using json = nlohmann::ordered_json;

std::string digits(double value, const char* unit) {
  char text[32];
  std::snprintf(text, sizeof text, "%g%s", value, unit);
  return text;
}

json ollama_details(const Machine::Model& model) {
  return {{"parent_model", ""},
          {"format", "gguf"},
          {"family", "llama"},
          {"families", json::array({"llama"})},
          {"parameter_size", digits(model.spec.parameters_billion, "B")},
          {"quantization_level", "Q4_K_M"}};
}

json ollama_entry(const Machine::Model& model) {
  return {{"name", model.spec.id},
          {"model", model.spec.id},
          {"modified_at", "2026-01-01T00:00:00Z"},
          {"size", model.spec.size_bytes},
          {"digest", "0000000000000000000000000000000000000000000000000000000000000000"},
          {"details", ollama_details(model)}};
}

}  // namespace

std::string openai_list(const std::vector<Machine::Model>& models, core::ProviderKind kind) {
  json data = json::array();
  for (const auto& model : models) {
    json line = {{"id", model.spec.id}, {"object", "model"}, {"created", 1767225600}};
    line["owned_by"] = kind == core::ProviderKind::lmstudio ? "organization_owner" : "llamacpp";
    if (kind == core::ProviderKind::vllm) line["max_model_len"] = model.window;
    data.push_back(line);
  }
  return json{{"data", data}, {"object", "list"}}.dump();
}

std::string lmstudio_v0_list(const std::vector<Machine::Model>& models) {
  json data = json::array();
  for (const auto& model : models) {
    json line = {{"id", model.spec.id},
                 {"object", "model"},
                 {"type", model.spec.embeddings ? "embeddings"
                          : model.spec.vision   ? "vlm"
                                                : "llm"},
                 {"publisher", "simulation"},
                 {"arch", "llama"},
                 {"compatibility_type", "gguf"},
                 {"quantization", "Q4_K_M"},
                 {"state", model.resident ? "loaded" : "not-loaded"},
                 {"max_context_length", model.spec.max_window}};
    if (model.resident) line["loaded_context_length"] = model.window;
    if (model.spec.tools) line["capabilities"] = json::array({"tool_use"});
    data.push_back(line);
  }
  return json{{"data", data}, {"object", "list"}}.dump();
}

std::string lmstudio_v1_list(const std::vector<Machine::Model>& models) {
  json list = json::array();
  for (const auto& model : models) {
    json instances = json::array();
    if (model.resident) {
      instances.push_back({{"id", model.spec.id},
                           {"config",
                            {{"context_length", model.window},
                             {"eval_batch_size", 512},
                             {"parallel", model.spec.slots},
                             {"flash_attention", true},
                             {"offload_kv_cache_to_gpu", true}}}});
    }
    json line = {{"type", model.spec.embeddings ? "embedding" : "llm"},
                 {"publisher", "simulation"},
                 {"key", model.spec.id},
                 {"display_name", model.spec.id},
                 {"architecture", "llama"},
                 {"quantization", {{"name", "Q4_K_M"}, {"bits_per_weight", 4}}},
                 {"size_bytes", model.spec.size_bytes},
                 {"params_string", digits(model.spec.parameters_billion, "B")},
                 {"loaded_instances", instances},
                 {"max_context_length", model.spec.max_window},
                 {"format", "gguf"}};
    if (!model.spec.embeddings) {
      line["capabilities"] = {{"vision", model.spec.vision}, {"trained_for_tool_use", model.spec.tools}};
      if (model.spec.thinking) {
        line["capabilities"]["reasoning"] = {{"allowed_options", json::array({"off", "on"})},
                                             {"default", "on"}};
      }
    }
    list.push_back(line);
  }
  return json{{"models", list}}.dump();
}

std::string ollama_tags(const std::vector<Machine::Model>& models) {
  json list = json::array();
  for (const auto& model : models) list.push_back(ollama_entry(model));
  return json{{"models", list}}.dump();
}

std::string ollama_ps(const std::vector<Machine::Model>& models) {
  json list = json::array();
  for (const auto& model : models) {
    if (!model.resident) continue;
    json line = ollama_entry(model);
    line["expires_at"] = "2036-01-01T00:00:00Z";
    line["size_vram"] = model.spec.size_bytes;
    line["context_length"] = model.window;
    list.push_back(line);
  }
  return json{{"models", list}}.dump();
}

std::string ollama_show(const Machine::Model& model) {
  json capabilities = json::array();
  if (model.spec.embeddings) {
    capabilities.push_back("embedding");
  } else {
    capabilities.push_back("completion");
    if (model.spec.tools) capabilities.push_back("tools");
    if (model.spec.vision) capabilities.push_back("vision");
    if (model.spec.thinking) capabilities.push_back("thinking");
  }
  const json out = {
      {"license", "simulation"},
      {"modelfile", "# simulation"},
      {"parameters", ""},
      {"template", "{{ .Prompt }}"},
      {"details", ollama_details(model)},
      {"model_info",
       {{"general.architecture", "llama"},
        {"general.parameter_count", static_cast<std::int64_t>(model.spec.parameters_billion * 1e9)},
        {"llama.context_length", model.spec.max_window}}},
      {"capabilities", capabilities},
      {"modified_at", "2026-01-01T00:00:00Z"}};
  return out.dump();
}

}  // namespace codecrucible::simulator
