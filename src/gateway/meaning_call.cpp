#include "gateway/meaning_call.hpp"

#include "fleet/names.hpp"
#include "gateway/clock.hpp"
#include "net/plain_request.hpp"
#include "providers/provider.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_meaning = 1024 * 1024;

net::task<core::Result<std::vector<float>>> vector_of(ChatJob& job, const core::ModelView& model,
                                                      const fleet::Lease& lease, std::string_view text,
                                                      core::Duration timeout) {
  const auto backend = job.desk.fleet.backend(lease.at.host);
  if (backend == nullptr || lease.must_load_first)
    co_return core::fail(core::Cause::no_backend, "the embedding model is not in memory");
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  request.model = model.id;
  request.inputs.push_back(text);
  const auto target = job.desk.fleet.target(lease.at, model);
  const auto encoded = backend->provider->encode(request, target);
  if (!encoded) co_return encoded.error();
  net::UpstreamRequest plain;
  plain.method = encoded->method;
  plain.path = encoded->path;
  plain.body = encoded->body;
  plain.accept = "application/json";
  net::UpstreamLimits limits;
  limits.connect = limits.first_byte = limits.idle = timeout;
  limits.total = core::Deadline::in(clock_now(), timeout);
  const auto reply = co_await net::plain_request(job.desk.worker.upstreams(), backend->endpoint, plain,
                                                 limits, largest_meaning);
  if (!reply) co_return reply.error();
  if (reply->status != 200) co_return backend->provider->failure_of(reply->status, reply->body);
  auto read = providers::decode_embeddings(backend->provider->kind(), reply->body);
  if (!read) co_return read.error();
  if (read->vectors.size() != 1 || read->vectors.front().empty())
    co_return core::fail(core::Cause::garbage, "the embedding model gave no vector");
  co_return std::move(read->vectors.front());
}

}  // namespace

net::task<std::optional<cache::Meaning>> meaning_by_model(ChatJob& job, std::string_view text) {
  const auto& settings = job.snapshot->settings.cache.semantic;
  const auto* const model = fleet::ready_model(*job.fleet, settings.model);
  if (model == nullptr) co_return std::nullopt;
  const auto began = clock_now();
  fleet::Ask ask;
  ask.candidates.push_back({job.fleet->host_of(*model).name, model->id});
  ask.client = "cache";
  ask.deadline = core::Deadline::in(began, settings.model_timeout);
  ask.output_tokens = 1;
  auto lease = co_await job.desk.fleet.admit(job.desk.worker, std::move(ask), job.exchange);
  if (!lease) co_return std::nullopt;
  const auto vector = co_await vector_of(job, *model, *lease, text, settings.model_timeout);
  fleet::Outcome outcome;
  outcome.total = clock_now() - began;
  // Our impatience says nothing about the backend.
  outcome.cancelled = !vector && vector.error().cause == core::Cause::timeout;
  if (!vector && !outcome.cancelled) outcome.cause = vector.error().cause;
  job.desk.fleet.finished(lease->id, outcome);
  job.waited += outcome.total;
  if (!vector) co_return std::nullopt;
  co_return cache::folded(*vector);
}

}  // namespace codecrucible::gateway
