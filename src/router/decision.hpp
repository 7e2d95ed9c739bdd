#pragma once

#include "core/failure.hpp"

#include <cstddef>
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

// A candidate that a gate shut out, and why: "window 4096 < 9000 tokens needed".
struct Excluded {
  std::size_t model = 0;
  std::string reason;
};

// Which models in which order, and everything needed to say why. Pure value: it holds no pointers into the
// snapshot, so it may outlive it.
struct Decision {
  std::vector<Candidate> ranked;  // best first; empty = `refusal` says why
  core::Failure refusal;          // meaningful only when `ranked` is empty
  std::string rule;               // name or description of the rule that spoke; empty = none
  std::string tier;               // "fast", "quality", … ; empty = not chosen by tier
  std::string reason;             // one sentence for a person
  double confidence = 0;          // of the rule or the utility gap, 0..1
  double escalation_threshold = 0.6;
  double propensity = 1;  // probability with which this first candidate was chosen
  bool explored = false;
  std::vector<Excluded> excluded;
};

}  // namespace codecrucible::router
