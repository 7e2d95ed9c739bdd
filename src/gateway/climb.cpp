#include "gateway/climb.hpp"

#include "fleet/retry.hpp"
#include "gateway/attempt.hpp"
#include "gateway/escalation.hpp"
#include "router/router.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

constexpr core::Duration silence_before_keep_alive = std::chrono::seconds(5);

core::Time clock_now() {
  return std::chrono::steady_clock::now();
}

// Among the ranked candidates those that are the same model elsewhere: the fleet picks the least busy of
// them.
std::vector<std::size_t> replicas_of(const ChatJob& job, std::size_t position,
                                     const std::vector<std::size_t>& tried) {
  std::vector<std::size_t> same{position};
  const auto& wanted = job.model_at(position).public_id;
  for (std::size_t i = 0; i < job.decision.ranked.size(); ++i) {
    const bool fresh = i != position && std::find(tried.begin(), tried.end(), i) == tried.end();
    if (fresh && job.model_at(i).public_id == wanted) same.push_back(i);
  }
  return same;
}

fleet::Ask ask_for(const ChatJob& job, const std::vector<std::size_t>& positions) {
  fleet::Ask ask;
  for (const auto position : positions) {
    const auto& model = job.model_at(position);
    ask.candidates.push_back({job.fleet->host_of(model).name, model.id});
  }
  ask.client = std::string(job.exchange.remote());
  if (job.exchange.header("x-codecrucible-priority") == "batch") ask.priority = fleet::Priority::batch;
  ask.prompt_tokens = job.facts.prompt_tokens;
  ask.max_tokens = job.request.max_tokens;
  if (job.request.max_tokens && *job.request.max_tokens > 0) {
    ask.output_tokens = std::min<std::int64_t>(ask.output_tokens, *job.request.max_tokens);
  }
  return ask;
}

// The candidate that the lease is for.
std::size_t position_of(const ChatJob& job, const fleet::Lease& lease, std::size_t otherwise) {
  for (std::size_t i = 0; i < job.decision.ranked.size(); ++i) {
    const auto& model = job.model_at(i);
    if (model.id == lease.at.model && job.fleet->host_of(model).name == lease.at.host) return i;
  }
  return otherwise;
}

// A refused wait is a reason to look elsewhere, as a failed attempt is.
bool may_look_elsewhere(core::Cause cause) {
  return core::may_try_elsewhere(cause) || cause == core::Cause::queue_full ||
         cause == core::Cause::no_backend;
}

class Climb {
 public:
  explicit Climb(ChatJob& job) : job_(job), retry_(job.desk.fleet.retry()) {}

  net::task<> run() {
    co_await answer();
    if (kept_) kept_->drop();
  }

 private:
  net::task<> answer() {
    job_.desk.retries.request();
    job_.desk.escalations.request(job_.snapshot->settings.confidence);
    std::size_t position = 0;
    while (true) {
      auto failure = co_await step(position);
      if (!failure && attempt_->record().doubted) {
        const auto next = keep();
        if (!next) {
          co_await deliver_kept();
          co_return;
        }
        position = *next;
        continue;
      }
      job_.failure = std::move(failure);
      if (!job_.failure || job_.delivery->live() || job_.delivery->gone()) co_return;
      if (kept_) {
        co_await fall_back();
        co_return;
      }
      const auto next = co_await after(position, *job_.failure);
      if (!next) break;
      position = *next;
    }
    co_await job_.delivery->fail(*job_.failure);
  }

  // Admission and one attempt at `position` or a replica of it.
  net::task<std::optional<core::Failure>> step(std::size_t& position) {
    const auto positions = replicas_of(job_, position, tried_);
    const auto attempts = job_.attempts.size() + 1;
    job_.delivery->describe(explaining_headers(job_, position, attempts));
    const auto asked = clock_now();
    auto ask = ask_for(job_, positions);
    if (kept_) ask.deadline.at = latest_;
    auto lease = co_await job_.desk.fleet.admit(job_.desk.worker, std::move(ask), job_.exchange);
    job_.queued += clock_now() - asked;
    if (!lease) {
      tried_.push_back(position);
      co_return lease.error();
    }
    const auto seat = position_of(job_, *lease, position);
    if (seat != position) job_.delivery->describe(explaining_headers(job_, seat, attempts));
    position = seat;
    tried_.push_back(position);
    job_.served_by = position;
    job_.attempts.emplace_back();
    job_.attempts.back().model = job_.decision.ranked[position].model;
    auto hold = hold_for(job_, position, tried_);
    attempt_ = std::make_unique<Attempt>(job_, position, std::move(*lease), std::move(hold));
    if (kept_) attempt_->instead_of(*kept_, latest_);
    co_await attempt_->run();
    auto& record = attempt_->record();
    job_.waited += record.ended - record.began;
    auto failure = record.failure;
    if (record.doubted) {
      job_.attempts.back() = record;
    } else {
      job_.attempts.back() = std::move(record);
    }
    co_return failure;
  }

  // The answer of the last attempt is doubted: it is kept, and the position of who shall answer instead is
  // given; none if nobody may.
  std::optional<std::size_t> keep() {
    auto& escalation = job_.escalation;
    if (kept_) kept_->drop();
    kept_ = std::move(attempt_);
    kept_record_ = job_.attempts.size() - 1;
    const auto now = clock_now();
    if (!step_up(job_, now)) {
      escalation.outcome = Escalation::Outcome::refused;
      return std::nullopt;
    }
    job_.escalated = true;
    escalation.outcome = Escalation::Outcome::escalated;
    latest_ = now + job_.snapshot->settings.confidence.extra_time;
    const auto next = *escalation.stronger;
    job_.context.given_up.push_back({job_.model_at(kept_->position()).public_id, kept_->usage()});
    // On one host the two would wait for each other's slot or memory.
    if (job_.fleet->host_of(job_.model_at(next)).name == kept_->host()) kept_->drop();
    return next;
  }

  // The stronger one failed: better the doubted answer than none.
  net::task<> fall_back() {
    job_.context.given_up.pop_back();
    job_.escalated = !job_.context.given_up.empty();
    job_.escalation.outcome = Escalation::Outcome::kept;
    job_.escalation.settled = true;
    if (!kept_->dropped()) {
      co_await deliver_kept();
      co_return;
    }
    auto position = kept_->position();
    kept_.reset();
    auto failure = co_await step(position);
    job_.failure = std::move(failure);
    if (job_.failure && !job_.delivery->live()) co_await job_.delivery->fail(*job_.failure);
  }

  net::task<> deliver_kept() {
    job_.served_by = kept_->position();
    const auto asked = clock_now();
    co_await kept_->deliver();
    job_.waited += clock_now() - asked;
    job_.failure = kept_->record().failure;
    // Who answered stands last.
    job_.attempts.erase(job_.attempts.begin() + static_cast<std::ptrdiff_t>(kept_record_));
    job_.attempts.push_back(kept_->record());
    if (job_.failure && !job_.delivery->live()) co_await job_.delivery->fail(*job_.failure);
  }

  // Where to go after a failure; none = give up.
  net::task<std::optional<std::size_t>> after(std::size_t position, const core::Failure& failure) {
    if (!may_look_elsewhere(failure.cause)) co_return std::nullopt;
    const auto next = router::next_candidate(job_.decision, *job_.fleet, tried_, failure.cause);
    fleet::Trouble trouble;
    trouble.cause = failure.cause;
    trouble.attempts = static_cast<int>(std::max<std::size_t>(job_.attempts.size(), 1));
    trouble.attempts_here = static_cast<int>(std::count(tried_.begin(), tried_.end(), position));
    trouble.more_candidates = next.has_value();
    trouble.deadline = core::Deadline::in(job_.exchange.arrived(), job_.desk.fleet.timeouts().total);
    if (failure.retry_after) trouble.retry_after = *failure.retry_after;
    const auto step = fleet::next_step(trouble, retry_, job_.desk.retries, clock_now());
    switch (step.step) {
      case fleet::Step::retry_same:
        co_return position;
      case fleet::Step::next_candidate:
        co_return next;
      case fleet::Step::wait_and_retry:
        co_await job_.desk.worker.sleep(step.pause);
        if (job_.delivery->gone()) co_return std::nullopt;
        co_return position;
      case fleet::Step::give_up:
        break;
    }
    co_return std::nullopt;
  }

  ChatJob& job_;
  fleet::RetrySettings retry_;
  std::vector<std::size_t> tried_;
  std::unique_ptr<Attempt> attempt_;
  std::unique_ptr<Attempt> kept_;  // doubted, and not given up yet
  std::size_t kept_record_ = 0;    // its place in job_.attempts
  core::Time latest_{};            // the stronger answer shall have begun
};

}  // namespace

net::task<> climb(ChatJob& job) {
  job.delivery->keep_alive(silence_before_keep_alive);
  Climb way(job);
  co_await way.run();
}

}  // namespace codecrucible::gateway
