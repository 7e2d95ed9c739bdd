#pragma once

#include "simulator/settings.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::simulator {

using Time = std::chrono::steady_clock::time_point;

// Which models of a simulated server are in memory, what they are doing, and who waits: the scheduling of LM
// Studio (loads evict, slots per model, silent queue) and of Ollama (evictions wait for the victim, bounded
// load queue). No clock of its own, one thread.
class Machine {
 public:
  explicit Machine(const Settings& settings);

  struct Model {
    ModelSpec spec;
    bool resident = false;
    bool loading = false;
    std::int64_t window = 0;  // as loaded
    int running = 0;
    std::uint64_t last_used = 0;
    std::uint64_t generation = 0;  // grows with every eviction: a running answer of an older one was killed
  };

  // The model by its name as this kind of server spells and matches it; null if unknown.
  Model* find(std::string_view name);
  std::vector<Model>& models() { return models_; }

  enum class Step : std::uint8_t {
    run,    // a slot was taken: generate, then call done()
    load,   // start loading: takes load_seconds, then call loaded(), then ask again
    wait,   // a slot, a load or an eviction is awaited: ask again after the next change
    reject  // load queue full (Ollama)
  };
  // What a request for `model` may do now. `window` is a wished num_ctx: another one than loaded means a
  // reload.
  Step ask(Model& model, std::optional<std::int64_t> window);
  void loaded(Model& model, std::optional<std::int64_t> window);
  void done(Model& model);
  void unload(Model& model);

  Stats stats;

 private:
  bool make_room(const Model& incoming);
  void evict(Model& victim);

  Settings settings_;
  std::vector<Model> models_;
  std::uint64_t uses_ = 0;
  bool load_under_way_ = false;
};

}  // namespace codecrucible::simulator
