#pragma once

#include "confidence/ladder.hpp"

namespace codecrucible::gateway {

// The escalations that all workers together may still make, under the settings in force. Shared by them; no
// lock.
class EscalationBudget {
 public:
  confidence::Budget& escalations() noexcept { return escalations_; }
  // Second answers to compare with (config: secondSampleShare).
  confidence::Budget& seconds() noexcept { return seconds_; }
  // Stronger models started before the verdict (headStartShare).
  confidence::Budget& head_starts() noexcept { return head_starts_; }

  // One more request is served.
  void request(const confidence::Settings& settings) noexcept {
    escalations_.terms(settings.escalation_share, settings.escalation_burst);
    seconds_.terms(settings.second_sample_share, saved(settings.second_sample_share));
    head_starts_.terms(settings.head_start_share, saved(settings.head_start_share));
    escalations_.request();
    seconds_.request();
    head_starts_.request();
  }

 private:
  static double saved(double share) noexcept { return share > 0 ? 4 : 0; }

  // Apart, so that workers do not fight for one line of memory.
  alignas(64) confidence::Budget escalations_{0, 1};
  alignas(64) confidence::Budget seconds_{0, 1};
  alignas(64) confidence::Budget head_starts_{0, 1};
};

}  // namespace codecrucible::gateway
