#include "gateway/load.hpp"

#include "gateway/clock.hpp"
#include "net/plain_request.hpp"
#include "wire/ollama/client.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_load_reply = 1024 * 1024;

net::task<std::optional<core::Failure>> load_first_choice(ChatJob& job) {
  const auto& model = job.model_at(0);
  fleet::Ask ask;
  ask.candidates.push_back({job.fleet->host_of(model).name, model.id});
  ask.client = std::string(job.exchange.remote());
  auto lease = co_await job.desk.fleet.admit(job.desk.worker, std::move(ask), job.exchange);
  if (!lease) co_return lease.error();
  std::optional<core::Failure> failure;
  const auto backend = job.desk.fleet.backend(lease->at.host);
  if (lease->must_load_first && backend != nullptr) {
    const auto target = job.desk.fleet.target(lease->at, model);
    failure = co_await load_model(job.desk, *backend, *lease, target);
  }
  fleet::Outcome outcome;  // no duration: nothing was generated, no speed is to be learned from it
  if (failure) outcome.cause = failure->cause;
  job.desk.fleet.finished(lease->id, outcome);
  co_return failure;
}

}  // namespace

net::task<std::optional<core::Failure>> load_model(WorkerDesk& desk, const Backend& backend,
                                                   const fleet::Lease& lease,
                                                   const providers::Target& target) {
  desk.recorder.count(telemetry::Count::model_load);
  return load_model(desk.worker, desk.fleet, backend, lease.at, target);
}

net::task<std::optional<core::Failure>> load_model(net::Worker& worker, FleetDesk& fleet,
                                                   const Backend& backend, const fleet::Pair& at,
                                                   const providers::Target& target) {
  const auto call = backend.provider->load_call(target);
  if (!call) co_return std::nullopt;
  const auto began = clock_now();
  net::UpstreamRequest request;
  request.method = call->method;
  request.path = call->path;
  request.body = call->body;
  const auto timeouts = fleet.timeouts(at.host);
  net::UpstreamLimits limits;
  limits.connect = timeouts.connect;
  limits.first_byte = timeouts.load;
  limits.idle = timeouts.load;
  auto reply =
      co_await net::plain_request(worker.upstreams(), backend.endpoint, request, limits, largest_load_reply);
  std::optional<core::Failure> failure;
  if (!reply) {
    failure = reply.error();
  } else if (reply->status >= 400) {
    failure = backend.provider->failure_of(reply->status, reply->body);
  }
  fleet.load_finished(at, !failure, clock_now() - began);
  co_return failure;
}

net::task<> serve_load(ChatJob& job) {
  // One object, even for clients that stream.
  job.delivery.emplace(job.exchange, job.context, false, job.listeners);
  job.delivery->describe(explaining_headers(job, 0, job.attempts.size()));
  if (wire::ollama::asks_unload(job.request)) {
    job.failure = core::fail(core::Cause::forbidden,
                             "models leave memory by the gateway's own rules: others may be using this one");
  } else {
    job.failure = co_await load_first_choice(job);
  }
  if (job.failure) {
    co_await job.delivery->fail(*job.failure);
    co_return;
  }
  job.context.model = job.request.model;
  std::string out;
  wire::ollama::write_loaded(job.context, false, out);
  co_await job.delivery->whole(out);
}

}  // namespace codecrucible::gateway
