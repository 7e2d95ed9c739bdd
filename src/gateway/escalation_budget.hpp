#pragma once

#include "confidence/ladder.hpp"

namespace codecrucible::gateway {

// The escalations that one worker may still make, under the settings in force.
class EscalationBudget {
 public:
  confidence::Budget& under(const confidence::Settings& settings) noexcept {
    if (settings.escalation_share != share_ || settings.escalation_burst != burst_) {
      share_ = settings.escalation_share;
      burst_ = settings.escalation_burst;
      budget_ = confidence::Budget(share_, burst_);
    }
    return budget_;
  }

  // Second answers to compare with (config: secondSampleShare).
  confidence::Budget& seconds_under(const confidence::Settings& settings) noexcept {
    if (settings.second_sample_share != second_share_) {
      second_share_ = settings.second_sample_share;
      seconds_ = confidence::Budget(second_share_, second_share_ > 0 ? 4 : 0);
    }
    return seconds_;
  }

  void request(const confidence::Settings& settings) noexcept {
    under(settings).request();
    seconds_under(settings).request();
  }

 private:
  double share_ = -1, burst_ = -1, second_share_ = -1;
  confidence::Budget budget_, seconds_;
};

}  // namespace codecrucible::gateway
