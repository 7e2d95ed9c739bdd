#pragma once

#include "cache/settings.hpp"
#include "classifier/settings.hpp"
#include "confidence/settings.hpp"
#include "core/fleet_view.hpp"
#include "core/think_tags.hpp"
#include "fleet/settings.hpp"
#include "history/settings.hpp"
#include "learning/settings.hpp"
#include "net/settings.hpp"
#include "router/settings.hpp"
#include "telemetry/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::config {

using std::chrono::milliseconds;

// One server of models: `lmStudio`, `ollama` or an entry of `providers`.
struct Provider {
  std::string name;  // "lmstudio", "ollama", or as given; unique
  core::ProviderKind kind = core::ProviderKind::openai;
  std::string url;  // "http://127.0.0.1:1234"
  bool enabled = true;
  bool configured = false;          // the file speaks of it; false: a default, found by discovery only
  std::string api_key;              // for the Authorization header; never shown or logged
  int max_concurrent = 4;           // generations at once on this host
  std::vector<std::string> models;  // preferred ones, in order; empty = all it has
  std::vector<std::string> auto_start_models;  // loaded when the gateway starts
  bool local = true;                           // privacy class: false = data leaves the house
  std::string tier;                            // puts all its models into this tier
  double weight = 1;                           // share among replicas of the same model
  fleet::TimeoutSettings timeouts;  // fallback.timeouts where the file says nothing else for this provider
  // Windows in tokens that requests ask for (Ollama's num_ctx); constant per model, so that nothing reloads.
  std::optional<std::int64_t> num_ctx;
  std::vector<std::pair<std::string, std::int64_t>> windows;  // model -> window, more precise than num_ctx
  std::optional<int> max_loaded;                              // models in memory at once
  std::optional<std::uint64_t> vram_bytes;                    // total, if a limit by size is wanted
  std::string keep_alive;                              // Ollama: "5m", "-1"; empty = the server's own choice
  core::ThinkTags think_tags = core::ThinkTags::none;  // reasoning that its models leave in the text
};

// Servers on this machine (or the hosts named) that are found without being configured.
struct Discovery {
  bool enabled = true;
  std::vector<std::string> hosts{"127.0.0.1"};
  std::uint16_t lmstudio_port = 1234;
  std::uint16_t ollama_port = 11434;
  std::uint16_t llamacpp_port = 8080;
  std::uint16_t vllm_port = 8000;  // 0 = do not look
  milliseconds timeout{500};       // per probe
  milliseconds interval{30'000};   // how often to look again
};

// Somebody who may use the gateway.
struct ApiKey {
  std::string name;                 // shown in logs
  std::string key;                  // the secret itself (from ${ENV}), or
  std::string sha256;               // its SHA-256 in hex
  std::vector<std::string> models;  // patterns of what it may use; empty = everything
  int requests_per_minute = 0;      // 0 = no limit
  // Prompt and answer together, as the backends count them; 0 = no limit.
  std::int64_t tokens_per_minute = 0;
  std::int64_t tokens_per_day = 0;  // days begin at midnight UTC
  bool batch = false;               // its requests wait for interactive ones
  bool admin = false;
};

// Pictures that requests name by URL instead of bringing them.
struct RemoteImages {
  std::vector<std::string> hosts;  // "images.example.com", "*.example.com"; none = nothing is fetched
  std::size_t max_bytes = std::size_t{10} * 1024 * 1024;
  milliseconds timeout{10'000};                             // for one picture, redirects included
  bool private_networks = false;                            // the hosts may lie in private networks too
  std::size_t cache_bytes = std::size_t{64} * 1024 * 1024;  // of pictures kept for further turns; 0 = none
  milliseconds cache_time{600'000};                         // after that they are fetched anew
};

struct Security {
  std::vector<ApiKey> keys;               // none: nobody is asked for one
  bool open_to_network = false;           // may listen beyond this machine without keys
  std::vector<std::string> hosts;         // further names by which a gateway without keys may be asked
  std::string admin_key;                  // for /admin; empty: admin only from this machine
  std::vector<std::string> cors_origins;  // browsers' pages that may call; "*" = all
  RemoteImages images;
};

struct Monitoring {
  bool metrics = true;           // serve /metrics
  std::size_t max_models = 100;  // model labels; further ones are counted as "other"
  milliseconds slow_request{0};  // requests longer than this are logged as warnings; 0 = never
};

enum class Simulate : std::uint8_t {
  automatic,
  always,
  never
};  // automatic: when no server answers anywhere

struct Development {
  Simulate simulate = Simulate::automatic;
  bool debug = false;  // more reasons in headers and log
};

// Everything the operator decides, assembled: a plain value, immutable once published. Made by `load`.
struct Settings {
  std::string profile;  // overlay in force: its name, or "none"
  net::ServerSettings server;
  std::vector<Provider> providers;  // lmstudio, ollama, then `providers` in the file's order
  Discovery discovery;
  classifier::Settings classifier;
  // A name of `routing.tiers`; also stands as the last rule ("defaultTier") in `routing.rules` unless it is
  // empty.
  std::string default_tier;
  router::Settings routing;  // rules, tiers, aliases, overrides, providers: names as `providers` spells them
  confidence::Settings confidence;
  // Limits, breakers, queue, retries; `hosts` are the enabled `providers`, in their order (discovery adds
  // others).
  fleet::Settings fleet;
  cache::Settings cache;
  Monitoring monitoring;
  history::Settings history;
  learning::Settings learning;
  Security security;
  telemetry::LogSettings logging;
  telemetry::TraceSettings tracing;
  Development development;
  std::string state_directory;  // history, config versions; empty = $XDG_STATE_HOME/codecrucible
};

}  // namespace codecrucible::config
