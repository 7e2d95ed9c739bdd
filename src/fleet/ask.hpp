#pragma once

#include "core/clock.hpp"
#include "core/event.hpp"
#include "core/failure.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace codecrucible::fleet {

enum class Priority : std::uint8_t { interactive, batch };

// One model on one host: host name of the config, model as the backend spells it.
struct Pair {
  std::string host;
  std::string model;
  friend bool operator==(const Pair&, const Pair&) = default;
};

// A request that wants to run. Candidates in the router's order; those of the same public id count as
// replicas, among which the least expected completion time decides.
struct Ask {
  std::uint64_t request = 0;  // the caller's id, given back
  std::vector<Pair> candidates;
  std::string client;  // for fairness: key, user or address
  Priority priority = Priority::interactive;
  core::Deadline deadline;                 // of the wait; none = QueueSettings::max_wait
  std::int64_t prompt_tokens = 0;          // estimated, uncalibrated (core::estimate_tokens)
  std::int64_t output_tokens = 300;        // expected
  std::optional<std::int64_t> max_tokens;  // wanted by the client: must fit the window too
};

// Seconds of each phase as far as they can be foreseen.
struct Expected {
  double queue = 0;
  double load = 0;
  double prefill = 0;
  double decode = 0;
  bool measured = false;  // prefill and decode rest on measurements, not on defaults
  double first() const noexcept { return queue + load + prefill; }
  double total() const noexcept { return first() + decode; }
};

using LeaseId = std::uint64_t;   // never 0, never reused
using TicketId = std::uint64_t;  // never 0, never reused

// The right to run one generation; ends with Fleet::finished, exactly once.
struct Lease {
  LeaseId id = 0;
  std::uint64_t request = 0;
  Pair at;
  bool must_load_first = false;  // make the explicit load call, then Fleet::load_finished, then the request
  bool trial = false;            // a breaker's single half-open trial
  Expected expected;
};

struct Waiting {
  TicketId ticket = 0;
  std::size_t position = 0;  // requests before it on its host
  double seconds = 0;        // expected
};

using Answer = std::variant<Lease, Waiting, core::Failure>;

// A ticket that came to its end: a lease, or the reason why not (expired, no backend left).
struct Called {
  TicketId ticket = 0;
  std::uint64_t request = 0;
  std::variant<Lease, core::Failure> result;
};

// How an attempt ended. Durations count from the sending of the request (after an explicit load).
struct Outcome {
  std::optional<core::Cause> cause;     // none = success
  bool cancelled = false;               // we hung up (client gone, escalation, hedge): neither good nor bad
  std::optional<core::Duration> first;  // to the first token; none if it never came
  core::Duration total{};
  core::Usage usage;
  core::Timings timings;  // the server's own; preferred to the clock
  std::int64_t estimated_prompt =
      0;  // what Ask::prompt_tokens said: calibrates the estimate; 0 = from the ask
  std::optional<core::Duration> retry_after;  // with overloaded or loading
  // Mark of the request's content, 0 = unknown: one that fails wherever it goes counts once per breaker, so
  // that a prompt which kills a model does not close the model for everybody else.
  std::uint64_t fingerprint = 0;
};

}  // namespace codecrucible::fleet
