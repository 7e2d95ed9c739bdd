#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace codecrucible::telemetry {

// The label values of the fixed dimensions, in the order of the caller's enums: requests give indices into
// them.
struct Dimensions {
  std::vector<std::string> surfaces;  // "openai-chat", …
  std::vector<std::string> outcomes;  // [0] = "ok", then the causes of failure
  std::vector<std::string> tasks;     // "template", …
};

struct MetricsSettings {
  std::size_t workers = 1;
  std::size_t max_series = 100;  // provider × model pairs; further ones are counted as model="other"
  Dimensions dimensions;
  std::string version;  // build info
  std::string commit;
};

// One provider × model pair, resolved once and kept by the caller. 0 = none ("", "").
using Series = std::uint32_t;

// Things that are just counted.
enum class Count : std::uint8_t {
  escalation,          // an answer was replaced by a stronger model's
  escalation_refused,  // wanted, but no budget was left
  escalation_kept,     // the stronger model failed, the doubted answer was given
  held,                // an answer was held back for judging
  tool_call_repaired,  // arguments that broke their schema
  second_answer,       // a further small answer was drawn to compare with
  head_start_taken,    // a stronger model was started on doubt, and its answer was wanted
  head_start_dropped,  // … and was not
  cache_exact_hit,
  cache_semantic_hit,
  cache_shared,  // joined an identical request under way
  cache_miss,
  cache_stored,
  queue_entered,
  queue_refused,  // bounded queue full
  queue_expired,  // deadline passed while waiting
  queue_left,     // client went while waiting
  breaker_opened,
  breaker_closed,
  client_gone,   // generations cancelled because nobody reads them
  swap_avoided,  // a load that would have evicted a running model was not started
  model_load,
  rule_denied,
  explored,
  history_dropped,
  config_applied,
  config_rejected,
  handler_exception,
  shadow_answered,  // a copy of a request was answered by another policy's choice, for nobody to see
  shadow_failed,
  shadow_skipped,  // drawn, but too many were under way or no slot was free
};
inline constexpr std::size_t count_kinds = 31;

// Things that go up and down on a worker.
enum class Gauge : std::uint8_t { requests_running, streams_open, upstreams_running };

// What a request was, told once at its end.
struct Finished {
  std::size_t surface = 0, outcome = 0, task = 0;  // indices into Dimensions
  Series series = 0;                               // who answered (or was asked last)
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds first_token{};  // zero = none came
  std::chrono::nanoseconds overhead{};     // duration minus all waiting on backends, queue and client
  std::chrono::nanoseconds queued{};       // zero = did not wait
  std::uint64_t prompt_tokens = 0, completion_tokens = 0;
  double confidence = -1;           // of the first judged answer, 0..1; negative = not judged
  std::chrono::nanoseconds held{};  // that its words waited for the judgement; zero = did not
};

// The cells of one worker. Only the worker's thread may call it; costs a few nanoseconds, takes no lock and
// allocates only when it meets a series for the first time. `Metrics::background()` gives one that any thread
// may use.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void finished(const Finished& request) noexcept = 0;
  // One try at one backend; `outcome` as in Finished.
  virtual void attempt(Series series, std::size_t outcome) noexcept = 0;
  virtual void count(Count what, std::uint64_t times = 1) noexcept = 0;
  // How far a foreseen time was from the actual one, as a share of the latter.
  virtual void predicted(double error) noexcept = 0;
  virtual void add(Gauge what, std::int64_t change) noexcept = 0;
};

// Raises a gauge for as long as it lives.
class Raised {
 public:
  Raised(Recorder& recorder, Gauge what) noexcept : recorder_(recorder), what_(what) {
    recorder_.add(what_, 1);
  }
  ~Raised() { recorder_.add(what_, -1); }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  Recorder& recorder_;
  Gauge what_;
};

// A value that the owner knows at scrape time: `codecrucible_<name>{labels…}`.
struct Sample {
  std::string_view name;  // without the prefix: "host_up"
  std::string_view help;
  bool counter = false;  // else a gauge
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;
};

// Appends one without labels, and gives it back for them.
Sample& add_sample(std::vector<Sample>& to, std::string_view name, std::string_view help, bool counter,
                   double value);

// All that is counted, and its page for Prometheus. One per process; thread-safe except where said.
class Metrics {
 public:
  virtual ~Metrics() = default;

  virtual Recorder& worker(std::size_t index) = 0;  // one thread each
  virtual Recorder& background() = 0;               // any thread

  // Resolves a label set; takes a lock, so ask once per provider and model and keep the answer.
  virtual Series series(std::string_view provider, std::string_view model) = 0;

  // Events at the door of the server (net's hooks: "accepted", "bad_head", …). Any thread; `what` must be a
  // short fixed word: at most 64 different ones are kept.
  virtual void door(std::string_view what) noexcept = 0;
  // Why an answer was doubted, a short fixed text; any thread: codecrucible_doubted_answers_total{reason}.
  virtual void doubted(std::string_view reason) noexcept = 0;
  // The rule that decided about a request, empty = none; any thread. At most 64 different ones are kept:
  // codecrucible_decisions_total{rule}.
  virtual void decided(std::string_view rule) noexcept = 0;
  // One breaker, probe, load … event of a host, by any thread:
  // codecrucible_host_events_total{provider,event}.
  virtual void host_event(std::string_view provider, std::string_view event) noexcept = 0;

  // The page in Prometheus' text format, all workers merged, with process and build metrics and `samples`.
  virtual std::string render(std::span<const Sample> samples) const = 0;

  // What tests, the live page and /admin ask for: the sum over all workers.
  virtual std::uint64_t total(Count what) const = 0;
  virtual std::int64_t current(Gauge what) const = 0;
  virtual std::uint64_t requests(std::size_t outcome) const = 0;
};

std::unique_ptr<Metrics> make_metrics(MetricsSettings settings);

}  // namespace codecrucible::telemetry
