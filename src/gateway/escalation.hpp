#pragma once

#include "confidence/ladder.hpp"
#include "core/clock.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace codecrucible::gateway {

struct ChatJob;
class HoldBack;

// How far the answer to one request is doubted, and what came of it. A member of ChatJob.
struct Escalation {
  enum class Outcome : std::uint8_t {
    none,         // nobody doubted
    escalated,    // a stronger model's answer was seen instead
    kept,         // the stronger one failed: the doubted answer was seen after all
    refused,      // doubted, but no budget was left by then
    unavailable,  // the client insists, but nobody could answer instead; `reason` says why
  };

  confidence::Escalate wish = confidence::Escalate::automatic;
  std::optional<confidence::Ladder> ladder;  // since the first doubt
  std::optional<std::size_t> stronger;       // position of who answers if the attempt under way is doubted
  bool settled = false;                      // whatever comes now is taken: nothing is held any more

  Outcome outcome = Outcome::none;
  double confidence = -1;   // P(good) of the answer that the client sees; negative = not judged
  double doubt = -1;        // … of the one that was doubted
  float offset = 0;         // what its model's outcomes added to the logit of the last judgement
  std::string_view reason;  // why the first answer was doubted or nobody else could be asked; static text
  core::Duration held{};    // how long finished words waited for the judgement
  int repaired = 0;         // tool calls
};

// What is known of the request when its answer is judged; views into it.
confidence::Facts judging_facts(const ChatJob& job);

// The hold for the attempt at `position`, if its answer is to be held back at all; sets
// job.escalation.stronger. `tried` are positions that shall not answer any more.
std::unique_ptr<HoldBack> hold_for(ChatJob& job, std::size_t position, std::span<const std::size_t> tried);

// Takes the step to job.escalation.stronger and pays for it. False: it may not be taken (any more).
bool step_up(ChatJob& job, core::Time now);

// Header lines of what was judged, repaired and escalated.
void append_escalation_headers(std::string& lines, const Escalation& escalation, bool escalated);

// Tells metrics and access line.
void record_escalation(ChatJob& job, telemetry::Finished& finished, telemetry::AccessLine& line);

// Name of an outcome for metrics and logs.
std::string_view name(Escalation::Outcome outcome) noexcept;

}  // namespace codecrucible::gateway
