#include "fleet/retry.hpp"

#include <algorithm>

namespace codecrucible::fleet {
namespace {

// Enough time left that another attempt can make sense.
bool worth_waiting(const Trouble& trouble, core::Duration pause, core::Time now) {
  return trouble.deadline.left(now) > pause;
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
  if (trouble.bytes_sent || !core::may_try_elsewhere(trouble.cause)) return {};
  if (trouble.deadline.passed(now)) return {};

  // A pooled connection that the server had closed meanwhile (traps A9): nobody's fault, costs no budget.
  const bool stale = trouble.cause == Cause::reset && trouble.reused_connection && !trouble.reply_begun;
  if (stale && trouble.attempts_here == 1) return {Step::retry_same, {}};

  if (trouble.attempts >= settings.attempts) return {};
  if (trouble.more_candidates) {
    // These say that the candidate is the wrong one, not that the fleet is sick: moving on costs no budget.
    const bool free = trouble.cause == Cause::context_length || trouble.cause == Cause::loading ||
                      trouble.cause == Cause::backend_model_missing;
    if (free || budget.take()) return {Step::next_candidate, {}};
    return {};
  }
  if (trouble.cause == Cause::loading || trouble.cause == Cause::overloaded) {
    const core::Duration pause = trouble.retry_after.value_or(settings.loading_wait);
    const bool paid = trouble.cause == Cause::loading || budget.take();
    if (paid && worth_waiting(trouble, pause, now)) return {Step::wait_and_retry, pause};
    return {};
  }
  // The last candidate: once more where the fault may have been passing.
  const bool passing = trouble.cause == Cause::reset || trouble.cause == Cause::cut ||
                       trouble.cause == Cause::garbage || trouble.cause == Cause::backend_error ||
                       trouble.cause == Cause::wrong_model || trouble.cause == Cause::refused;
  if (passing && trouble.attempts_here == 1 && budget.take()) return {Step::retry_same, {}};
  return {};
}

}  // namespace codecrucible::fleet
