// Cost of a routing decision: ten rules, twenty models on four hosts. Bar: 5 µs (docs/routing.md).
#include "router/condition/program.hpp"
#include "router/router.hpp"

#include <benchmark/benchmark.h>

using namespace codecrucible;
using namespace codecrucible::router;

namespace {

core::FleetView fleet_of_twenty() {
  core::FleetView fleet;
  for (const auto* host : {"lmstudio", "ollama", "gpu-box", "cloud"}) {
    core::HostView view;
    view.name = host;
    view.reachable = true;
    const auto index = fleet.hosts.size();
    fleet.hosts.push_back(view);
    for (const auto* id : {"qwen2.5-coder:7b", "codellama-13b-instruct", "codellama:34b", "qwen2.5:72b",
                           "mistralai/mixtral-8x7b-instruct"}) {
      core::ModelView model;
      model.id = model.public_id = id;
      model.host = index;
      model.window = index == 1 ? 2048 : 32768;
      model.speed.decode_tokens_per_second = 40;
      fleet.models.push_back(model);
    }
  }
  return fleet;
}

Settings ten_rules() {
  Settings settings;
  for (const auto* text :
       {"taskType == 'template' && promptTokens < 100", "user == 'nobody'", "headers['x-team'] == 'red'",
        "hasImages && !stream", "keywords.contains('sql')", "language matches '^(cobol|fortran)$'",
        "contextFiles > 20 || promptLength > 400000", "taskType in ['format', 'template']",
        "lmstudio.queue > 8", "complexity == 'complex'"}) {
    Rule rule;
    rule.condition = text;
    rule.target = "ollama";
    settings.rules.push_back(rule);
  }
  settings.rules.back().target = "gpu-box";
  settings.providers = {{.name = "lmstudio", .models = {"qwen2.5-coder:7b", "codellama-13b-instruct"}}};
  for (int i = 0; i < 10; ++i)
    settings.models.push_back({.match = "family-" + std::to_string(i) + "*", .quality = 0.7});
  return settings;
}

struct World {
  World()
      : policy(
            *compile(ten_rules(), {.providers = {"lmstudio", "ollama", "gpu-box", "cloud"}, .models = {}})) {
    verdict.type = core::TaskType::debugging;
    verdict.complexity = core::Complexity::complex;
    verdict.keywords = {"security", "performance"};
    facts.verdict = &verdict;
    facts.model = "auto";
    facts.user = "ann";
    facts.language = "python";
    facts.prompt_tokens = 3000;
    facts.conversation = 42;
    facts.header = [](const void*, std::string_view) { return std::string_view("blue"); };
  }
  core::FleetView fleet = fleet_of_twenty();
  Policy policy;
  classifier::Verdict verdict;
  Facts facts;
};

void decide_auto(benchmark::State& state) {
  const World world;
  for (auto _ : state) benchmark::DoNotOptimize(decide(world.facts, world.policy, world.fleet, 0.5));
}
BENCHMARK(decide_auto);

void decide_concrete(benchmark::State& state) {
  World world;
  world.facts.model = "qwen2.5:72b";
  for (auto _ : state) benchmark::DoNotOptimize(decide(world.facts, world.policy, world.fleet, 0.5));
}
BENCHMARK(decide_concrete);

void decide_learned(benchmark::State& state) {
  World world;
  auto table = std::make_shared<QualityTable>();
  for (const auto& model : world.fleet.models) {
    table->set(world.fleet.host_of(model).name, model.id, core::TaskType::debugging,
               core::Complexity::complex, {.mean = 0.6F, .weight = 30});
  }
  world.policy.learned = table;
  for (auto _ : state) benchmark::DoNotOptimize(decide(world.facts, world.policy, world.fleet, 0.5));
}
BENCHMARK(decide_learned);

void evaluate_ten_rules(benchmark::State& state) {
  const World world;
  std::vector<condition::Program> programs;
  for (const auto& rule : ten_rules().rules) {
    condition::Mistake mistake;
    programs.push_back(*condition::parse(rule.condition, {"lmstudio"}, mistake));
  }
  for (auto _ : state) {
    int hits = 0;
    for (const auto& program : programs) hits += program.holds({world.facts, world.fleet});
    benchmark::DoNotOptimize(hits);
  }
}
BENCHMARK(evaluate_ten_rules);

void facts_of_a_chat(benchmark::State& state) {
  core::Arena arena;
  core::ChatRequest request(arena);
  const std::string text(2000, 'x');
  for (int i = 0; i < 10; ++i) {
    auto& message = request.messages.emplace_back();
    message.role = i == 0 ? core::Role::system : i % 2 == 1 ? core::Role::user : core::Role::assistant;
    message.parts.emplace_back().text = text;
  }
  const classifier::Verdict verdict;
  for (auto _ : state) benchmark::DoNotOptimize(facts_of(request, verdict));
}
BENCHMARK(facts_of_a_chat);

void compile_ten_rules(benchmark::State& state) {
  const auto settings = ten_rules();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        compile(settings, {.providers = {"lmstudio", "ollama", "gpu-box", "cloud"}, .models = {}}));
  }
}
BENCHMARK(compile_ten_rules);

}  // namespace
