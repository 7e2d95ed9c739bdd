#include "house/house.hpp"

#include "config/load.hpp"
#include "gateway/gateway.hpp"

#include <unistd.h>

#include <filesystem>
#include <map>
#include <stdexcept>

namespace codecrucible::house {
namespace {

using core::ProviderKind;

simulator::ModelSpec model(const char* id) {
  simulator::ModelSpec spec;
  spec.id = id;
  spec.load_seconds = 0.5;
  return spec;
}

simulator::Settings lmstudio_settings() {
  simulator::Settings settings;
  settings.kind = ProviderKind::lmstudio;
  auto thinker = model(lm_thinker);
  thinker.thinking = true;
  auto eyes = model(lm_vision);
  eyes.vision = true;
  auto vectors = model(lm_vectors);
  vectors.embeddings = true;
  vectors.parameters_billion = 0.1;
  settings.models = {model(coder), thinker, eyes, vectors};
  return settings;
}

simulator::Settings ollama_settings() {
  simulator::Settings settings;
  settings.kind = ProviderKind::ollama;
  settings.auto_evict = false;
  auto strong = model(large);
  strong.parameters_billion = 34;
  auto thinker = model(ollama_thinker);
  thinker.thinking = true;
  thinker.parameters_billion = 14;
  auto vectors = model(ollama_vectors);
  vectors.embeddings = true;
  vectors.parameters_billion = 0.1;
  settings.models = {strong, thinker, vectors};
  return settings;
}

simulator::Settings openai_settings(ProviderKind kind, const char* id) {
  simulator::Settings settings;
  settings.kind = kind;
  settings.models = {model(id)};
  return settings;
}

std::string scratch_directory() {
  static int count = 0;
  const auto path = std::filesystem::temp_directory_path() /
                    ("codecrucible-test-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  std::filesystem::create_directories(path);
  return path.string();
}

}  // namespace

struct House::Inside {
  Plan plan;
  std::string directory = scratch_directory();
  std::map<std::string, std::unique_ptr<simulator::Simulator>> servers;
  std::unique_ptr<gateway::Gateway> gateway;

  void add(const std::string& name, simulator::Settings settings) {
    settings.time_scale = plan.time_scale;
    settings.max_loaded = static_cast<int>(settings.models.size());
    for (const auto& one : settings.models) settings.resident.push_back(one.id);
    for (auto& one : settings.models) one.slots = plan.concurrent;
    if (plan.adjust) plan.adjust(settings);
    auto started = simulator::start(std::move(settings));
    if (!started) throw std::runtime_error(started.error().detail);
    servers[name] = std::move(*started);
  }

  config::Settings settings(const std::string& text) const {
    auto loaded = config::load(config::Source{"test.yaml", text});
    if (!loaded.settings) {
      std::string problems;
      for (const auto& problem : loaded.problems) problems += config::to_string(problem) + "\n";
      throw std::runtime_error(problems);
    }
    for (auto& host : loaded.settings->fleet.hosts) {
      host.simulated = plan.simulated;
      // Ollama tells nobody how many it takes at once; learning it would make the tests depend on their
      // order.
      if (host.kind == ProviderKind::lmstudio) continue;
      for (const char* const id :
           {large, ollama_thinker, ollama_vectors, llamacpp_model, vllm_model, plain_model}) {
        fleet::ModelSettings known;
        known.id = id;
        known.slots = plan.concurrent;
        host.models.push_back(known);
      }
    }
    loaded.settings->fleet.probe.interval = std::chrono::milliseconds(200);
    loaded.settings->fleet.probe.max_interval = std::chrono::milliseconds(500);
    return std::move(*loaded.settings);
  }
};

House::House(Plan plan) : inside_(std::make_unique<Inside>()) {
  inside_->plan = std::move(plan);
  const auto& wanted = inside_->plan;
  inside_->add("lmstudio", lmstudio_settings());
  inside_->add("ollama", ollama_settings());
  if (wanted.llamacpp) inside_->add("llamacpp", openai_settings(ProviderKind::llamacpp, llamacpp_model));
  if (wanted.vllm) inside_->add("vllm", openai_settings(ProviderKind::vllm, vllm_model));
  if (wanted.openai) inside_->add("openai", openai_settings(ProviderKind::openai, plain_model));
  if (wanted.twin) inside_->add("twin", lmstudio_settings());
  auto started = gateway::start(inside_->settings(config_text(wanted.more)));
  if (!started) throw std::runtime_error(started.error().detail);
  inside_->gateway = std::move(*started);
  if (!inside_->gateway->backends_asked(std::chrono::seconds(20)))
    throw std::runtime_error("backends were not asked");
}

House::~House() {
  inside_->gateway.reset();
  inside_->servers.clear();
  std::error_code ignored;
  std::filesystem::remove_all(inside_->directory, ignored);
}

std::string House::config_text(const std::string& more) const {
  std::string text = "server:\n  port: 0\n  workers: 2\n  sweep: 20ms\n" + inside_->plan.server;
  std::string others;
  for (const auto& [name, server] : inside_->servers) {
    if (name == "lmstudio" || name == "ollama") {
      text += (name == "lmstudio" ? "lmStudio" : name) + std::string(":\n  url: \"") + server->url() +
              "\"\n  apiKey: \"house-key\"\n  maxConcurrent: " + std::to_string(inside_->plan.concurrent) +
              "\n" + (name == "lmstudio" ? inside_->plan.lmstudio : inside_->plan.ollama);
    } else {
      const auto kind = name == "twin" ? std::string("lmstudio") : name;
      others += "  - name: " + name + "\n    kind: " + kind + "\n    url: \"" + server->url() +
                "\"\n    maxConcurrent: " + std::to_string(inside_->plan.concurrent) + "\n";
    }
  }
  if (!others.empty()) text += "providers:\n" + others;
  text += "discovery:\n  enabled: false\nlogging:\n  level: \"off\"\n  access: false\n  file: \"" +
          inside_->directory + "/log\"\nstateDirectory: \"" + inside_->directory + "\"\n";
  // Everything stands under the key "hybrid".
  std::string nested = "hybrid:\n  ";
  for (const char c : text + more) {
    nested += c;
    if (c == '\n') nested += "  ";
  }
  return nested + "\n";
}

std::uint16_t House::port() const {
  return inside_->gateway->port();
}
simulator::Simulator& House::lmstudio() {
  return *inside_->servers.at("lmstudio");
}
simulator::Simulator& House::ollama() {
  return *inside_->servers.at("ollama");
}
simulator::Simulator& House::llamacpp() {
  return *inside_->servers.at("llamacpp");
}
simulator::Simulator& House::vllm() {
  return *inside_->servers.at("vllm");
}
simulator::Simulator& House::twin() {
  return *inside_->servers.at("twin");
}

simulator::Simulator& House::server(ProviderKind kind) {
  return *inside_->servers.at(std::string(core::name(kind)));
}

std::vector<simulator::Simulator*> House::all() {
  std::vector<simulator::Simulator*> servers;
  for (const auto& [name, server] : inside_->servers) servers.push_back(server.get());
  return servers;
}

core::Result<void> House::apply(const std::string& more) {
  return inside_->gateway->apply(inside_->settings(config_text(more)));
}

core::FleetViewPtr House::fleet() {
  return inside_->gateway->fleet();
}
void House::stop() {
  inside_->gateway->stop();
}

int House::running() {
  int sum = 0;
  for (auto* const server : all()) sum += server->stats().running;
  return sum;
}

}  // namespace codecrucible::house
