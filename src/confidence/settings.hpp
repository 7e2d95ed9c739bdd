#pragma once

#include <chrono>

namespace codecrucible::confidence {

// When an answer is held back and judged before the client sees it. The threshold itself belongs to routing.
struct Settings {
  bool enabled = true;
  int hold_tokens = 24;                      // longest hold in tokens …
  std::chrono::milliseconds hold_time{400};  // … and in time since the first token, whichever comes first
  int max_escalations = 1;                   // per request
};

}  // namespace codecrucible::confidence
