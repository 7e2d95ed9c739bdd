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

std::uint64_t fresh_id(Random& random) noexcept {
  const auto id = random.next();
  return id != 0 ? id : 1;
}

std::string_view operation(const core::ChatRequest& request) {
  return core::is_completion(request.surface) ? "text_completion" : "chat";
}

// Steady times as those of the wall, by one look at both clocks.
class Clocks {
 public:
  std::chrono::system_clock::time_point at(core::Time steady) const {
    return wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(steady - steady_);
  }
  core::Time now() const { return steady_; }

 private:
  core::Time steady_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_ = std::chrono::system_clock::now();
};

void add_usage(const core::Usage& usage, Span& span) {
  if (usage.prompt_tokens) span.attributes.push_back({"gen_ai.usage.input_tokens", *usage.prompt_tokens});
  if (usage.completion_tokens)
    span.attributes.push_back({"gen_ai.usage.output_tokens", *usage.completion_tokens});
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
  span.kind = Span::Kind::client;
  span.name.append(operation(job.request)).append(" ").append(model.id);
  span.began = clocks.at(attempt.began);
  span.ended = clocks.at(attempt.ended == core::Time{} ? clocks.now() : attempt.ended);
  auto& facts = span.attributes;
  facts.push_back({"gen_ai.operation.name", std::string(operation(job.request))});
  facts.push_back({"gen_ai.provider.name", std::string(core::name(host.kind))});
  facts.push_back({"gen_ai.request.model", model.id});
  facts.push_back({"server.address", host.name});
  if (!attempt.observed.model.empty()) facts.push_back({"gen_ai.response.model", attempt.observed.model});
  if (attempt.first_content != core::Time{}) {
    const std::chrono::duration<double> first = attempt.first_content - attempt.began;
    facts.push_back({"gen_ai.response.time_to_first_chunk", first.count()});
  }
  if (attempt.doubted) facts.push_back({"codecrucible.doubted", true});
  add_usage(attempt.observed.usage, span);
  if (attempt.failure) add_failure(*attempt.failure, span);
  return span;
}

}  // namespace

void begin_trace(ChatJob& job) {
  const auto given = job.exchange.header("traceparent");
  auto& traces = job.desk.traces;
  if (given.empty() && !traces.enabled()) return;
  const auto context = telemetry::read_traceparent(given);
  if (context) {
    job.trace = *context;
    job.trace_parent = context->span;
    job.traced = traces.enabled() && context->sampled;
  } else if (traces.enabled() && job.desk.random.unit() < traces.sample()) {
    job.trace.trace = {fresh_id(job.desk.random), job.desk.random.next()};
    job.trace.sampled = job.traced = true;
  }
  if (job.traced) job.trace.span = fresh_id(job.desk.random);
}

std::string trace_lines(const ChatJob& job, std::uint64_t span) {
  if (!job.traced && job.trace_parent == 0) return {};
  auto context = job.trace;
  if (job.traced) context.span = span;
  std::string lines = "traceparent: " + telemetry::write_traceparent(context) + "\r\n";
  const auto state = job.exchange.header("tracestate");
  if (job.trace_parent != 0 && !state.empty() && state.size() <= longest_state)
    lines.append("tracestate: ").append(state).append("\r\n");
  return lines;
}

void tell_trace(const ChatJob& job, const telemetry::Finished& finished) {
  if (!job.traced) return;
  const Clocks clocks;
  std::vector<Span> spans;
  spans.reserve(job.attempts.size() + 1);
  auto& root = spans.emplace_back();
  root.context = job.trace;
  root.parent = job.trace_parent;
  root.kind = Span::Kind::server;
  root.began = clocks.at(clocks.now() - finished.duration);
  root.ended = clocks.at(clocks.now());
  const auto asked = shortened(job.request.model.empty() ? std::string_view("auto") : job.request.model);
  root.name.append(operation(job.request)).append(" ").append(asked);
  auto& facts = root.attributes;
  facts.push_back({"http.request.method", std::string(job.exchange.method())});
  facts.push_back({"url.path", shortened(job.exchange.path())});
  const std::int64_t status = job.failure ? core::http_status(job.failure->cause) : 200;
  facts.push_back({"http.response.status_code", status});
  facts.push_back({"gen_ai.operation.name", std::string(operation(job.request))});
  facts.push_back({"gen_ai.request.model", asked});
  facts.push_back({"codecrucible.request_id", job.id});
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
    add_usage(last.observed.usage, root);
  }
  // What a client did wrong, or that it left, is no error of the server's span.
  if (job.failure && status >= 500) add_failure(*job.failure, root);
  for (const auto& attempt : job.attempts) spans.push_back(span_of(job, attempt, clocks));
  job.desk.traces.hand_over(std::move(spans));
}

}  // namespace codecrucible::gateway
