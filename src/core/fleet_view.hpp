#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::core {

// What is alive, as one immutable picture: made by fleet/, read by router/ and by everything that shows it.

enum class ProviderKind : std::uint8_t { lmstudio, ollama, llamacpp, vllm, openai };
std::string_view name(ProviderKind kind) noexcept;
std::optional<ProviderKind> provider_kind_of(std::string_view name) noexcept;

enum class BreakerState : std::uint8_t { closed, open, half_open };
std::string_view name(BreakerState state) noexcept;

struct Capabilities {
  bool chat = true;
  bool completion = true;
  bool embeddings = false;
  bool tools = true;
  bool vision = false;
  bool thinking = false;
  bool structured = true;
  bool logprobs = false;
  bool insert = false;  // fill in the middle
};

// Learned times of one model on one host. Unknown = not yet measured.
struct Speed {
  std::optional<double> load_seconds;
  std::optional<double> prefill_tokens_per_second;
  std::optional<double> decode_tokens_per_second;
  std::optional<double> queue_seconds;  // expected wait for a slot if asked now
};

struct ModelView {
  std::string id;         // as the backend spells it: what is sent
  std::string public_id;  // as clients see it in /v1/models
  std::size_t host = 0;   // index into FleetView::hosts
  Capabilities can;
  std::optional<std::int64_t> window;      // tokens that will really be usable; unknown if never told
  std::optional<std::int64_t> max_window;  // what the model was trained for
  std::optional<std::int64_t> size_bytes;
  std::optional<std::int64_t> vram_bytes;
  std::optional<double> parameters_billion;
  bool resident = false;  // in memory now
  bool loading = false;
  int slots = 1;  // generations at once
  int running = 0;
  int queued = 0;
  BreakerState breaker = BreakerState::closed;
  Speed speed;
  double token_factor = 1;  // real prompt tokens over those of estimate_tokens, learned from returned usage
  std::optional<std::int64_t> expires_in_seconds;  // unloads then if unused; unknown or never if empty
};

struct HostView {
  std::string name;  // provider name in the config: "lmstudio", "ollama", "gpu-box"
  std::string url;
  ProviderKind kind = ProviderKind::openai;
  std::string version;
  bool reachable = false;
  bool simulated = false;  // built-in simulator: every answer says so
  bool draining = false;
  BreakerState breaker = BreakerState::closed;
  std::string trouble;  // why it is not reachable, for a person
  std::optional<std::int64_t> vram_total, vram_free;
  int running = 0;
  int queued = 0;
};

struct FleetView {
  std::vector<HostView> hosts;    // in the config's order
  std::vector<ModelView> models;  // grouped by host
  std::chrono::steady_clock::time_point at{};

  const HostView& host_of(const ModelView& model) const { return hosts[model.host]; }
};

using FleetViewPtr = std::shared_ptr<const FleetView>;

}  // namespace codecrucible::core
