#pragma once

#include "fleet/settings.hpp"

namespace codecrucible::fleet {

// Finds how many generations a server runs well at once when it does not say: one more after a run of good
// answers at the limit with others waiting, half after a slow first token or an overload (traps D19).
struct SlotLearner {
  int slots = 0;     // 0 = not begun
  int good_run = 0;  // good answers at the limit in a row
  int needed = 8;    // before the next rise; doubles after each fall

  // `slowness` = time to first token over its quiet time; `at_limit` = all slots were taken and someone
  // waited.
  void answered(double slowness, bool at_limit, int ran_with, const SlotSettings& settings);
  void overloaded();
};

}  // namespace codecrucible::fleet
