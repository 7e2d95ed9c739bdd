#include "gateway/climb.hpp"

#include "fleet/retry.hpp"
#include "gateway/attempt.hpp"
#include "gateway/clock.hpp"
#include "gateway/continuation.hpp"
#include "gateway/escalation.hpp"
#include "gateway/pause.hpp"
#include "gateway/token_room.hpp"
#include "router/router.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t next_few = 3;
constexpr core::Duration silence_before_keep_alive = std::chrono::seconds(5);

// The candidate at `position`, the same model elsewhere, and the next few: the fleet takes the first model
// that anybody can serve now, and picks the least busy of those that have it.
std::vector<std::size_t> open_to(const ChatJob& job, std::size_t position,
                                 const std::vector<std::size_t>& tried, std::size_t others_too) {
  std::vector<std::size_t> open{position};
  const auto& wanted = job.model_at(position).public_id;
  std::size_t others = 0;
  for (std::size_t i = 0; i < job.decision.ranked.size(); ++i) {
    if (i == position || std::find(tried.begin(), tried.end(), i) != tried.end()) continue;
    if (job.model_at(i).public_id == wanted || ++others <= others_too) open.push_back(i);
  }
  return open;
}

// fallback.timeouts.total counts from the request's arrival, over all tries and waits; 0 = no limit.
core::Deadline deadline_of(const ChatJob& job) {
  const auto total = job.desk.fleet.timeouts().total;
  if (total == core::Duration::zero()) return core::Deadline::never();
  return core::Deadline::in(job.exchange.arrived(), total);
}

fleet::Ask ask_for(const ChatJob& job, const std::vector<std::size_t>& positions) {
  fleet::Ask ask;
  for (const auto position : positions) {
    const auto& model = job.model_at(position);
    ask.candidates.push_back({job.fleet->host_of(model).name, model.id});
  }
  const auto* const key = job.guest.key;
  ask.client = key != nullptr ? key->name : std::string(job.exchange.remote());
  // A key that may only wait cannot raise itself by a header.
  const bool may_wait = job.exchange.header("x-codecrucible-priority") == "batch";
  if (may_wait || (key != nullptr && key->batch)) ask.priority = fleet::Priority::batch;
  ask.deadline = deadline_of(job);
  ask.prompt_tokens = job.facts.prompt_tokens;
  ask.max_tokens = needed_room(job.request, job.snapshot->settings.routing.utility.answer_reserve);
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
    const bool may_continue = retry_.continue_after_bytes && Continuation::suits(job_.request);
    if (may_continue) {
      job_.listeners.push_back(&continuation_);
      job_.delivery->hold_end(continuation_);
    }
    co_await serve();
    if (kept_) kept_->drop();
    kept_.reset();
    if (!may_continue) co_return;
    while (broke_off() && find_successor()) {
      const bool there = co_await job_.delivery->mark_continued();
      if (!there) break;
      continuation_.put_into(job_.request);
      job_.has_source = false;  // the client's own bytes no longer say what is asked for
      job_.context.begun = true;
      const auto attempts = job_.attempts.size();
      auto failure = co_await step(successor_);
      job_.failure = std::move(failure);
      if (job_.attempts.size() == attempts) break;  // nobody took it
    }
    co_await job_.delivery->settle();
  }

 private:
  bool broke_off() const {
    return job_.failure && job_.failure->cause != core::Cause::client_gone && job_.delivery->live() &&
           !job_.delivery->gone() && !job_.exchange.must_end() && continuation_.possible() &&
           job_.attempts.size() < static_cast<std::size_t>(retry_.attempts);
  }

  // Who may go on with a text that broke off: rather another than the one that just failed.
  bool find_successor() {
    const auto last = job_.served_by;
    tried_.clear();
    bool found = false;
    for (std::size_t i = 0; i < job_.decision.ranked.size(); ++i) {
      const auto& host = job_.fleet->host_of(job_.model_at(i));
      if (!Continuation::can_continue(host.kind)) {
        tried_.push_back(i);
      } else if (!found || successor_ == last) {
        successor_ = i;
        found = true;
      }
    }
    return found && job_.desk.retries.take();
  }

  // Candidate after candidate, until content has gone out.
  net::task<> serve() {
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

  // Admission and one attempt at `position` or, if that cannot serve now, at the next that can.
  net::task<std::optional<core::Failure>> step(std::size_t& position) {
    // Who takes the place of a doubted answer has to be stronger: no other will do.
    const auto positions = open_to(job_, position, tried_, kept_ ? 0 : next_few);
    const auto attempts = job_.attempts.size() + 1;
    job_.delivery->describe(explaining_headers(job_, position, attempts));
    if (begun_) {
      auto failed = co_await attempt(position, begun_->take_lease());
      co_return failed;
    }
    const auto asked = clock_now();
    auto ask = ask_for(job_, positions);
    if (kept_) ask.deadline.at = latest_;
    auto lease =
        co_await job_.desk.fleet.admit(job_.desk.worker, std::move(ask), job_.exchange, &*job_.delivery);
    job_.queued += clock_now() - asked;
    if (!lease) {
      tried_.insert(tried_.end(), positions.begin(), positions.end());
      co_return lease.error();
    }
    const auto seat = position_of(job_, *lease, position);
    if (seat != position) job_.delivery->describe(explaining_headers(job_, seat, attempts));
    position = seat;
    auto failed = co_await attempt(position, std::move(*lease));
    co_return failed;
  }

  net::task<std::optional<core::Failure>> attempt(std::size_t position, fleet::Lease lease) {
    tried_.push_back(position);
    job_.served_by = position;
    job_.attempts.emplace_back();
    job_.attempts.back().model = job_.decision.ranked[position].model;
    auto hold = hold_for(job_, position, tried_);
    if (!hold && job_.escalation.outcome == Escalation::Outcome::unavailable && !job_.delivery->live()) {
      job_.delivery->describe(explaining_headers(job_, position, job_.attempts.size()));
    }
    attempt_ = std::make_unique<Attempt>(job_, position, std::move(lease), std::move(hold));
    if (kept_) attempt_->instead_of(*kept_, latest_);
    if (begun_) attempt_->take_up(std::move(begun_));
    const auto began = clock_now();
    co_await attempt_->run();
    auto& record = attempt_->record();
    job_.waited += record.ended - began;
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
    auto begun = attempt_->stronger();
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
    if (begun && begun->position() == next) begun_ = std::move(begun);
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
    trouble.deadline = deadline_of(job_);
    if (failure.retry_after) trouble.retry_after = *failure.retry_after;
    const auto step = fleet::next_step(trouble, retry_, job_.desk.retries, clock_now());
    switch (step.step) {
      case fleet::Step::retry_same:
        co_return position;
      case fleet::Step::next_candidate:
        co_return next;
      case fleet::Step::wait_and_retry: {
        const auto began = clock_now();
        co_await pause(job_.desk.worker, job_.exchange, step.pause);
        job_.waited += clock_now() - began;
        if (job_.delivery->gone() || job_.exchange.must_end()) co_return std::nullopt;
        tried_.clear();  // by now any of them may do better
        co_return 0;
      }
      case fleet::Step::give_up:
        break;
    }
    co_return std::nullopt;
  }

  ChatJob& job_;
  fleet::RetrySettings retry_;
  std::vector<std::size_t> tried_;
  Continuation continuation_;
  std::size_t successor_ = 0;
  std::unique_ptr<Attempt> attempt_;
  std::unique_ptr<HeadStart> begun_;  // who shall answer instead of the kept answer has begun already
  std::unique_ptr<Attempt> kept_;     // doubted, and not given up yet
  std::size_t kept_record_ = 0;       // its place in job_.attempts
  core::Time latest_{};               // the stronger answer shall have begun
};

}  // namespace

net::task<> climb(ChatJob& job) {
  job.delivery->keep_alive(silence_before_keep_alive);
  Climb way(job);
  co_await way.run();
}

}  // namespace codecrucible::gateway
