#include "gateway/trace_notes.hpp"

#include "gateway/model_pages.hpp"
#include "gateway/trace_desk.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

using telemetry::Span;

constexpr std::size_t longest_state = 512;  // of a tracestate that is passed on; the standard's least
constexpr std::size_t longest_name = 200;   // of what a client wrote

std::string shortened(std::string_view text) {
  return std::string(text.substr(0, longest_name));
}

std::string_view operation(const core::ChatRequest& request) {
  return core::is_completion(request.surface) ? "text_completion" : "chat";
}

void add_failure(const core::Failure& failure, Span& span) {
  span.attributes.push_back({"error.type", std::string(core::label(failure.cause))});
  span.trouble = std::string(core::label(failure.cause));
}

Span span_of(const ChatJob& job, const AttemptRecord& attempt, const Clocks& clocks) {
  const auto& model = job.fleet->models[attempt.model];
  const auto& host = job.fleet->host_of(model);
  Span span;
  span.context = job.trace;
  span.context.span = attempt.span;
  span.parent = job.trace.span;
  describe_try(span, host, model, operation(job.request), attempt.failure ? &*attempt.failure : nullptr);
  span.began = clocks.at(attempt.began);
  span.ended = clocks.at(attempt.ended == core::Time{} ? clocks.now() : attempt.ended);
  auto& facts = span.attributes;
  if (!attempt.observed.model.empty()) facts.push_back({"gen_ai.response.model", attempt.observed.model});
  if (attempt.first_content != core::Time{}) {
    const std::chrono::duration<double> first = attempt.first_content - attempt.began;
    facts.push_back({"gen_ai.response.time_to_first_chunk", first.count()});
  }
  if (attempt.doubted) facts.push_back({"codecrucible.doubted", true});
  describe_usage(span, attempt.observed.usage);
  return span;
}

}  // namespace

std::uint64_t fresh_span(WorkerDesk& desk) noexcept {
  const auto id = desk.random.next();
  return id != 0 ? id : 1;
}

TraceStart start_trace(const net::Exchange& exchange, WorkerDesk& desk) {
  TraceStart start;
  const auto given = exchange.header("traceparent");
  const auto& traces = desk.traces;
  if (given.empty() && !traces.enabled()) return start;
  const auto context = telemetry::read_traceparent(given);
  if (context) {
    start.context = *context;
    start.parent = context->span;
    start.traced = traces.enabled() && context->sampled;
  } else if (traces.enabled() && desk.random.unit() < traces.sample()) {
    start.context.trace = {fresh_span(desk), desk.random.next()};
    start.context.sampled = start.traced = true;
  }
  if (start.traced) start.context.span = fresh_span(desk);
  return start;
}

std::string trace_lines(const net::Exchange& exchange, const TraceStart& start, std::uint64_t span) {
  if (!start.traced && start.parent == 0) return {};
  auto context = start.context;
  if (start.traced) context.span = span;
  std::string lines = "traceparent: " + telemetry::write_traceparent(context) + "\r\n";
  const auto state = exchange.header("tracestate");
  if (start.parent != 0 && !state.empty() && state.size() <= longest_state)
    lines.append("tracestate: ").append(state).append("\r\n");
  return lines;
}

void describe_request(Span& root, const net::Exchange& exchange, std::string_view operation,
                      std::string_view asked, std::string_view id, core::Duration duration,
                      const core::Failure* failure, const Clocks& clocks) {
  root.kind = Span::Kind::server;
  root.began = clocks.at(clocks.now() - duration);
  root.ended = clocks.at(clocks.now());
  const auto model = shortened(asked);
  root.name.append(operation).append(" ").append(model);
  auto& facts = root.attributes;
  facts.push_back({"http.request.method", std::string(exchange.method())});
  facts.push_back({"url.path", shortened(exchange.path())});
  const std::int64_t status = failure != nullptr ? core::http_status(failure->cause) : 200;
  facts.push_back({"http.response.status_code", status});
  facts.push_back({"gen_ai.operation.name", std::string(operation)});
  facts.push_back({"gen_ai.request.model", model});
  facts.push_back({"codecrucible.request_id", std::string(id)});
  // What a client did wrong, or that it left, is no error of the server's span.
  if (failure != nullptr && status >= 500) add_failure(*failure, root);
}

void describe_try(Span& span, const core::HostView& host, const core::ModelView& model,
                  std::string_view operation, const core::Failure* failure) {
  span.kind = Span::Kind::client;
  span.name.append(operation).append(" ").append(model.id);
  auto& facts = span.attributes;
  facts.push_back({"gen_ai.operation.name", std::string(operation)});
  facts.push_back({"gen_ai.provider.name", std::string(core::name(host.kind))});
  facts.push_back({"gen_ai.request.model", model.id});
  facts.push_back({"server.address", host.name});
  if (failure != nullptr) add_failure(*failure, span);
}

void describe_usage(Span& span, const core::Usage& usage) {
  if (usage.prompt_tokens) span.attributes.push_back({"gen_ai.usage.input_tokens", *usage.prompt_tokens});
  if (usage.completion_tokens)
    span.attributes.push_back({"gen_ai.usage.output_tokens", *usage.completion_tokens});
}

void begin_trace(ChatJob& job) {
  const auto start = start_trace(job.exchange, job.desk);
  job.trace = start.context;
  job.trace_parent = start.parent;
  job.traced = start.traced;
}

std::string trace_lines(const ChatJob& job, std::uint64_t span) {
  return trace_lines(job.exchange, {job.trace, job.trace_parent, job.traced}, span);
}

void tell_trace(const ChatJob& job, const telemetry::Finished& finished) {
  if (!job.traced) return;
  const Clocks clocks;
  std::vector<Span> spans;
  spans.reserve(job.attempts.size() + 1);
  auto& root = spans.emplace_back();
  root.context = job.trace;
  root.parent = job.trace_parent;
  const auto asked = job.request.model.empty() ? std::string_view("auto") : job.request.model;
  describe_request(root, job.exchange, operation(job.request), asked, job.id, finished.duration,
                   job.failure ? &*job.failure : nullptr, clocks);
  auto& facts = root.attributes;
  if (!job.decision.rule.empty()) facts.push_back({"codecrucible.rule", job.decision.rule});
  if (job.classified) {
    facts.push_back({"codecrucible.task", std::string(core::name(job.verdict.type))});
    facts.push_back({"codecrucible.complexity", std::string(core::name(job.verdict.complexity))});
  }
  facts.push_back({"codecrucible.cache", job.cache_word});
  facts.push_back({"codecrucible.escalated", job.escalated});
  facts.push_back({"codecrucible.stream", job.request.stream});
  facts.push_back(
      {"codecrucible.overhead_seconds", std::chrono::duration<double>(finished.overhead).count()});
  if (!job.attempts.empty()) {
    const auto& last = job.attempts.back();
    facts.push_back({"gen_ai.response.model", job.fleet->models[last.model].id});
    describe_usage(root, last.observed.usage);
  }
  for (const auto& attempt : job.attempts) spans.push_back(span_of(job, attempt, clocks));
  job.desk.traces.hand_over(std::move(spans));
}

}  // namespace codecrucible::gateway
