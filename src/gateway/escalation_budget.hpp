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

 private:
  double share_ = -1, burst_ = -1;
  confidence::Budget budget_;
};

}  // namespace codecrucible::gateway
