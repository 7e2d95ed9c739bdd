#include "gateway/attempt.hpp"

#include "fleet/names.hpp"
#include "gateway/call_limits.hpp"
#include "gateway/clock.hpp"
#include "gateway/load.hpp"
#include "gateway/token_room.hpp"
#include "gateway/trace_notes.hpp"

#include <algorithm>
#include <cctype>
#include <functional>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_answer = 64 * 1024 * 1024;
constexpr std::size_t largest_error = 1024 * 1024;

bool begins_with(std::string_view text, std::string_view start) {
  if (text.size() < start.size()) return false;
  for (std::size_t i = 0; i < start.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != start[i]) return false;
  }
  return true;
}

bool is_stream(std::string_view content_type) {
  return begins_with(content_type, "text/event-stream") || begins_with(content_type, "application/x-ndjson");
}

std::optional<std::chrono::seconds> retry_after_of(std::string_view text) {
  long seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || seconds > 100'000) return std::nullopt;
    seconds = seconds * 10 + (c - '0');
  }
  if (text.empty()) return std::nullopt;
  return std::chrono::seconds(seconds);
}

}  // namespace

Attempt::Attempt(ChatJob& job, std::size_t position, fleet::Lease lease, std::unique_ptr<HoldBack> hold)
    : job_(job),
      position_(position),
      model_(job.model_at(position)),
      lease_(std::move(lease)),
      backend_(job.desk.fleet.backend(lease_.at.host)),
      hold_(std::move(hold)) {
  record_.model = job.decision.ranked[position].model;
  if (job.traced) record_.span = job.desk.random.next() | 1;
}

void Attempt::instead_of(Attempt& kept, core::Time latest) {
  rival_ = &kept;
  latest_ = latest;
}

net::task<> Attempt::run() {
  record_.began = sent_ = clock_now();
  own_ = own_time(record_.began);
  if (!hold_) {
    for (auto* listener : job_.listeners) listener->begin();
  }
  auto failed = co_await serve();
  ended(std::move(failed));
}

net::task<> Attempt::deliver() {
  record_.doubted = false;
  rival_ = nullptr;
  job_.context.model = shown_name();
  heard_ = clock_now();
  own_ = own_time(heard_);
  if (upstream_) job_.exchange.on_gone([this] { hang_up(); });
  show();
  Trouble failed;
  if (lane_) {
    failed = co_await flow(true);
  } else {
    failed = co_await send_whole();
  }
  job_.exchange.on_gone({});
  ended(std::move(failed));
}

void Attempt::drop() {
  if (settled_) return;
  dropped_ = true;
  if (record_.ended == core::Time{}) record_.ended = clock_now();
  settle(true);
}

// None = the client has its answer, or the answer is kept.
net::task<Attempt::Trouble> Attempt::serve() {
  if (backend_ == nullptr)
    co_return core::fail(core::Cause::refused, "this host was removed from the configuration");
  job_.context.model = shown_name();
  idle_ = job_.desk.fleet.timeouts(lease_.at.host).idle;
  auto failed = co_await prepare();
  if (failed) co_return failed;
  if (hold_ && hold_->wants_second()) second_ = SecondOpinion::draw(job_, position_);
  job_.exchange.on_gone([this] { hang_up(); });
  failed = co_await talk();
  job_.exchange.on_gone({});
  second_.reset();
  co_return failed;
}

// All before the request goes out, unless it did already.
net::task<Attempt::Trouble> Attempt::prepare() {
  const auto asked = answer_limit(job_.request, model_, job_.facts.max_tokens, job_.facts.prompt_tokens);
  if (begun_) {
    job_.request.max_tokens = asked;
    record_.began = sent_ = begun_->began();
    verbatim_ = begun_->verbatim();
    hurried_ = begun_->hurried();
    first_known_ = !begun_->ready();
    co_return std::nullopt;
  }
  auto target = job_.desk.fleet.target(lease_.at, model_);
  target.ask_logprobs = hold_ && hold_->wants_logprobs() && model_.can.logprobs;
  if (lease_.must_load_first) {
    auto failed = co_await load_model(job_.desk, *backend_, lease_, target);
    if (failed) co_return failed;
  }
  sent_ = clock_now();
  job_.request.max_tokens = asked;
  auto call = backend_->provider->encode(job_.request, job_.has_source ? &job_.source : nullptr, target);
  if (!call) co_return call.error();
  call_ = std::move(*call);
  verbatim_ = call_.verbatim;
  upstream_ = job_.desk.worker.upstreams().open(backend_->endpoint);
  running_.emplace(job_.desk.recorder, telemetry::Gauge::upstreams_running);
  own_ += clock_now() - sent_;
  co_return std::nullopt;
}

// Since the request came, but for all waiting.
core::Duration Attempt::own_time(core::Time now) const {
  return now - job_.exchange.arrived() - job_.queued - job_.waited;
}

// Nobody reads any more: whatever runs for this answer ends.
void Attempt::hang_up() {
  if (upstream_) upstream_->cancel();
  if (begun_) begun_->cancel();
  if (second_) second_->cancel();
  if (stronger_) stronger_->cancel();
}

// The model that the reply names: Ollama's clients look for the name that they asked for; all others, and
// whoever left the choice to us, are told who really answers.
std::string Attempt::shown_name() const {
  const bool echo = core::is_ollama(job_.request.surface) && job_.decision.concrete;
  return echo ? std::string(job_.request.model) : model_.public_id;
}

// The reply's head.
net::task<core::Result<net::UpstreamHead>> Attempt::reply() {
  if (begun_) {
    auto head = co_await begun_->head();
    upstream_ = begun_->take_call();
    co_return head;
  }
  const auto limits = limits_of(job_, lease_.at, record_.began, latest_);
  hurried_ = limits.hurried;
  const std::string trace = trace_lines(job_, record_.span);
  auto request = request_of(call_, job_.request.stream);
  request.extra = trace;
  auto head = co_await upstream_->send(request, limits.upstream);
  co_return head;
}

net::task<Attempt::Trouble> Attempt::talk() {
  auto head = co_await reply();
  if (!head) co_return gone_or(head.error());
  if (job_.request.stream && head->status == 200 && is_stream(head->content_type)) {
    lane_ = goes_verbatim(verbatim_) ? make_verbatim_lane(job_.context)
                                     : make_translated_lane(job_.request, *backend_->provider, job_.context,
                                                            record_.began, backend_->settings.think_tags);
    lane_->listen(ears());
    auto failed = co_await flow(false);
    co_return failed;
  }
  const int status = head->status;
  const auto retry_after = retry_after_of(head->retry_after);
  const std::size_t limit = status == 200 ? largest_answer : largest_error;
  auto body = co_await upstream_->read_all(limit);
  if (!body) co_return gone_or(body.error());
  heard_ = clock_now();
  body_ = std::move(*body);
  auto failed = co_await whole(status, retry_after, verbatim_);
  co_return failed;
}

// LM Studio may answer an unknown or unloaded id with whatever is in memory (traps D1).
Attempt::Trouble Attempt::wrong_model(std::string_view answered) const {
  const auto kind = backend_->provider->kind();
  const bool names_are_kept = kind == core::ProviderKind::lmstudio || kind == core::ProviderKind::ollama;
  if (!names_are_kept || answered.empty()) return std::nullopt;
  const auto asked = fleet::canonical(model_.id);
  auto said = fleet::canonical(answered);
  if (said == asked || said.starts_with(asked) || asked.ends_with("/" + said)) return std::nullopt;
  return core::fail(core::Cause::wrong_model,
                    lease_.at.host + " answered with " + std::string(answered) + " instead of " + model_.id);
}

core::Failure Attempt::gone_or(core::Failure failure) const {
  if (job_.exchange.gone()) return core::fail(core::Cause::client_gone, "the client closed the connection");
  if (job_.exchange.must_end()) return core::fail(core::Cause::shutting_down, "the gateway is being stopped");
  return failure;
}

void Attempt::ended(Trouble failed) {
  record_.ended = clock_now();
  if (failed && failed->cause == core::Cause::backend_auth) {
    // Its own words would send clients looking at their keys, and may repeat ours.
    failed->detail = lease_.at.host + " refuses the gateway's own key: the operator has to set its apiKey";
    job_.desk.log.warn("a backend refuses our key", {{"provider", lease_.at.host}});
  }
  record_.failure = std::move(failed);
  if (record_.failure) stronger_.reset();
  // A doubted stream goes on at its backend, in case it is wanted after all.
  const bool goes_on = !record_.failure && record_.doubted && lane_ && !lane_->observed().complete;
  if (!goes_on && !settled_) settle(false);
}

// Tells the fleet how it went; the lease ends here, whatever happened.
void Attempt::settle(bool cancelled) {
  settled_ = true;
  fleet::Outcome outcome;
  const auto& failure = record_.failure;
  // Impatience of ours is not the backend's fault.
  const bool impatient = failure && hurried_ && record_.first_content == core::Time{} &&
                         (failure->cause == core::Cause::timeout || failure->cause == core::Cause::stall);
  outcome.cancelled = cancelled || impatient ||
                      (failure && (failure->cause == core::Cause::client_gone ||
                                   failure->cause == core::Cause::shutting_down));
  if (failure && !outcome.cancelled) outcome.cause = failure->cause;
  if (streamed_ && record_.first_content != core::Time{}) outcome.first = record_.first_content - sent_;
  outcome.total = record_.ended - sent_;
  outcome.usage = record_.observed.usage;
  outcome.timings = record_.observed.timings;
  if (failure && failure->retry_after) outcome.retry_after = *failure->retry_after;
  if (outcome.cause) outcome.fingerprint = std::hash<std::string_view>{}(job_.exchange.body());
  upstream_.reset();
  running_.reset();
  const auto error = job_.desk.fleet.finished(lease_.id, outcome);
  if (error) job_.desk.recorder.predicted(*error);
}

}  // namespace codecrucible::gateway
