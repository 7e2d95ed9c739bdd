// What an attempt holds back, and what becomes of it.
#include "gateway/attempt.hpp"

#include <algorithm>

namespace codecrucible::gateway {

using confidence::Step;

std::span<AnswerListener* const> Attempt::ears() const {
  if (hold_) return hold_->ears();
  return job_.listeners;
}

// Bytes as they came cannot tell what was given up before them, nor <think> tags apart, nor go on with a text
// that the client has the beginning of.
bool Attempt::goes_verbatim(bool verbatim) const {
  return verbatim && job_.context.given_up.empty() && !job_.context.begun &&
         backend_->settings.think_tags == core::ThinkTags::none;
}

// `complete`: nothing more will come. An answer that has ended but for its counts is worth another read: the
// counts are wanted if it is given up, and its end if it is written anew.
Step Attempt::verdict(bool complete) {
  const auto step = hold_->tick(std::chrono::steady_clock::now());
  if (step == Step::hold) return complete ? Step::commit : Step::hold;
  const bool worth_it = step == Step::escalate || hold_->repaired() > 0;
  if (worth_it && hold_->ended() && !complete && !upstream_->lapsed()) return Step::hold;
  return step;
}

// The verdict once more, with the second answer beside the first if it comes in time.
net::task<Step> Attempt::weigh(core::Time until) {
  auto other = co_await second_->text(until);
  second_.reset();
  heard_ = std::chrono::steady_clock::now();
  if (other) co_return hold_->compare(*other);
  co_return hold_->tick(until);
}

// Doubt, and the verdict is not there: the stronger model begins, if it has room, and is cancelled if it is
// not needed.
void Attempt::start_stronger() {
  const auto& to = job_.escalation.stronger;
  if (start_tried_ || !to || !hold_->doubtful()) return;
  start_tried_ = true;
  stronger_ = HeadStart::begin(job_, *to, lease_.at.host);
}

// What could be paid for is spent on the worst: the budget hears of every first answer.
void Attempt::tell_budget() {
  const auto& ladder = job_.escalation.ladder;
  if (!ladder || ladder->steps() > 0 || !job_.escalation.stronger) return;
  job_.desk.escalations.escalations().judged(static_cast<double>(hold_->judgement().good));
}

// The answer is not good enough. It is kept, as who shall answer instead may fail.
void Attempt::doubt() {
  record_.doubted = true;
  tell_budget();
  auto& escalation = job_.escalation;
  const auto& judgement = hold_->judgement();
  escalation.doubt = judgement.good;
  escalation.reason = judgement.reasons[0];
  if (escalation.reason.empty()) escalation.reason = "low confidence";
}

// The client is to see the answer from here on.
void Attempt::show() {
  if (!holding()) return;
  tell_budget();
  auto& escalation = job_.escalation;
  escalation.confidence = hold_->judgement().good;
  if (record_.first_content != core::Time{})
    escalation.held += std::chrono::steady_clock::now() - record_.first_content;
  if (const int repaired = hold_->repaired(); repaired > 0) {
    escalation.repaired += repaired;
    job_.desk.recorder.count(telemetry::Count::tool_call_repaired, static_cast<std::uint64_t>(repaired));
    mend();
  }
  second_.reset();
  stronger_.reset();
  hold_->release();
  // With nobody to hear it the rest of a stream need not be read event by event.
  if (lane_ && job_.listeners.empty()) lane_->listen({});
  job_.delivery->describe(explaining_headers(job_, position_, job_.attempts.size()));
}

// The answer once more, with the arguments that were repaired.
void Attempt::mend() {
  const auto events = hold_->mended();
  if (lane_) {
    out_.clear();
    write_events(events, out_);
  } else {
    storage_.clear();
    write_events(events, storage_);
    answer_ = storage_;
  }
}

core::Usage Attempt::usage() const {
  auto usage = record_.observed.usage;
  if (!usage.prompt_tokens) {
    usage.prompt_tokens = job_.facts.prompt_tokens;
    usage.estimated = true;
  }
  if (!usage.completion_tokens) {
    usage.completion_tokens = holding() ? hold_->evidence().tokens() : 0;
    usage.estimated = true;
  }
  return usage;
}

}  // namespace codecrucible::gateway
