#include "gateway/embeddings.hpp"

#include "gateway/body_fault.hpp"
#include "gateway/clock.hpp"
#include "gateway/cors.hpp"
#include "gateway/delivery.hpp"
#include "gateway/model_pages.hpp"
#include "gateway/record.hpp"
#include "gateway/trace_notes.hpp"
#include "history/pseudonym.hpp"
#include "net/plain_request.hpp"
#include "providers/provider.hpp"
#include "router/router.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"
#include "wire/surrogates.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_reply = 256 * 1024 * 1024;

// One try at one model.
struct Try {
  const core::ModelView* model = nullptr;
  core::Time began{}, ended{};
  std::optional<core::Failure> failure;
  std::uint64_t span = 0;  // in the request's trace
};

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
    trace_ = start_trace(exchange, desk);
  }

  net::task<> run() {
    const telemetry::Raised running(desk_.recorder, telemetry::Gauge::requests_running);
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

  std::string standing() const {
    if (guest_.key == nullptr) return {};
    return desk_.limits.headers(*guest_.key, false, clock_now(), std::chrono::system_clock::now());
  }

  net::task<std::optional<core::Failure>> serve() {
    const auto decoded = read();
    if (!decoded) co_return decoded.error();
    auto facts = router::facts_of(request_);
    if (guest_.key != nullptr) facts.allowed_models = guest_.key->models;
    decision_ = router::decide(facts, snapshot_->policy, *fleet_, desk_.random.unit());
    if (decision_.ranked.empty()) co_return decision_.refusal;
    std::optional<core::Failure> failure;
    for (const auto& candidate : decision_.ranked) {
      model_ = &fleet_->models[candidate.model];
      failure = co_await attempt();
      if (!failure || !core::may_try_elsewhere(failure->cause)) break;
    }
    co_return failure;
  }

  core::Result<void> read() {
    auto decoded = wire::read_mended(
        exchange_.body(), arena_, [this](std::string_view body) { return decode(body); },
        [this] {
          const auto surface = request_.surface;
          request_ = core::EmbeddingsRequest(arena_);
          request_.surface = surface;
        });
    if (!decoded) return body_fault(exchange_, decoded.error());
    return decoded;
  }

  core::Result<void> decode(std::string_view body) {
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
    const auto asked = clock_now();
    auto lease = co_await desk_.fleet.admit(desk_.worker, std::move(ask), exchange_);
    const auto began = clock_now();
    queued_ += began - asked;
    if (!lease) co_return lease.error();
    auto& fresh = tries_.emplace_back();
    fresh.model = model_;
    fresh.began = began;
    if (trace_.traced) fresh.span = fresh_span(desk_);
    answered_ = {};
    auto failure = co_await call(lease->at);
    auto& told = tries_.back();
    told.ended = clock_now();
    told.failure = failure;
    fleet::Outcome outcome;
    outcome.cancelled = exchange_.gone();
    if (failure && !outcome.cancelled) outcome.cause = failure->cause;
    outcome.total = told.ended - began;
    waited_ += answered_ == core::Time{} ? outcome.total : answered_ - began;
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
    const auto trace = trace_lines(exchange_, trace_, tries_.back().span);
    request.extra = trace;
    const auto timeouts = desk_.fleet.timeouts(at.host);
    net::UpstreamLimits limits;
    limits.connect = timeouts.connect;
    limits.first_byte = desk_.fleet.first_token_limit(at);
    limits.idle = timeouts.idle;
    const auto upstream = desk_.worker.upstreams().open(backend->endpoint);
    const telemetry::Raised calling(desk_.recorder, telemetry::Gauge::upstreams_running);
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
    answered_ = clock_now();
    if (status != 200) co_return backend.provider->failure_of(status, *body);
    const auto vectors = providers::decode_embeddings(backend.provider->kind(), *body);
    if (!vectors) co_return vectors.error();
    auto fitting = one_for_each(request_, vectors->vectors.size());
    if (!fitting) co_return fitting.error();
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
    std::string lines = "x-request-id: " + id_ + "\r\nx-codecrucible-provider: " + provider_label(host) +
                        "\r\nx-codecrucible-model: " + model_->id +
                        "\r\nx-codecrucible-attempts: " + std::to_string(tries_.size()) + "\r\n" +
                        standing() + cors();
    // This try's own waiting is not in `waited_` yet.
    const auto away = queued_ + waited_ + (answered_ - tries_.back().began);
    append_own_time(lines, clock_now() - exchange_.arrived() - away);
    net::ReplyHead reply;
    reply.extra = lines;
    co_await exchange_.reply(reply, out);
    co_return std::nullopt;
  }

  void tell(const std::optional<core::Failure>& failure) {
    telemetry::Finished finished;
    finished.surface = static_cast<std::size_t>(request_.surface);
    finished.outcome = outcome_index(failure);
    finished.task = static_cast<std::size_t>(core::TaskType::general);
    finished.duration = clock_now() - exchange_.arrived();
    finished.queued = queued_;
    const auto away = queued_ + waited_;
    finished.overhead = finished.duration > away ? finished.duration - away : core::Duration::zero();
    finished.prompt_tokens = static_cast<std::uint64_t>(usage_.prompt_tokens.value_or(0));
    telemetry::AccessLine line;
    line.request_id = id_;
    line.remote = exchange_.remote();
    line.method = exchange_.method();
    line.path = exchange_.path();
    line.status = failure ? core::http_status(failure->cause) : 200;
    line.surface = router::name(request_.surface);
    line.duration = finished.duration;
    line.attempts = static_cast<int>(tries_.size());
    for (const auto& one : tries_) {
      const auto series = desk_.series(fleet_->host_of(*one.model).name, one.model->id);
      desk_.recorder.attempt(series, outcome_index(one.failure));
    }
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
    if (trace_.traced) tell_trace(failure, finished);
    if (snapshot_->settings.history.enabled) remember(failure, finished);
  }

  void tell_trace(const std::optional<core::Failure>& failure, const telemetry::Finished& finished) {
    constexpr std::string_view operation = "embeddings";
    const Clocks clocks;
    std::vector<telemetry::Span> spans;
    auto& root = spans.emplace_back();
    root.context = trace_.context;
    root.parent = trace_.parent;
    describe_request(root, exchange_, operation, request_.model, id_, finished.duration,
                     failure ? &*failure : nullptr, clocks);
    root.attributes.push_back(
        {"codecrucible.overhead_seconds", std::chrono::duration<double>(finished.overhead).count()});
    if (!failure && model_ != nullptr) root.attributes.push_back({"gen_ai.response.model", model_->id});
    describe_usage(root, usage_);
    for (const auto& one : tries_) {
      telemetry::Span span;
      span.context = trace_.context;
      span.context.span = one.span;
      span.parent = trace_.context.span;
      describe_try(span, fleet_->host_of(*one.model), *one.model, operation,
                   one.failure ? &*one.failure : nullptr);
      span.began = clocks.at(one.began);
      span.ended = clocks.at(one.ended == core::Time{} ? clocks.now() : one.ended);
      spans.push_back(std::move(span));
    }
    desk_.traces.hand_over(std::move(spans));
  }

  void remember(const std::optional<core::Failure>& failure, const telemetry::Finished& finished) {
    auto& lane = desk_.history.lane(desk_.worker.index());
    const auto arrived = exchange_.arrived();
    auto record = lane.blank();
    record->id = id_;
    record->at = std::chrono::system_clock::now() - finished.duration;
    record->surface = router::name(request_.surface);
    record->user = history::pseudonym(desk_.history.salt(), exchange_.remote());
    record->features.model_asked = request_.model;
    record->features.prompt_tokens = static_cast<std::uint32_t>(finished.prompt_tokens);
    for (const auto input : request_.inputs)
      record->features.prompt_length += static_cast<std::uint32_t>(input.size());
    record->rule = decision_.rule;
    record->reason = decision_.reason;
    record->concrete = decision_.concrete;
    record->config_version = snapshot_->version;
    for (const auto& one : tries_) {
      const auto& host = fleet_->host_of(*one.model);
      auto& to = record->attempts.emplace_back();
      to.host = host.name;
      to.model = one.model->id;
      to.began = one.began - arrived;
      to.ended = one.ended - arrived;
      if (one.failure) to.failure = one.failure->cause;
      record->simulated = record->simulated || host.simulated;
    }
    if (failure) record->failure = failure->cause;
    record->status = failure ? core::http_status(failure->cause) : 200;
    record->prompt_tokens = usage_.prompt_tokens.value_or(-1);
    record->duration = finished.duration;
    record->queued = queued_;
    record->overhead = finished.overhead;
    record->backends = waited_;
    if (!lane.hand_over(std::move(record))) desk_.recorder.count(telemetry::Count::history_dropped);
  }

  net::Exchange& exchange_;
  WorkerDesk& desk_;
  Guest guest_;
  SnapshotPtr snapshot_;
  core::FleetViewPtr fleet_;
  core::Arena arena_;
  core::EmbeddingsRequest request_{arena_};
  router::Decision decision_;
  const core::ModelView* model_ = nullptr;
  std::vector<Try> tries_;
  core::Duration queued_{}, waited_{};
  core::Time answered_{};  // the backend's whole reply was there
  core::Usage usage_;
  std::string id_;
  TraceStart trace_;
};

}  // namespace

core::Result<void> one_for_each(const core::EmbeddingsRequest& request, std::size_t vectors) {
  const auto& texts = request.inputs;
  // How many there are among token ids the backend alone knows; nothing but blank texts may come to nothing.
  const bool blank =
      std::all_of(texts.begin(), texts.end(), [](std::string_view text) { return text.empty(); });
  if (!request.token_inputs.empty() || vectors == texts.size() || (blank && vectors == 0)) return {};
  return core::fail(core::Cause::garbage, "the backend gave " + std::to_string(vectors) + " vectors for " +
                                              std::to_string(texts.size()) + " inputs");
}

net::task<> serve_embeddings(net::Exchange& exchange, WorkerDesk& desk, core::Surface surface, Guest guest) {
  EmbeddingsJob job(exchange, desk, surface, std::move(guest));
  co_await job.run();
}

}  // namespace codecrucible::gateway
