#pragma once

#include "router/router.hpp"

#include <doctest/doctest.h>

// A small fleet as on a developer's desk: two small models and an embedder in LM Studio, two large in Ollama.
namespace codecrucible::router {

inline core::ModelView model_of(std::size_t host, std::string id, bool resident) {
  core::ModelView model;
  model.id = model.public_id = std::move(id);
  model.host = host;
  model.window = 8192;
  model.resident = resident;
  model.can.logprobs = host == 1;
  return model;
}

inline core::FleetView desk() {
  core::FleetView fleet;
  core::HostView lmstudio;
  lmstudio.name = "lmstudio";
  lmstudio.reachable = true;
  core::HostView ollama = lmstudio;
  ollama.name = "ollama";
  fleet.hosts = {lmstudio, ollama};
  fleet.models = {model_of(0, "codellama-13b-instruct", false), model_of(0, "qwen2.5-coder-7b", true),
                  model_of(0, "text-embedding-nomic-embed-text-v1.5", false),
                  model_of(1, "codellama:34b", false), model_of(1, "qwen2.5:72b", false)};
  fleet.models[2].can = {.chat = false, .completion = false, .embeddings = true};
  return fleet;
}

inline constexpr std::size_t small_13b = 0, warm_7b = 1, embedder = 2, large_34b = 3, large_72b = 4;

inline Settings settings_of(std::vector<Rule> rules = {}) {
  Settings settings;
  settings.rules = std::move(rules);
  return settings;
}

inline Policy policy_of(const Settings& settings) {
  auto policy = compile(settings, {.providers = {"lmstudio", "ollama"}, .models = {}});
  INFO((policy ? std::string() : policy.error().detail));
  REQUIRE(policy.has_value());
  return *policy;
}

inline Rule to(std::string condition, std::string target) {
  Rule rule;
  rule.condition = std::move(condition);
  rule.target = std::move(target);
  return rule;
}

inline classifier::Verdict verdict_of(core::TaskType type, core::Complexity complexity) {
  classifier::Verdict verdict;
  verdict.type = type;
  verdict.complexity = complexity;
  verdict.confidence = 0.9F;
  return verdict;
}

// What MISSION.md shows.
inline Settings mission() {
  Rule templates = to("taskType == 'template'", "lmstudio");
  templates.confidence = 0.9;
  templates.description = "Templates are fast tasks best handled by LM Studio";
  Rule complex = to("complexity == 'complex'", "ollama");
  complex.confidence = 0.95;
  complex.description = "Complex tasks require Ollama's reasoning capabilities";
  Settings settings = settings_of({templates, complex});
  settings.providers = {{.name = "lmstudio", .models = {"codellama-13b-instruct", "qwen2.5-coder-7b"}},
                        {.name = "ollama", .models = {"codellama:34b", "qwen2.5:72b"}}};
  return settings;
}

}  // namespace codecrucible::router
