#include "gateway/attempt.hpp"

#include "fleet/names.hpp"
#include "gateway/load.hpp"
#include "gateway/token_room.hpp"
#include "wire/ollama/client.hpp"
#include "wire/think_splitter.hpp"

#include <cctype>
#include <functional>

namespace codecrucible::gateway {
namespace {

constexpr std::size_t largest_answer = 64 * 1024 * 1024;
constexpr std::size_t largest_error = 1024 * 1024;

core::Time clock_now() {
  return std::chrono::steady_clock::now();
}

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

// An attempt under way: the pieces that its steps share.
class Attempt {
 public:
  Attempt(ChatJob& job, std::size_t model, fleet::Lease lease)
      : job_(job),
        model_(job.fleet->models[model]),
        lease_(std::move(lease)),
        backend_(job.desk.fleet.backend(lease_.at.host)) {
    record_.model = model;
  }

  net::task<AttemptRecord> run() {
    record_.began = clock_now();
    for (auto* listener : job_.listeners) listener->begin();
    auto failed = co_await serve();
    record_.ended = clock_now();
    record_.failure = std::move(failed);
    settle();
    co_return std::move(record_);
  }

 private:
  // None = the client has its answer.
  net::task<std::optional<core::Failure>> serve() {
    if (backend_ == nullptr)
      co_return core::fail(core::Cause::refused, "this host was removed from the configuration");
    job_.context.model = shown_name();
    const auto target = job_.desk.fleet.target(lease_.at, model_);
    if (lease_.must_load_first) {
      auto failed = co_await load_model(job_.desk, *backend_, lease_, target);
      if (failed) co_return failed;
    }
    sent_ = clock_now();
    job_.request.max_tokens =
        answer_limit(job_.request, model_, job_.facts.max_tokens, job_.facts.prompt_tokens);
    const auto call =
        backend_->provider->encode(job_.request, job_.has_source ? &job_.source : nullptr, target);
    if (!call) co_return call.error();
    verbatim_ = call->verbatim && backend_->settings.think_tags == core::ThinkTags::none &&
                !job_.context.begun;  // a continued answer fits into what the client has
    upstream_ = job_.desk.worker.upstreams().open(backend_->endpoint);
    job_.exchange.on_gone([this] { upstream_->cancel(); });
    auto failed = co_await talk(*call);
    job_.exchange.on_gone({});
    co_return failed;
  }

  // The model that the reply names: Ollama's clients look for the name that they asked for; all others, and
  // whoever left the choice to us, are told who really answers.
  std::string shown_name() const {
    const bool echo = core::is_ollama(job_.request.surface) && job_.decision.concrete;
    return echo ? std::string(job_.request.model) : model_.public_id;
  }

  net::task<std::optional<core::Failure>> talk(const providers::Call& call) {
    net::UpstreamRequest request;
    request.method = call.method;
    request.path = call.path;
    request.body = call.body;
    request.accept = job_.request.stream ? "text/event-stream, application/x-ndjson, application/json"
                                         : "application/json";
    const auto timeouts = job_.desk.fleet.timeouts(lease_.at.host);
    net::UpstreamLimits limits;
    limits.connect = timeouts.connect;
    limits.first_byte = job_.desk.fleet.first_token_limit(lease_.at);
    limits.idle = limits.first_byte;  // until the first token; see relay()
    limits.total = core::Deadline::in(record_.began, timeouts.total);
    idle_ = timeouts.idle;
    auto head = co_await upstream_->send(request, limits);
    if (!head) co_return gone_or(head.error());
    if (job_.request.stream && head->status == 200 && is_stream(head->content_type)) {
      auto failed = co_await relay();
      co_return failed;
    }
    const int status = head->status;
    const auto retry_after = retry_after_of(head->retry_after);
    const std::size_t limit = status == 200 ? largest_answer : largest_error;
    auto body = co_await upstream_->read_all(limit);
    if (!body) co_return gone_or(body.error());
    auto failed = co_await whole(status, retry_after, std::move(*body));
    co_return failed;
  }

  // The streamed reply. Until the first content everything is held here, so that a backend that fails early
  // costs the client nothing.
  net::task<std::optional<core::Failure>> relay() {
    const auto lane = verbatim_ ? make_verbatim_lane(job_.context)
                                : make_translated_lane(job_.request, *backend_->provider, job_.context,
                                                       record_.began, backend_->settings.think_tags);
    lane->listen(job_.listeners);
    std::string out;
    const auto& seen = lane->observed();
    while (true) {
      auto bytes = co_await upstream_->read();
      if (!bytes) {
        record_.observed = seen;
        auto failure = gone_or(bytes.error());
        out.clear();
        lane->fail(failure, out);
        if (job_.delivery->live()) co_await job_.delivery->fail(failure, out);
        co_return failure;
      }
      if (bytes->empty()) {
        lane->end(out);
      } else {
        lane->feed(*bytes, out);
      }
      if (seen.content && record_.first_content == core::Time{}) first_content();
      if (!job_.delivery->live()) {
        if (auto wrong = wrong_model(seen.model)) co_return wrong;
        if (seen.failure) co_return seen.failure;
        if (!seen.content && !seen.complete) continue;
      }
      const bool over = seen.complete || seen.failure.has_value();
      if (over && !seen.failure) all_heard();
      const bool there = co_await pass_on(out, over);
      out.clear();
      if (!there || over) {
        record_.observed = seen;
        if (seen.failure) co_return seen.failure;
        if (!there && !over)
          co_return core::fail(core::Cause::client_gone, "the client closed the connection");
        break;
      }
    }
    co_await release();
    co_return std::nullopt;
  }

  net::task<bool> pass_on(const std::string& out, bool over) {
    if (over) {
      const bool there = co_await job_.delivery->end(out);
      co_return there;
    }
    if (out.empty()) co_return true;
    const bool there = co_await job_.delivery->send(out);
    co_return there;
  }

  // After the terminal mark only the framing's end is missing: with it the connection can be used again. A
  // backend that keeps the body open is dropped (traps A13).
  net::task<> release() {
    if (upstream_->at_end()) co_return;
    upstream_->limit_idle(std::chrono::milliseconds(500));
    co_await upstream_->read();
  }

  void first_content() {
    streamed_ = true;
    record_.first_content = clock_now();
    upstream_->limit_idle(idle_);
    job_.desk.fleet.progress(lease_.id);
  }

  net::task<std::optional<core::Failure>> whole(int status, std::optional<std::chrono::seconds> retry_after,
                                                std::string body) {
    const auto failure_of = [&] {
      auto failure = backend_->provider->failure_of(status, body);
      if (!failure.retry_after) failure.retry_after = retry_after;
      return failure;
    };
    if (status != 200) co_return failure_of();
    std::string storage;
    std::string_view answer;
    if (verbatim_ && !job_.request.stream) {
      answer = gateway::relay_whole(job_.context, body, storage, record_.observed, job_.listeners);
    } else {
      answer = translate(body, storage);
    }
    const auto& seen = record_.observed;
    if (seen.failure) {
      // A 200 whose body is an error object: the provider knows its words best (traps D6).
      if (seen.failure->cause == core::Cause::backend_error) co_return failure_of();
      co_return seen.failure;
    }
    if (auto wrong = wrong_model(seen.model)) co_return wrong;
    record_.first_content = clock_now();
    all_heard();
    bool there = false;
    if (job_.request.stream) {
      there = co_await job_.delivery->end(answer);
    } else {
      there = co_await job_.delivery->whole(answer);
    }
    if (!there) co_return core::fail(core::Cause::client_gone, "the client closed the connection");
    co_return std::nullopt;
  }

  void all_heard() const {
    for (auto* listener : job_.listeners) listener->end();
  }

  // A whole reply decoded and written anew: for another dialect, or as a stream for a client that asked for
  // one.
  std::string_view translate(const std::string& body, std::string& storage) {
    core::Events events;
    backend_->provider->decode_whole(job_.request, body, job_.arena, events);
    wire::ThinkSplitter splitter(backend_->settings.think_tags);
    splitter.split(events);
    for (auto& event : events) {
      const bool unknown = event.kind == core::Event::Kind::usage && event.timings.total.count() == 0;
      if (unknown && core::is_ollama(job_.request.surface)) {
        event.timings = wire::ollama::measured(record_.began, clock_now(), clock_now());
      }
      observe(event, record_.observed);
    }
    tell(job_.listeners, events);
    if (record_.observed.failure) return {};
    record_.observed.complete = true;
    if (job_.request.stream) {
      const auto encoder = wire::make_stream_encoder(job_.context);
      for (const auto& event : events) encoder->encode(event, storage);
      encoder->finish(storage);
    } else {
      const auto encoder = wire::make_whole_encoder(job_.context);
      for (const auto& event : events) encoder->gather(event);
      encoder->write(storage);
    }
    return storage;
  }

  // LM Studio may answer an unknown or unloaded id with whatever is in memory (traps D1).
  std::optional<core::Failure> wrong_model(std::string_view answered) const {
    const auto kind = backend_->provider->kind();
    const bool names_are_kept = kind == core::ProviderKind::lmstudio || kind == core::ProviderKind::ollama;
    if (!names_are_kept || answered.empty()) return std::nullopt;
    const auto asked = fleet::canonical(model_.id);
    auto said = fleet::canonical(answered);
    if (said == asked || said.starts_with(asked) || asked.ends_with("/" + said)) return std::nullopt;
    return core::fail(core::Cause::wrong_model, lease_.at.host + " answered with " + std::string(answered) +
                                                    " instead of " + model_.id);
  }

  core::Failure gone_or(core::Failure failure) const {
    if (job_.exchange.gone()) return core::fail(core::Cause::client_gone, "the client closed the connection");
    if (job_.exchange.must_end())
      return core::fail(core::Cause::shutting_down, "the gateway is being stopped");
    return failure;
  }

  static std::optional<std::chrono::seconds> retry_after_of(std::string_view text) {
    long seconds = 0;
    for (const char c : text) {
      if (c < '0' || c > '9' || seconds > 100'000) return std::nullopt;
      seconds = seconds * 10 + (c - '0');
    }
    if (text.empty()) return std::nullopt;
    return std::chrono::seconds(seconds);
  }

  // Tells the fleet how it went; the lease ends here, whatever happened.
  void settle() {
    fleet::Outcome outcome;
    const auto& failure = record_.failure;
    outcome.cancelled = failure && (failure->cause == core::Cause::client_gone ||
                                    failure->cause == core::Cause::shutting_down);
    if (failure && !outcome.cancelled) outcome.cause = failure->cause;
    if (streamed_ && record_.first_content != core::Time{}) outcome.first = record_.first_content - sent_;
    outcome.total = record_.ended - sent_;
    outcome.usage = record_.observed.usage;
    outcome.timings = record_.observed.timings;
    if (failure && failure->retry_after) outcome.retry_after = *failure->retry_after;
    if (outcome.cause) outcome.fingerprint = std::hash<std::string_view>{}(job_.exchange.body());
    upstream_.reset();
    const auto error = job_.desk.fleet.finished(lease_.id, outcome);
    if (error) job_.desk.recorder.predicted(*error);
  }

  ChatJob& job_;
  const core::ModelView& model_;
  fleet::Lease lease_;
  BackendPtr backend_;
  std::unique_ptr<net::UpstreamCall> upstream_;
  core::Duration idle_{};
  bool verbatim_ = false;          // the reply may go on as its own bytes
  core::Time sent_ = clock_now();  // the request itself, after a load
  bool streamed_ = false;
  AttemptRecord record_;
};

}  // namespace

net::task<AttemptRecord> attempt(ChatJob& job, std::size_t model, fleet::Lease lease) {
  Attempt one(job, model, std::move(lease));
  auto record = co_await one.run();
  co_return record;
}

}  // namespace codecrucible::gateway
