#include "gateway/capture.hpp"

#include "gateway/model_pages.hpp"

namespace codecrucible::gateway {
namespace {

using Kind = core::Event::Kind;

constexpr std::size_t largest = 1024 * 1024;  // packed; beyond it an answer is not kept

std::uint64_t bit_of(std::int32_t choice) {
  return choice >= 0 && choice < 64 ? std::uint64_t{1} << choice : 0;
}

// The client has an answer that was judged too weak, as nobody else's was to be had: the next one who asks
// may be luckier.
bool is_doubted(const Escalation& escalation) {
  using Outcome = Escalation::Outcome;
  return escalation.outcome == Outcome::kept || escalation.outcome == Outcome::refused;
}

}  // namespace

Capture::Capture(ChatJob& job, cache::Exact& cache, const cache::Key& key,
                 std::shared_ptr<cache::Flight> flight, bool keep)
    : job_(job), cache_(cache), key_(key), flight_(std::move(flight)), keep_(keep) {}

void Capture::begin() {
  // What was shown stays shown: this attempt adds to it.
  mended_ = mended_ || origin_ != nullptr;
  heard_.clear();
  usage_ = {};
  pieces_ = 0;
  begun_ = finished_ = 0;
  failed_ = false;
}

void Capture::hear(const core::Event& event) {
  switch (event.kind) {
    case Kind::failure:
      failed_ = true;
      return;
    case Kind::start:
      return;  // the name is the gateway's own affair
    case Kind::logprobs:
      if (!job_.request.logprobs.value_or(false)) return;
      break;
    case Kind::finish:
      finished_ |= bit_of(event.choice);
      finish_ = event.finish;
      break;
    case Kind::usage:
      usage_ = event.usage;
      break;
    default:
      begun_ |= bit_of(event.choice);
      ++pieces_;
  }
  cache::pack(event, heard_);
}

void Capture::introduce() {
  if (origin_ || job_.attempts.empty()) return;
  auto origin = std::make_shared<cache::Origin>();
  // The last attempt is another one if a doubted answer is given after all.
  const auto& model = job_.model_at(job_.served_by);
  const auto& host = job_.fleet->host_of(model);
  origin->tenant = job_.tenant;
  origin->asked = job_.request.model;
  origin->provider = host.name;
  origin->model = model.id;
  origin->shown = model.public_id;
  origin->rule = job_.decision.rule;
  append_decision(origin->headers, job_, job_.served_by);
  origin->concrete = job_.decision.concrete;
  origin_ = std::move(origin);
}

void Capture::shown() {
  if (heard_.empty()) return;
  introduce();
  if (flight_) {
    flight_->tell(origin_, heard_);
  } else if (shown_.size() + heard_.size() <= largest) {
    shown_ += heard_;
  } else {
    too_large_ = true;
  }
  heard_.clear();
}

void Capture::shown_all() {
  if (concluded_ || !complete()) return;
  if (!usage_.completion_tokens) {
    core::Event event;
    event.kind = Kind::usage;
    event.usage = usage_;
    if (!usage_.prompt_tokens) event.usage.prompt_tokens = job_.facts.prompt_tokens;
    event.usage.completion_tokens = pieces_;
    event.usage.estimated = true;
    hear(event);
  }
  shown();
  concluded_ = true;
  answer_ = make_answer();
  const bool kept = cache_.conclude(key_, flight_, answer_);
  if (kept) job_.desk.recorder.count(telemetry::Count::cache_stored);
  if (flight_) flight_->complete();
}

// Every choice that began has ended, regularly.
bool Capture::complete() const {
  return !failed_ && finished_ != 0 && (begun_ & ~finished_) == 0;
}

// An answer that ended for want of room is whole only if the client itself set that limit.
bool Capture::by_its_own_length() const {
  const auto& limit = job_.request.max_tokens;
  return limit && (!usage_.completion_tokens || usage_.estimated || *usage_.completion_tokens >= *limit);
}

cache::AnswerPtr Capture::make_answer() {
  const auto refuse = [this](cache::Refusal why) {
    cache_.refused(why);
    return nullptr;
  };
  if (mended_ || job_.escalation.repaired > 0) return refuse(cache::Refusal::failed);
  if (!keep_) return refuse(cache::Refusal::unwanted);
  if (is_doubted(job_.escalation)) return refuse(cache::Refusal::doubted);
  if (finish_ == core::FinishReason::content_filter) return refuse(cache::Refusal::filtered);
  if (finish_ == core::FinishReason::length && !by_its_own_length()) return refuse(cache::Refusal::shortened);
  auto answer = std::make_shared<cache::Answer>();
  if (!too_large_) answer->events = cache::joined(flight_ ? flight_->told() : shown_);
  if (answer->events.empty() || !origin_) return refuse(cache::Refusal::too_large);
  answer->origin = *origin_;
  answer->usage = usage_;
  answer->made = std::chrono::system_clock::now();
  const auto& settings = job_.snapshot->settings.cache;
  answer->ttl = settings.exact.ttl;
  for (const auto& [rule, ttl] : settings.rule_ttl) {
    if (rule == job_.decision.rule) answer->ttl = ttl;
  }
  return answer;
}

void Capture::told_from(const cache::Answer& answer) {
  concluded_ = true;
  cache_.conclude(key_, flight_, nullptr);
  if (!flight_) return;
  flight_->tell(std::make_shared<cache::Origin>(answer.origin), answer.events);
  flight_->complete();
}

void Capture::settle(const std::optional<core::Failure>& failure) {
  if (concluded_) return;
  concluded_ = true;
  cache_.refused(cache::Refusal::failed);
  cache_.conclude(key_, flight_, nullptr);
  if (!flight_) return;
  flight_->fail(
      failure.value_or(core::fail(core::Cause::internal, "the generation ended without an answer")));
}

}  // namespace codecrucible::gateway
