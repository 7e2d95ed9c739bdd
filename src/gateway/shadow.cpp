#include "gateway/shadow.hpp"

#include "gateway/clock.hpp"
#include "gateway/escalation.hpp"
#include "gateway/remember.hpp"
#include "history/pseudonym.hpp"
#include "router/router.hpp"
#include "wire/think_splitter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace codecrucible::gateway {
namespace {

using telemetry::Count;

constexpr std::size_t largest_answer = 4 * 1024 * 1024;

bool suits(const ChatJob& job) {
  const auto& release = job.snapshot->release;
  if (release == nullptr || release->settings().strategy != learning::Strategy::shadow) return false;
  const auto& facts = job.facts;
  const auto& request = job.request;
  return job.classified && !job.decision.concrete && !job.decision.ranked.empty() && facts.may_explore &&
         !facts.tool_loop && !facts.running && request.tools.empty() && request.n.value_or(1) == 1;
}

double judged(const ChatJob& job, const confidence::Evidence& evidence) {
  return static_cast<double>(job.snapshot->judge->judge(evidence, confidence::Offset()).good);
}

}  // namespace

// All that the copy needs once the request itself is gone.
struct Shadow::Copy {
  explicit Copy(WorkerDesk& desk_in) : desk(desk_in) {}

  WorkerDesk& desk;
  std::unique_ptr<Seat> seat;
  SnapshotPtr snapshot;
  fleet::Lease lease;
  BackendPtr backend;
  providers::Call call;
  net::UpstreamLimits limits;
  core::Arena arena;
  core::ChatRequest request{arena};  // as far as reading the answer needs it
  confidence::Facts facts;           // views into `arena`
  std::unique_ptr<history::Record> record;
};

std::unique_ptr<Shadow> Shadow::draw(ChatJob& job) {
  if (!suits(job)) return nullptr;
  const auto& shadow = job.snapshot->settings.learning.shadow;
  const bool drawn = job.desk.random.unit() * 100 < shadow.percentage;
  if (!drawn) return nullptr;
  auto facts = job.facts;
  facts.may_explore = false;
  auto other = router::decide(facts, job.snapshot->candidate, *job.fleet, 0);
  // Where both policies choose alike there is nothing to compare.
  if (other.ranked.empty() || other.ranked.front().model == job.decision.ranked.front().model) return nullptr;
  if (job.desk.shadows >= shadow.at_once) {
    job.desk.recorder.count(Count::shadow_skipped);
    return nullptr;
  }
  return std::unique_ptr<Shadow>(new Shadow(job, std::move(other)));
}

Shadow::Shadow(ChatJob& job, router::Decision decision)
    : job_(job),
      decision_(std::move(decision)),
      seat_(std::make_unique<Seat>(job.desk.shadows)),
      facts_(judging_facts(job)) {}

void Shadow::begin() {
  evidence_ = std::make_unique<confidence::Evidence>(facts_);
}

void Shadow::hear(const core::Event& event) {
  if (evidence_ != nullptr) evidence_->feed(event);
}

void Shadow::dispatch() {
  // Compared are answers of the first choices: a stronger model's instead says nothing of the policy.
  if (job_.failure || job_.escalated || job_.retold || evidence_ == nullptr || !evidence_->ended()) return;
  auto& desk = job_.desk;
  const auto& model = job_.fleet->models[decision_.ranked.front().model];
  fleet::Ask ask;
  ask.candidates.push_back({job_.fleet->host_of(model).name, model.id});
  ask.client = "shadow";
  ask.priority = fleet::Priority::batch;
  ask.prompt_tokens = job_.facts.prompt_tokens;
  const auto longest = static_cast<std::int64_t>(job_.snapshot->settings.learning.shadow.tokens);
  core::ChatRequest request(job_.request);
  request.stream = false;
  request.logprobs.reset();
  request.top_logprobs.reset();
  request.max_tokens = std::min(job_.request.max_tokens.value_or(longest), longest);
  ask.max_tokens = request.max_tokens;
  auto lease = desk.fleet.admit_now(std::move(ask));
  if (!lease) return desk.recorder.count(Count::shadow_skipped);
  auto copy = std::make_shared<Copy>(desk);
  copy->seat = std::move(seat_);
  copy->lease = std::move(*lease);
  copy->backend = desk.fleet.backend(copy->lease.at.host);
  const auto target = desk.fleet.target(copy->lease.at, model);
  if (copy->backend != nullptr) {
    if (auto call = copy->backend->provider->encode(request, nullptr, target)) copy->call = std::move(*call);
  }
  if (copy->call.path.empty()) {
    fleet::Outcome outcome;
    outcome.cancelled = true;
    desk.fleet.finished(copy->lease.id, outcome);
    return desk.recorder.count(Count::shadow_skipped);
  }
  if (job_.escalation.confidence < 0) job_.escalation.confidence = judged(job_, *evidence_);
  job_.variant = "shadowed";
  const auto timeouts = desk.fleet.timeouts(copy->lease.at.host);
  copy->limits.connect = timeouts.connect;
  copy->limits.first_byte = copy->limits.idle = desk.fleet.first_token_limit(copy->lease.at);
  copy->snapshot = job_.snapshot;
  copy->request.surface = request.surface;
  copy->request.raw = request.raw;
  copy->request.suffix = copy->arena.copy(request.suffix);
  copy->facts = facts_;
  copy->facts.prompt = copy->arena.copy(facts_.prompt);
  copy->facts.format.schema = copy->arena.copy(facts_.format.schema);
  copy->facts.format.name = copy->arena.copy(facts_.format.name);
  copy->facts.tools = {};
  copy->record = shadow_record(job_, decision_);
  boost::asio::co_spawn(desk.worker.context(), run(std::move(copy)), boost::asio::detached);
}

net::task<> Shadow::run(std::shared_ptr<Copy> copy) {
  auto& desk = copy->desk;
  auto upstream = desk.worker.upstreams().open(copy->backend->endpoint);
  const telemetry::Raised running(desk.recorder, telemetry::Gauge::upstreams_running);
  net::UpstreamRequest request;
  request.method = copy->call.method;
  request.path = copy->call.path;
  request.body = copy->call.body;
  request.accept = "application/json";
  const auto began = clock_now();
  std::optional<core::Failure> failure;
  std::string body;
  auto head = co_await upstream->send(request, copy->limits);
  if (!head) {
    failure = head.error();
  } else {
    auto all = co_await upstream->read_all(largest_answer);
    if (!all) {
      failure = all.error();
    } else {
      body = std::move(*all);
      if (head->status != 200) failure = copy->backend->provider->failure_of(head->status, body);
    }
  }
  upstream.reset();
  fleet::Outcome outcome;
  outcome.total = clock_now() - began;
  if (failure) outcome.cause = failure->cause;
  auto& record = *copy->record;
  if (!failure) {
    confidence::Evidence evidence(copy->facts);
    core::Events events;
    copy->backend->provider->decode_whole(copy->request, body, copy->arena, events);
    wire::ThinkSplitter splitter(copy->backend->settings.think_tags);
    splitter.split(events);
    wire::openai::Observed observed;
    for (const auto& event : events) {
      evidence.feed(event);
      observe(event, observed);
    }
    failure = observed.failure;
    outcome.usage = observed.usage;
    outcome.timings = observed.timings;
    record.finish = observed.finish;
    record.prompt_tokens = observed.usage.prompt_tokens.value_or(-1);
    record.completion_tokens = observed.usage.completion_tokens.value_or(-1);
    const auto& judge = *copy->snapshot->judge;
    if (!failure) record.confidence = static_cast<double>(judge.judge(evidence, confidence::Offset()).good);
  }
  if (failure) outcome.cause = failure->cause;
  desk.fleet.finished(copy->lease.id, outcome);
  desk.recorder.count(failure ? Count::shadow_failed : Count::shadow_answered);
  record.duration = record.backends = outcome.total;
  auto& attempt = record.attempts.emplace_back();
  attempt.host = copy->lease.at.host;
  attempt.model = copy->lease.at.model;
  attempt.ended = outcome.total;
  attempt.prompt_tokens = record.prompt_tokens;
  attempt.completion_tokens = record.completion_tokens;
  if (failure) record.failure = attempt.failure = failure->cause;
  record.status = failure ? core::http_status(failure->cause) : 200;
  auto& lane = desk.history.lane(desk.worker.index());
  if (!copy->snapshot->settings.history.enabled) co_return;
  if (!lane.hand_over(std::move(copy->record))) desk.recorder.count(Count::history_dropped);
}

}  // namespace codecrucible::gateway
