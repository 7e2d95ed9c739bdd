#pragma once

#include "core/clock.hpp"
#include "core/failure.hpp"
#include "fleet/settings.hpp"

#include <optional>

namespace codecrucible::fleet {

// A share of traffic that may be retries: each request pays in, each retry takes one out. Not thread-safe;
// one per worker will do.
class RetryBudget {
 public:
  explicit RetryBudget(const RetrySettings& settings) : settings_(&settings), saved_(settings.budget_burst) {}
  void request() noexcept;  // a new request came
  bool take() noexcept;     // false: no retry now, the fleet is sick enough

 private:
  const RetrySettings* settings_;  // outlives the budget
  double saved_;
};

// What is known when an attempt failed.
struct Trouble {
  core::Cause cause = core::Cause::internal;
  bool bytes_sent = false;         // content reached the client
  bool reply_begun = false;        // at least one byte of the backend's reply was seen
  bool reused_connection = false;  // the request went out on a pooled connection
  int attempts = 1;                // made so far, this one included
  int attempts_here = 1;           // of them on this candidate
  bool more_candidates = false;
  core::Deadline deadline;
  std::optional<core::Duration> retry_after;  // the backend's wish
};

enum class Step { retry_same, next_candidate, wait_and_retry, give_up };

struct NextStep {
  Step step = Step::give_up;
  core::Duration pause{};  // before wait_and_retry
};

// Decides by cause. After content went out nothing is repeated (continuation is the caller's matter). Tries
// at once are paid from the budget; where it is empty they come after growing pauses, as long as the deadline
// allows. After a pause all candidates may be tried again.
NextStep next_step(const Trouble& trouble, const RetrySettings& settings, RetryBudget& budget,
                   core::Time now);

}  // namespace codecrucible::fleet
