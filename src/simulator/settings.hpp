#pragma once

#include "core/fleet_view.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace codecrucible::simulator {

using Script = std::unordered_map<std::string, std::string>;  // last user message -> answer

// One model that a simulated server has on its disk.
struct ModelSpec {
  std::string id;
  double load_seconds = 1.0;
  double prefill_tokens_per_second = 3000;
  double decode_tokens_per_second = 80;
  std::int64_t window = 8192;       // when loaded without being told
  std::int64_t max_window = 32768;  // what it was trained for
  std::int64_t size_bytes = 4'000'000'000;
  double parameters_billion = 7;
  int slots = 4;  // generations at once
  bool vision = false;
  bool tools = true;
  bool thinking = false;
  bool embeddings = false;
  // What it says to known prompts, word for word, in place of the made up text: replays of recorded answers.
  std::shared_ptr<const Script> script;
};

struct Settings {
  core::ProviderKind kind = core::ProviderKind::lmstudio;  // lmstudio, ollama, or openai (llama.cpp's shape)
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = any free one
  std::vector<ModelSpec> models;
  std::vector<std::string> resident;  // loaded at the start
  double time_scale = 1;              // 0 = nothing takes time
  int max_loaded = 1;                 // models in memory at once
  bool auto_evict = true;             // LM Studio: a load evicts even a model that is generating
  int load_queue = 512;               // Ollama: requests waiting for a load
  bool logprobs = true;               // Ollama only; LM Studio never gives them
};

// What went on, for tests and for `codecrucible simulate`.
struct Stats {
  std::uint64_t requests = 0;   // generations asked for
  std::uint64_t finished = 0;   // answered to the end
  std::uint64_t cancelled = 0;  // the client closed before the end
  std::uint64_t loads = 0;
  std::uint64_t evictions = 0;
  std::uint64_t evicted_while_running = 0;  // generations killed by an eviction
  std::uint64_t faults = 0;
  std::uint64_t connections = 0;  // open now
  int running = 0;                // generations now
  int most_running = 0;
};

}  // namespace codecrucible::simulator
