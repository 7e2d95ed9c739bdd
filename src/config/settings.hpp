#pragma once

#include "cache/settings.hpp"
#include "classifier/settings.hpp"
#include "confidence/settings.hpp"
#include "core/fleet_view.hpp"
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

// Limits in time of one attempt at a backend. Zero = none.
struct Timeouts {
  milliseconds connect{2'000};
  milliseconds first_token{300'000};  // covers a cold load and a long prefill
  milliseconds idle{90'000};          // between two events of a stream
  milliseconds total{1'800'000};
};

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
  Timeouts timeouts;                           // those of `fallback.timeouts` where nothing else is said
  // Windows in tokens that requests ask for (Ollama's num_ctx); constant per model, so that nothing reloads.
  std::optional<std::int64_t> num_ctx;
  std::vector<std::pair<std::string, std::int64_t>> windows;  // model -> window, more precise than num_ctx
  std::string keep_alive;  // Ollama: "5m", "-1"; empty = the server's own choice
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

// A window the operator knows better than the backend tells; the first match counts.
struct ModelWindow {
  std::string match;  // model or "provider/model"; may hold '*'
  std::int64_t tokens = 0;
};

enum class MidStream : std::uint8_t {
  error,      // a stream that breaks after bytes have gone out ends with an error event
  continue_,  // another backend continues the same text, marked
};

// What happens when an attempt fails.
struct Fallback {
  int retries = 2;            // further candidates after the first one
  double retry_budget = 0.2;  // at most this share of recent requests may be retries (a few are always free)
  MidStream mid_stream = MidStream::error;
  Timeouts timeouts;
};

// When a (host, model) pair or a host is left alone after failures.
struct Breaker {
  bool enabled = true;
  int failures = 5;           // within `window`, opens it if …
  double failure_rate = 0.5;  // … at least this share of the attempts in `window` failed
  milliseconds window{30'000};
  milliseconds backoff{2'000};  // first pause before one try is let through; doubles each time
  milliseconds max_backoff{60'000};
};

enum class Fairness : std::uint8_t { none, client };  // client: turns go round between clients

// Waiting for a slot at a backend.
struct Queue {
  std::size_t length = 64;         // per host; more are refused with Retry-After
  milliseconds deadline{120'000};  // longest wait
  Fairness fairness = Fairness::client;
};

// What the backends' machines are spared.
struct Resources {
  bool swap_guard = true;          // never load a model where that would evict one that is generating
  milliseconds min_dwell{10'000};  // a model stays at least this long before another may replace it
  std::uint64_t vram_reserve = 0;  // bytes that loads leave free
};

// Somebody who may use the gateway.
struct ApiKey {
  std::string name;                 // shown in logs
  std::string key;                  // the secret itself (from ${ENV}), or
  std::string sha256;               // its SHA-256 in hex
  std::vector<std::string> models;  // patterns of what it may use; empty = everything
  int requests_per_minute = 0;      // 0 = no limit
  bool admin = false;
};

struct Security {
  std::vector<ApiKey> keys;               // none: everybody who reaches the port may use it
  std::string admin_key;                  // for /admin; empty: admin only from this machine
  std::vector<std::string> cors_origins;  // browsers' pages that may call; "*" = all
};

struct Monitoring {
  bool metrics = true;                 // serve /metrics
  std::size_t max_models = 100;        // model labels; further ones are counted as "other"
  milliseconds slow_request{0};        // requests longer than this are logged as warnings; 0 = never
  milliseconds probe_interval{5'000};  // how often backends are asked for their state
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
  std::string profile;  // overlay in force; empty = none
  net::ServerSettings server;
  std::vector<Provider> providers;  // lmstudio, ollama, then `providers` in the file's order
  Discovery discovery;
  std::vector<ModelWindow> windows;
  classifier::Settings classifier;
  router::Settings routing;  // rules, tiers, aliases, overrides, providers: names as `providers` spells them
  confidence::Settings confidence;
  Fallback fallback;
  Breaker breaker;
  Queue queue;
  Resources resources;
  cache::Settings cache;
  Monitoring monitoring;
  history::Settings history;
  learning::Settings learning;
  Security security;
  telemetry::LogSettings logging;
  Development development;
  std::string state_directory;  // history, config versions; empty = $XDG_STATE_HOME/codecrucible
};

}  // namespace codecrucible::config
