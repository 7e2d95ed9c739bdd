#pragma once

#include "core/failure.hpp"
#include "core/fleet_view.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router {

// One (host, model) pair that may serve the request, with what it is worth.
struct Candidate {
  std::size_t model = 0;  // index into FleetView::models
  double utility = 0;
  double quality = 0;        // expected, 0..1
  double seconds = 0;        // expected until the end of the answer
  double seconds_first = 0;  // expected until the first token
  std::string_view why;      // static text: "rule target", "concrete model", "fallback", …
};

// Which gate shut a candidate out; in the order in which they are asked.
enum class Gate : std::uint8_t {
  key,            // the client's key may not use it
  privacy,        // request must stay local
  embeddings,     // asked for vectors of a chat model, or for chat of an embedding model
  tools,          //
  vision,         //
  completion,     // raw completion
  insert,         // fill in the middle
  structured,     //
  thinking,       //
  logprobs,       //
  window,         // prompt and wanted tokens do not fit
  unreachable,    // from here on: may pass by itself
  host_breaker,   //
  model_breaker,  //
  draining,       //
};
std::string_view name(Gate gate) noexcept;

// A candidate that a gate shut out, and why: "window 4096 < 9000 tokens needed".
struct Excluded {
  std::size_t model = 0;
  Gate gate = Gate::key;
  std::string reason;
};

// Where to go first after a failure of this cause; entries are positions in `ranked`.
struct Detour {
  std::optional<core::Cause> cause;  // empty = any
  std::vector<std::size_t> positions;
};

// Which models in which order, and everything needed to say why. Pure value: it holds no pointers into the
// snapshot, so it may outlive it. Its indices are those of the FleetView it was made with.
struct Decision {
  std::vector<Candidate> ranked;  // best first; empty = `refusal` says why
  core::Failure refusal;          // meaningful only when `ranked` is empty
  std::string rule;               // name or description of the rule that spoke; empty = none
  std::string tier;               // "fast", "quality", … ; empty = not chosen by tier
  std::string reason;             // one sentence for a person
  double confidence = 0;          // of the rule or the utility gap, 0..1
  double escalation_threshold = 0.6;
  bool threshold_learned = false;  // of this kind of task, in place of the general one
  double rule_shortfall = 0;       // how much less often the rule's choice proved good than its owner says
  double propensity = 1;           // probability with which this first candidate was chosen
  bool explored = false;
  bool stuck = false;     // stayed where the conversation was
  bool concrete = false;  // the client named the model: never escalate to another model
  bool denied = false;    // a rule refused it
  std::vector<Excluded> excluded;
  std::vector<Detour> detours;
};

// The next position in `ranked` after those in `tried` failed, the last one with `cause`: first the rule's
// list for that cause, then its list for any cause, then the ranking. For context_length only larger windows.
// None if the cause is the client's own doing or nothing is left.
std::optional<std::size_t> next_candidate(const Decision& decision, const core::FleetView& fleet,
                                          std::span<const std::size_t> tried, core::Cause cause);

// The position to escalate to from an answer of `from` that is not good enough: the best by utility among
// those with clearly better expected quality. None for concrete models, or if nobody is stronger.
std::optional<std::size_t> stronger_candidate(const Decision& decision, std::span<const std::size_t> tried,
                                              std::size_t from, double least_gain = 0.03);

}  // namespace codecrucible::router
