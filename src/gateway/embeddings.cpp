#include "gateway/embeddings.hpp"

#include "gateway/cors.hpp"
#include "gateway/model_pages.hpp"
#include "gateway/record.hpp"
#include "net/plain_request.hpp"
#include "providers/provider.hpp"
#include "router/router.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_reply = 256 * 1024 * 1024;

core::Time clock_now() {
  return std::chrono::steady_clock::now();
}

class EmbeddingsJob {
 public:
  EmbeddingsJob(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest)
      : exchange_(exchange),
        desk_(desk),
        guest_(std::move(guest)),
        snapshot_(desk.snapshot.current()),
        fleet_(desk.fleet.view()) {
    request_.surface = surface;
    id_ = request_id(exchange.header("x-request-id"), desk.random);
  }

  net::task<> run() {
    auto failure = co_await serve();
    if (failure) {
      net::ReplyHead head;
      head.status = core::http_status(failure->cause);
      const std::string lines = "x-request-id: " + id_ + "\r\n" + retry_headers(*failure) + cors();
      head.extra = lines;
      const std::string body = wire::error_body(request_.surface, *failure, id_);
      co_await exchange_.reply(head, body);
    }
    tell(failure);
  }

 private:
  std::string cors() const { return cors_headers(exchange_, snapshot_->settings.security.cors_origins); }

  net::task<std::optional<core::Failure>> serve() {
    const auto decoded = decode();
    if (!decoded) co_return decoded.error();
    auto facts = router::facts_of(request_);
    if (guest_.key != nullptr) facts.allowed_models = guest_.key->models;
    const auto decision = router::decide(facts, snapshot_->policy, *fleet_, desk_.random.unit());
    if (decision.ranked.empty()) co_return decision.refusal;
    std::optional<core::Failure> failure;
    for (const auto& candidate : decision.ranked) {
      model_ = &fleet_->models[candidate.model];
      failure = co_await attempt();
      if (!failure || !core::may_try_elsewhere(failure->cause)) break;
    }
    co_return failure;
  }

  core::Result<void> decode() {
    const auto body = exchange_.body();
    switch (request_.surface) {
      case core::Surface::ollama_embed:
        return wire::ollama::decode_embed(body, arena_, request_);
      case core::Surface::ollama_embeddings:
        return wire::ollama::decode_embeddings(body, arena_, request_);
      default:
        return wire::openai::decode_embeddings(body, arena_, request_);
    }
  }

  net::task<std::optional<core::Failure>> attempt() {
    fleet::Ask ask;
    const auto& host = fleet_->host_of(*model_);
    ask.candidates.push_back({host.name, model_->id});
    ask.client = guest_.key != nullptr ? guest_.key->name : std::string(exchange_.remote());
    if (guest_.key != nullptr && guest_.key->batch) ask.priority = fleet::Priority::batch;
    ask.output_tokens = 1;
    auto lease = co_await desk_.fleet.admit(desk_.worker, std::move(ask), exchange_);
    if (!lease) co_return lease.error();
    const auto began = clock_now();
    auto failure = co_await call(lease->at);
    fleet::Outcome outcome;
    outcome.cancelled = exchange_.gone();
    if (failure && !outcome.cancelled) outcome.cause = failure->cause;
    outcome.total = clock_now() - began;
    desk_.fleet.finished(lease->id, outcome);
    co_return failure;
  }

  net::task<std::optional<core::Failure>> call(const fleet::Pair& at) {
    const auto backend = desk_.fleet.backend(at.host);
    if (backend == nullptr)
      co_return core::fail(core::Cause::refused, "this host was removed from the configuration");
    const auto target = desk_.fleet.target(at, *model_);
    const auto encoded = backend->provider->encode(request_, target);
    if (!encoded) co_return encoded.error();
    net::UpstreamRequest request;
    request.method = encoded->method;
    request.path = encoded->path;
    request.body = encoded->body;
    const auto timeouts = desk_.fleet.timeouts(at.host);
    net::UpstreamLimits limits;
    limits.connect = timeouts.connect;
    limits.first_byte = desk_.fleet.first_token_limit(at);
    limits.idle = timeouts.idle;
    const auto upstream = desk_.worker.upstreams().open(backend->endpoint);
    exchange_.on_gone([&upstream] { upstream->cancel(); });
    auto failure = co_await talk(*upstream, *backend, request, limits);
    exchange_.on_gone({});
    co_return failure;
  }

  net::task<std::optional<core::Failure>> talk(net::UpstreamCall& upstream, const Backend& backend,
                                               const net::UpstreamRequest& request,
                                               const net::UpstreamLimits& limits) {
    const auto head = co_await upstream.send(request, limits);
    if (!head) co_return head.error();
    const int status = head->status;
    const auto body = co_await upstream.read_all(largest_reply);
    if (!body) co_return body.error();
    if (status != 200) co_return backend.provider->failure_of(status, *body);
    const auto vectors = providers::decode_embeddings(backend.provider->kind(), *body);
    if (!vectors) co_return vectors.error();
    usage_ = vectors->usage;
    std::string out;
    switch (request_.surface) {
      case core::Surface::ollama_embed:
        wire::ollama::write_embed(vectors->vectors, usage_, request_.model, out);
        break;
      case core::Surface::ollama_embeddings:
        wire::ollama::write_embedding(
            vectors->vectors.empty() ? std::vector<float>() : vectors->vectors.front(), out);
        break;
      default:
        wire::openai::write_embeddings(vectors->vectors, usage_, model_->public_id, request_.base64, out);
    }
    const auto& host = fleet_->host_of(*model_);
    const std::string lines = "x-request-id: " + id_ +
                              "\r\nx-codecrucible-provider: " + provider_label(host) +
                              "\r\nx-codecrucible-model: " + model_->id + "\r\n" + cors();
    net::ReplyHead reply;
    reply.extra = lines;
    co_await exchange_.reply(reply, out);
    co_return std::nullopt;
  }

  void tell(const std::optional<core::Failure>& failure) {
    telemetry::Finished finished;
    finished.surface = static_cast<std::size_t>(request_.surface);
    finished.outcome = failure ? static_cast<std::size_t>(failure->cause) + 1 : 0;
    finished.task = static_cast<std::size_t>(core::TaskType::general);
    finished.duration = clock_now() - exchange_.arrived();
    finished.prompt_tokens = static_cast<std::uint64_t>(usage_.prompt_tokens.value_or(0));
    telemetry::AccessLine line;
    line.request_id = id_;
    line.remote = exchange_.remote();
    line.method = exchange_.method();
    line.path = exchange_.path();
    line.status = failure ? core::http_status(failure->cause) : 200;
    line.surface = router::name(request_.surface);
    line.duration = finished.duration;
    if (failure) line.cause = core::label(failure->cause);
    if (model_ != nullptr) {
      const auto& host = fleet_->host_of(*model_);
      finished.series = desk_.series(host.name, model_->id);
      line.provider = host.name;
      line.model = model_->id;
    }
    if (guest_.key != nullptr) {
      desk_.limits.spend(*guest_.key, usage_.prompt_tokens.value_or(0), 0, clock_now(),
                         std::chrono::system_clock::now());
    }
    desk_.recorder.finished(finished);
    desk_.log.access(line);
  }

  net::Exchange& exchange_;
  WorkerDesk& desk_;
  Guest guest_;
  SnapshotPtr snapshot_;
  core::FleetViewPtr fleet_;
  core::Arena arena_;
  core::EmbeddingsRequest request_{arena_};
  const core::ModelView* model_ = nullptr;
  core::Usage usage_;
  std::string id_;
};

}  // namespace

net::task<> serve_embeddings(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest) {
  EmbeddingsJob job(exchange, desk, surface, std::move(guest));
  co_await job.run();
}

}  // namespace codecrucible::gateway
