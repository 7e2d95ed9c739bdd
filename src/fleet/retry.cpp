#include "fleet/retry.hpp"

#include <algorithm>

namespace codecrucible::fleet {
namespace {

// These say that the candidate is the wrong one at the moment, not that the fleet is sick.
bool nobodys_fault(core::Cause cause) {
  using core::Cause;
  return cause == Cause::context_length || cause == Cause::loading || cause == Cause::backend_model_missing ||
         cause == Cause::queue_full || cause == Cause::no_backend;
}

// The same backend may do better the next time.
bool may_pass(core::Cause cause) {
  using core::Cause;
  return cause == Cause::reset || cause == Cause::cut || cause == Cause::garbage ||
         cause == Cause::backend_error || cause == Cause::wrong_model || cause == Cause::refused ||
         cause == Cause::stall || cause == Cause::timeout;
}

NextStep after_pause(const Trouble& trouble, core::Duration pause, core::Time now) {
  if (trouble.deadline.left(now) <= pause) return {};
  return {Step::wait_and_retry, pause};
}

}  // namespace

void RetryBudget::request() noexcept {
  saved_ = std::min(saved_ + settings_->budget_share, std::max(settings_->budget_burst, 1.0));
}

bool RetryBudget::take() noexcept {
  if (saved_ < 1) return false;
  saved_ -= 1;
  return true;
}

NextStep next_step(const Trouble& trouble, const RetrySettings& settings, RetryBudget& budget,
                   core::Time now) {
  using core::Cause;
  if (trouble.bytes_sent) return {};
  if (!core::may_try_elsewhere(trouble.cause) && !nobodys_fault(trouble.cause)) return {};
  if (trouble.deadline.passed(now)) return {};

  // A pooled connection that the server had closed meanwhile (traps A9): nobody's fault, costs no budget.
  const bool stale = trouble.cause == Cause::reset && trouble.reused_connection && !trouble.reply_begun;
  if (stale && trouble.attempts_here == 1) return {Step::retry_same, {}};

  if (trouble.attempts >= settings.attempts) return {};
  if (trouble.more_candidates && (nobodys_fault(trouble.cause) || budget.take()))
    return {Step::next_candidate, {}};
  if (trouble.cause == Cause::loading || trouble.cause == Cause::overloaded)
    return after_pause(trouble, trouble.retry_after.value_or(settings.loading_wait), now);
  if (!may_pass(trouble.cause) && !trouble.more_candidates) return {};
  // The last candidate: once more at once where the fault may have been passing.
  if (!trouble.more_candidates && trouble.attempts_here == 1 && budget.take()) return {Step::retry_same, {}};
  // Haste costs budget; who waits longer each time hammers nobody.
  const int doublings = std::clamp(trouble.attempts - 2, 0, 10);
  return after_pause(trouble, std::min<core::Duration>(settings.pause * (1 << doublings), settings.max_pause),
                     now);
}

}  // namespace codecrucible::fleet
