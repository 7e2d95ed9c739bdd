#pragma once

#include "core/fleet_view.hpp"
#include "core/think_tags.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace codecrucible::fleet {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

// What the operator knows better than the server tells. Empty = ask the server, or learn.
struct ModelSettings {
  std::string id;                         // the backend's spelling; matched with names.hpp's rules
  std::string public_id;                  // name for clients; same on several hosts = replicas
  std::optional<int> slots;               // generations at once, where the server does not say
  std::optional<std::int64_t> window;     // usable tokens, over everything else
  std::optional<std::int64_t> num_ctx;    // window to load with; constant, else every request reloads
  std::optional<std::string> keep_alive;  // Ollama, JSON text: "\"30m\"" or "-1"
  std::optional<double> load_seconds;     // first guesses, until measured
  std::optional<double> prefill_tokens_per_second;
  std::optional<double> decode_tokens_per_second;
};

struct TimeoutSettings {
  Millis connect{2'000};
  Millis first_token{300'000};
  Millis first_token_while_loading{1'800'000};
  Millis idle{120'000};  // between events
  Millis total{3'600'000};
  Millis load{600'000};  // an explicit load
  Millis probe{2'000};
};

struct HostSettings {
  std::string name;  // unique; learned state is kept by it
  core::ProviderKind kind = core::ProviderKind::openai;
  std::string url;      // "http://127.0.0.1:1234"
  std::string api_key;  // ours for this backend; never the client's
  bool simulated = false;
  bool draining = false;                      // finish what runs, admit nothing
  std::optional<int> max_concurrent;          // generations at once over all models of the host
  std::optional<int> max_loaded;              // models in memory at once; learned for Ollama if empty
  std::optional<std::int64_t> vram_bytes;     // total, if a limit by size is wanted
  std::vector<std::string> preferred_models;  // in order, for `auto` without other hints
  std::vector<ModelSettings> models;          // per-model knowledge; not a filter
  std::optional<std::int64_t> num_ctx;        // default for all models of the host
  std::optional<std::string> keep_alive;      // default for all models of the host
  core::ThinkTags think_tags = core::ThinkTags::none;  // reasoning that its models leave in the text
  std::optional<TimeoutSettings> timeouts;             // of this host; else those of all
  double weight = 1;                      // share among replicas that promise about the same time
  std::vector<std::string> start_models;  // to be in memory as soon as the host is there
};

// Opens when, within `window`, at least `failures` were seen and they are at least `share` of the outcomes.
struct BreakerSettings {
  int failures = 5;
  double share = 0.5;
  Millis window{30'000};
  Millis first_backoff{2'000};  // doubles with each failed trial
  Millis max_backoff{120'000};
  double jitter = 0.2;  // ± share of the back-off
};

struct QueueSettings {
  std::size_t per_host = 256;                // waiting requests; more are refused with queue_full
  std::size_t per_client = 64;               // of one client on one host
  Millis max_wait{120'000};                  // deadline of a wait that brings none of its own
  Millis batch_becomes_interactive{30'000};  // ageing: a batch request that waited so long is equal
  // All candidates just went down: wait so long since then for one to come back before refusing.
  Millis recovery_wait{3'000};
};

struct SwapSettings {
  bool guard = true;           // off: loads start at once, whatever is evicted (for comparison only)
  Millis min_dwell{3'000};     // a loaded model stays at least so long before another takes its place
  Millis turn{10'000};         // after so long, models in memory yield to a waiting other model …
  int turn_requests = 16;      // … or after so many requests admitted since it began to wait
  Millis load_backoff{2'000};  // after a failed load of the same model, doubles up to 60 s
};

struct ProbeSettings {
  Millis interval{5'000};
  Millis max_interval{60'000};  // back-off for a host that does not answer
  int failures = 2;             // so many failed probes = unreachable (one is enough if refused)
};

struct RetrySettings {
  int attempts = 4;                   // in all, over all candidates
  double budget_share = 0.2;          // retries may be this share of requests …
  double budget_burst = 10;           // … plus this many saved up
  Millis loading_wait{2'000};         // pause after "loading" if the backend names none
  Millis pause{200};                  // before a try for which the budget has nothing left; doubles, up to …
  Millis max_pause{5'000};            // … this
  bool continue_after_bytes = false;  // midStream: continue
};

// Slots of a model for which neither server nor operator says a number.
struct SlotSettings {
  bool learn = true;
  int max = 16;
  double slow_first_token = 3.0;       // times the quiet time to first token: too many at once
  Millis cancel_grace_prefill{3'000};  // a cancelled prefill runs on for about so long (D11)
  Millis cancel_grace_decode{300};
};

struct Settings {
  std::vector<HostSettings> hosts;
  BreakerSettings model_breaker{};
  BreakerSettings host_breaker{};
  QueueSettings queue;
  SwapSettings swap;
  TimeoutSettings timeouts;
  ProbeSettings probe;
  RetrySettings retry;
  SlotSettings slots;
  Millis view_max_age{50};  // running and queued counts in a view may be this old; all else is current
  std::uint64_t seed = 1;   // of the jitter
};

}  // namespace codecrucible::fleet
