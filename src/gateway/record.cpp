#include "gateway/record.hpp"

#include "gateway/model_pages.hpp"
#include "gateway/remember.hpp"
#include "gateway/trace_notes.hpp"

namespace codecrucible::gateway {
namespace {

// What was decided, by whom; nothing for answers from memory and requests that nobody understood.
void record_decision(const ChatJob& job) {
  const auto& decision = job.decision;
  if (decision.ranked.empty() && decision.rule.empty()) return;
  if (decision.concrete && decision.rule.empty()) {
    job.desk.metrics.decided("model named");
  } else {
    job.desk.metrics.decided(decision.rule);
  }
  if (decision.denied) job.desk.recorder.count(telemetry::Count::rule_denied);
  if (decision.explored) job.desk.recorder.count(telemetry::Count::explored);
}

// Every attempt counts, also those whose answer nobody saw. A backend that tells no numbers, or was cut off
// before it could, is charged by estimate: an event is about a token.
void charge(const ChatJob& job, core::Time now) {
  if (job.guest.key == nullptr) return;
  std::int64_t prompt = 0;
  std::int64_t completion = 0;
  for (const auto& attempt : job.attempts) {
    const auto& observed = attempt.observed;
    const auto events = static_cast<std::int64_t>(observed.events);
    if (observed.usage.prompt_tokens || events != 0)
      prompt += observed.usage.prompt_tokens.value_or(job.facts.prompt_tokens);
    completion += observed.usage.completion_tokens.value_or(events);
  }
  job.desk.limits.spend(*job.guest.key, prompt, completion, now, std::chrono::system_clock::now());
}

}  // namespace

std::size_t outcome_index(const std::optional<core::Failure>& failure) {
  return failure ? static_cast<std::size_t>(failure->cause) + 1 : 0;
}

telemetry::Dimensions metric_dimensions() {
  telemetry::Dimensions dimensions;
  for (int i = 0; i <= static_cast<int>(core::Surface::anthropic_messages); ++i) {
    dimensions.surfaces.emplace_back(router::name(static_cast<core::Surface>(i)));
  }
  dimensions.outcomes.emplace_back("ok");
  for (int i = 0; i <= static_cast<int>(core::Cause::internal); ++i) {
    dimensions.outcomes.emplace_back(core::label(static_cast<core::Cause>(i)));
  }
  for (std::size_t i = 0; i < core::task_type_count; ++i) {
    dimensions.tasks.emplace_back(core::name(static_cast<core::TaskType>(i)));
  }
  return dimensions;
}

void record(ChatJob& job, const HeardAnswer* answer) {
  const auto now = std::chrono::steady_clock::now();
  telemetry::Finished finished;
  finished.surface = static_cast<std::size_t>(job.request.surface);
  finished.outcome = outcome_index(job.failure);
  finished.task = static_cast<std::size_t>(job.verdict.type);
  finished.duration = now - job.exchange.arrived();
  finished.queued = job.queued;
  const auto away = job.waited + job.queued;
  finished.overhead = finished.duration > away ? finished.duration - away : core::Duration::zero();

  telemetry::AccessLine line;
  line.request_id = job.id;
  line.remote = job.exchange.remote();
  line.method = job.exchange.method();
  line.path = job.exchange.path();
  line.status = job.failure ? wire::status_of(job.request.surface, job.failure->cause) : 200;
  line.surface = router::name(job.request.surface);
  if (job.classified) {
    line.task = core::name(job.verdict.type);
    line.complexity = core::name(job.verdict.complexity);
  }
  line.rule = job.decision.rule;
  if (job.failure) line.cause = core::label(job.failure->cause);
  line.duration = finished.duration;
  line.attempts = static_cast<int>(job.attempts.size());
  line.escalated = job.escalated;
  line.streamed = job.request.stream;
  const auto slow = job.snapshot->settings.monitoring.slow_request;
  line.slow = slow.count() > 0 && finished.duration > slow;
  line.user = job.request.user;
  line.cache = job.cache_word;
  if (job.retold) {
    line.provider = job.retold->provider;
    line.model = job.retold->model;
    line.rule = job.retold->rule;
    line.prompt_tokens = job.retold_usage.prompt_tokens.value_or(-1);
    line.completion_tokens = job.retold_usage.completion_tokens.value_or(-1);
  }

  std::string provider;
  for (const auto& attempt : job.attempts) {
    const auto& model = job.fleet->models[attempt.model];
    const auto& host = job.fleet->host_of(model);
    const auto series = job.desk.series(host.name, model.id);
    job.desk.recorder.attempt(series, outcome_index(attempt.failure));
    finished.series = series;
    provider = provider_label(host);
    line.provider = provider;
    line.model = model.id;
  }
  if (!job.attempts.empty()) {
    const auto& last = job.attempts.back();
    if (last.first_content != core::Time{})
      finished.first_token = last.first_content - job.exchange.arrived();
    line.first_token = finished.first_token;
    const auto& usage = last.observed.usage;
    line.prompt_tokens = usage.prompt_tokens.value_or(-1);
    line.completion_tokens = usage.completion_tokens.value_or(-1);
    finished.prompt_tokens = static_cast<std::uint64_t>(usage.prompt_tokens.value_or(0));
    finished.completion_tokens = static_cast<std::uint64_t>(usage.completion_tokens.value_or(0));
    if (!job.failure) {
      const auto& model = job.fleet->models[last.model];
      job.desk.conversations.answered(job.facts.conversation, job.fleet->host_of(model).name, model.id);
    }
  }
  record_decision(job);
  record_escalation(job, finished, line);
  charge(job, now);
  if (job.failure && job.failure->cause == core::Cause::client_gone) {
    job.desk.recorder.count(telemetry::Count::client_gone);
  }
  job.desk.recorder.finished(finished);
  job.desk.log.access(line);
  tell_trace(job, finished);
  if (answer != nullptr && job.snapshot->settings.history.enabled) remember(job, *answer, finished);
}

}  // namespace codecrucible::gateway
