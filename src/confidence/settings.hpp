#pragma once

#include <chrono>
#include <string>

namespace codecrucible::confidence {

// When an answer is held back and judged before the client sees it. The threshold itself belongs to routing.
struct Settings {
  bool enabled = true;
  int hold_tokens = 24;                      // longest hold in tokens …
  std::chrono::milliseconds hold_time{400};  // … and in time since the first token, whichever comes first
  int max_escalations = 1;                   // per request

  // A pick whose expected quality is at least this is safe: it is not held at all.
  double safe_above = 0.9;
  // Below it (and with a comparable answer) one more small answer is drawn to compare with.
  double second_sample_below = 0.6;
  double second_sample_share = 0.1;  // of all requests, at most
  bool whole_tool_calls = true;  // a held answer that begins with a tool call is held until the call is whole
  bool repair_tool_calls = true;

  // Escalations as a share of all requests, saved up to `burst` of them; and the seconds one request may be
  // made to wait longer than its first answer took.
  double escalation_share = 0.05;
  double escalation_burst = 4;
  std::chrono::milliseconds extra_time{30000};
  // On doubt, before the verdict, the stronger model is started for this share of all requests, at most.
  double head_start_share = 0.05;

  std::string model_file = "models/confidence.model";
};

}  // namespace codecrucible::confidence
