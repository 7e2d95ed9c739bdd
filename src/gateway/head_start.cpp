#include "gateway/head_start.hpp"

#include "gateway/call_limits.hpp"
#include "gateway/clock.hpp"
#include "gateway/token_room.hpp"
#include "net/sweeper.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace codecrucible::gateway {
namespace {

// In memory, with a slot to spare, and not where the first answer comes from: there the two would wait for
// each other.
bool has_room(const core::FleetView& fleet, const core::ModelView& model, const std::string& beside) {
  return model.resident && !model.loading && model.running < model.slots &&
         fleet.host_of(model).name != beside;
}

fleet::Ask ask_for(const ChatJob& job, const core::ModelView& model) {
  fleet::Ask ask;
  ask.candidates.push_back({job.fleet->host_of(model).name, model.id});
  ask.client = std::string(job.exchange.remote());
  ask.prompt_tokens = job.facts.prompt_tokens;
  ask.max_tokens = needed_room(job.request, job.snapshot->settings.routing.utility.answer_reserve);
  return ask;
}

}  // namespace

struct HeadStart::Run {
  Run(WorkerDesk& desk, fleet::Lease lease_in) : lease(std::move(lease_in)), timer(desk.worker.context()) {}

  std::optional<fleet::Lease> lease;  // until somebody takes it up
  BackendPtr backend;
  providers::Call call;
  CallLimits limits;
  bool stream = false;
  core::Time began{};
  std::unique_ptr<net::UpstreamCall> upstream;
  net::Timer timer;  // who waits for the head is woken by its cancellation
  std::optional<core::Result<net::UpstreamHead>> head;
};

std::unique_ptr<HeadStart> HeadStart::begin(ChatJob& job, std::size_t position, const std::string& beside) {
  const auto& settings = job.snapshot->settings.confidence;
  const bool insists = job.escalation.wish == confidence::Escalate::always;
  auto& budget = job.desk.escalations.head_starts();
  if (settings.head_start_share <= 0 || (!insists && !budget.affords())) return nullptr;
  const auto& model = job.model_at(position);
  if (!has_room(*job.fleet, model, beside)) return nullptr;
  auto lease = job.desk.fleet.admit_now(ask_for(job, model));
  if (!lease) return nullptr;

  auto run = std::make_shared<Run>(job.desk, std::move(*lease));
  std::unique_ptr<HeadStart> start(new HeadStart(job, position, run));
  run->backend = job.desk.fleet.backend(run->lease->at.host);
  if (run->backend == nullptr) return nullptr;
  core::ChatRequest request(job.request);
  request.max_tokens = answer_limit(request, model, job.facts.max_tokens, job.facts.prompt_tokens);
  const auto target = job.desk.fleet.target(run->lease->at, model);
  auto call = run->backend->provider->encode(request, job.has_source ? &job.source : nullptr, target);
  if (!call) return nullptr;
  if (!insists) budget.spend();
  run->call = std::move(*call);
  run->stream = job.request.stream;
  run->began = clock_now();
  run->limits = limits_of(job, run->lease->at, run->began, run->began + settings.extra_time);
  // What waits in the socket is read when the first answer's verdict is there, however late.
  run->limits.upstream.total =
      core::Deadline::in(run->began, job.desk.fleet.timeouts(run->lease->at.host).total);
  run->upstream = job.desk.worker.upstreams().open(run->backend->endpoint);
  boost::asio::co_spawn(job.desk.worker.context(), send(run), boost::asio::detached);
  return start;
}

HeadStart::~HeadStart() {
  cancel();
  if (!run_->lease) return;
  if (run_->upstream) job_.desk.recorder.count(telemetry::Count::head_start_dropped);
  // A send under way still unwinds with the call; a call that waits for its reader is hung up here.
  if (run_->head) run_->upstream.reset();
  fleet::Outcome outcome;
  outcome.cancelled = true;
  outcome.total = clock_now() - run_->began;
  job_.desk.fleet.finished(run_->lease->id, outcome);
  run_->lease.reset();
}

net::task<> HeadStart::send(std::shared_ptr<Run> run) {
  const auto request = request_of(run->call, run->stream);
  auto head = co_await run->upstream->send(request, run->limits.upstream);
  run->head = std::move(head);
  run->timer.cancel();
}

core::Time HeadStart::began() const {
  return run_->began;
}
bool HeadStart::verbatim() const {
  return run_->call.verbatim;
}
bool HeadStart::hurried() const {
  return run_->limits.hurried;
}
bool HeadStart::ready() const {
  return run_->head.has_value();
}

fleet::Lease HeadStart::take_lease() {
  job_.desk.recorder.count(telemetry::Count::head_start_taken);
  auto lease = std::move(*run_->lease);
  run_->lease.reset();
  return lease;
}

net::task<core::Result<net::UpstreamHead>> HeadStart::head() {
  if (!run_->head) {
    run_->timer.expires_at(core::Time::max());
    co_await run_->timer.async_wait(net::nothrow);
  }
  if (!run_->head) co_return core::fail(core::Cause::internal, "a call that was begun has gone");
  co_return std::move(*run_->head);
}

std::unique_ptr<net::UpstreamCall> HeadStart::take_call() {
  return std::move(run_->upstream);
}

void HeadStart::cancel() {
  if (run_->upstream) run_->upstream->cancel();
}

}  // namespace codecrucible::gateway
