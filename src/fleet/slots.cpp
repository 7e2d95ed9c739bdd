#include "fleet/slots.hpp"

#include <algorithm>

namespace codecrucible::fleet {

void SlotLearner::answered(double slowness, bool at_limit, int ran_with, const SlotSettings& settings) {
  if (!settings.learn || slots == 0) return;
  if (slowness > settings.slow_first_token && ran_with > 1) {
    // A burst admitted under the old limit must not halve it several times over.
    if (ran_with >= slots) overloaded();
    return;
  }
  if (!at_limit) return;
  if (++good_run < needed) return;
  good_run = 0;
  slots = std::min(slots + 1, settings.max);
}

void SlotLearner::overloaded() {
  slots = std::max(1, slots / 2);
  good_run = 0;
  needed = std::min(needed * 2, 1024);
}

}  // namespace codecrucible::fleet
