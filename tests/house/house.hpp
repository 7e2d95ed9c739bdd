#pragma once

// A whole gateway in front of simulated servers, for tests: real sockets, real config text, nothing mocked.
#include "core/fleet_view.hpp"
#include "core/result.hpp"
#include "simulator/simulator.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::house {

// Names of the models that the simulated servers have; all are in memory from the start.
inline constexpr const char* coder = "small-coder";                // LM Studio
inline constexpr const char* lm_thinker = "small-thinker";         // LM Studio, thinks
inline constexpr const char* lm_vision = "small-eyes";             // LM Studio, sees
inline constexpr const char* lm_vectors = "text-embedding-small";  // LM Studio
inline constexpr const char* large = "large:34b";                  // Ollama
inline constexpr const char* ollama_thinker = "deep-thinker:14b";  // Ollama, thinks
inline constexpr const char* ollama_vectors = "vectors:latest";    // Ollama
inline constexpr const char* llamacpp_model = "cpp-model";
inline constexpr const char* vllm_model = "org/vllm-model";
inline constexpr const char* plain_model = "plain-model";  // a server of which only the dialect is known

struct Plan {
  double time_scale = 0.02;
  bool llamacpp = false;
  bool vllm = false;
  bool openai = false;
  bool simulated = false;  // marks the hosts as simulations, as `serve --simulate` does
  bool twin = false;       // a second LM Studio, called "twin", with the same models
  int concurrent = 4;      // generations at once per host and per model
  std::string server;      // more lines of the section `server`, each "  key: value\n"
  std::string lmstudio;    // more lines of the section `lmStudio`
  std::string ollama;      // more lines of the section `ollama`
  std::string more;        // more sections
  std::function<void(simulator::Settings&)> adjust;  // of each simulated server before it starts
};

// With a simulated server of each kind.
inline Plan all_kinds() {
  Plan plan;
  plan.llamacpp = plan.vllm = true;
  return plan;
}

class House {
 public:
  explicit House(Plan plan = {});
  ~House();

  std::uint16_t port() const;
  simulator::Simulator& lmstudio();
  simulator::Simulator& ollama();
  simulator::Simulator& llamacpp();
  simulator::Simulator& vllm();
  simulator::Simulator& twin();
  std::vector<simulator::Simulator*> all();
  // The simulated server of that kind.
  simulator::Simulator& server(core::ProviderKind kind);

  // The config with other sections than the plan's `more`, put in force live.
  core::Result<void> apply(const std::string& more);
  core::FleetViewPtr fleet();
  void stop();
  // Generations under way and connections of all simulated servers.
  int running();
  // The config's text, for those who want to write it to a file.
  std::string config_text(const std::string& more) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace codecrucible::house
