#include "gateway/escalation.hpp"

#include "gateway/chat_job.hpp"
#include "gateway/hold_back.hpp"
#include "router/router.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace codecrucible::gateway {
namespace {

using confidence::Escalate;
using confidence::Rung;

// A classifier that is not sure may have sent the request to a model that is too small.
constexpr double price_of_doubt = 0.1;
// By how much better a stronger model has to be expected to be, in quality.
constexpr double least_gain = 0.03, least_gain_if_asked = 0.001;

// What the client named (a model, a tier, a host) is left only for `always`: then the ranking goes on with
// those whom "auto-quality" would ask.
void widen(ChatJob& job) {
  auto facts = job.facts;
  facts.model = "auto-quality";
  const auto wider = router::decide(facts, job.snapshot->policy, *job.fleet, 0);
  auto& ranked = job.decision.ranked;
  for (const auto& candidate : wider.ranked) {
    const bool known = std::any_of(ranked.begin(), ranked.end(),
                                   [&](const auto& one) { return one.model == candidate.model; });
    if (!known) ranked.push_back(candidate);
  }
  job.decision.concrete = false;
}

// Among those that are ranked, who is expected to be better by `gain`, and can begin in time. `slow` is set
// if somebody could not.
std::optional<std::size_t> better_than(const ChatJob& job, std::size_t position,
                                       std::span<const std::size_t> tried, double gain, bool& slow) {
  const std::chrono::duration<double> extra = job.snapshot->settings.confidence.extra_time;
  std::vector<std::size_t> out(tried.begin(), tried.end());
  auto found = router::stronger_candidate(job.decision, out, position, gain);
  // One that has to be loaded first may be too slow where another one is not.
  while (found && job.decision.ranked[*found].seconds_first > extra.count()) {
    slow = true;
    out.push_back(*found);
    found = router::stronger_candidate(job.decision, out, position, gain);
  }
  return found;
}

// Who would answer instead, and soon enough. Who insists gets whoever is stronger at all: of an easy request
// models differ by little.
std::optional<std::size_t> stronger_than(ChatJob& job, std::size_t position,
                                         std::span<const std::size_t> tried, bool& slow) {
  if (job.escalation.wish != Escalate::always) return better_than(job, position, tried, least_gain, slow);
  if (job.decision.concrete) widen(job);
  auto found = better_than(job, position, tried, least_gain_if_asked, slow);
  if (found) return found;
  widen(job);
  return better_than(job, position, tried, least_gain_if_asked, slow);
}

// Who insists is told why nobody else was asked.
void nobody(Escalation& escalation, std::string_view why) {
  if (escalation.wish != Escalate::always || escalation.outcome != Escalation::Outcome::none) return;
  escalation.outcome = Escalation::Outcome::unavailable;
  escalation.reason = why;
}

}  // namespace

confidence::Facts judging_facts(const ChatJob& job) {
  confidence::Sorting sorting;
  if (job.classified) {
    sorting.type = job.verdict.type;
    sorting.complexity = job.verdict.complexity;
    sorting.confidence = job.verdict.confidence;
    sorting.code = job.verdict.needs.code;
  }
  return confidence::facts_of(job.request, sorting);
}

std::unique_ptr<HoldBack> hold_for(ChatJob& job, std::size_t position, std::span<const std::size_t> tried) {
  auto& escalation = job.escalation;
  escalation.stronger.reset();
  const auto& settings = job.snapshot->settings.confidence;
  if (job.delivery->live())
    return nullptr;  // a text that broke off goes on elsewhere: it cannot be taken back
  if (escalation.settled || escalation.wish == Escalate::never) return nullptr;
  if (escalation.outcome == Escalation::Outcome::unavailable) escalation.outcome = Escalation::Outcome::none;
  if (!settings.enabled) nobody(escalation, "escalation is off");
  if (job.request.n.value_or(1) > 1) nobody(escalation, "several choices asked for");
  if (!settings.enabled || job.request.n.value_or(1) > 1) return nullptr;
  // A model that the client named is not left for another; what it wants of tools is mended all the same.
  const bool chosen_by_us = !job.decision.concrete || escalation.wish == Escalate::always;

  double expected = job.decision.ranked[position].quality;
  if (job.classified) expected -= price_of_doubt * (1 - job.verdict.confidence);
  expected -= job.decision.rule_shortfall;
  const bool risky = chosen_by_us && (escalation.wish == Escalate::always || expected < settings.safe_above);
  const bool calls = settings.repair_tool_calls && !job.request.tools.empty();
  if (!risky && !calls) return nullptr;

  const auto now = std::chrono::steady_clock::now();
  if (!escalation.ladder) escalation.ladder.emplace(settings, escalation.wish, Rung::fast, now);
  auto& budget = job.desk.escalations.escalations();
  if (chosen_by_us && job.decision.escalation_threshold > 0 && escalation.ladder->may_climb(budget, now)) {
    bool slow = false;
    escalation.stronger = stronger_than(job, position, tried, slow);
    if (!escalation.stronger) nobody(escalation, slow ? "stronger model too slow" : "no stronger model");
  } else if (job.decision.escalation_threshold <= 0) {
    nobody(escalation, "escalation is off here");
  }
  if (!escalation.stronger && !calls) return nullptr;

  HoldBack::Plan plan;
  plan.facts = judging_facts(job);
  plan.settings = settings;
  plan.model = job.snapshot->judge;
  plan.show_logprobs = job.request.logprobs.value_or(false);
  const double threshold = job.decision.escalation_threshold;
  plan.terms.threshold =
      static_cast<float>(escalation.wish == Escalate::always ? threshold : budget.selective(threshold));
  plan.terms.may_escalate = escalation.stronger.has_value();
  plan.terms.whole = !job.request.stream;
  plan.terms.offset = offset_of(job.snapshot->offsets.get(), job.model_at(position).id);
  escalation.offset = plan.terms.offset.shift();
  if (!risky || !escalation.stronger) {
    // Only calls of tools are looked at: the first word of a text ends the hold.
    plan.settings.hold_tokens = 1;
    plan.logprobs = false;
  } else {
    const auto kind = confidence::comparable_kind(plan.facts, {});
    plan.facts.asked = kind;  // who judges the answer need not read the prompt again
    expected = std::min<double>(expected, plan.model->before(plan.facts));
    plan.second = escalation.ladder->care(expected, kind) == confidence::Care::second;
  }
  job.desk.recorder.count(telemetry::Count::held);
  return std::make_unique<HoldBack>(std::move(plan), job.listeners);
}

bool step_up(ChatJob& job, core::Time now) {
  auto& escalation = job.escalation;
  const auto& settings = job.snapshot->settings.confidence;
  auto& budget = job.desk.escalations.escalations();
  // The time that may be added begins with the first doubt.
  if (escalation.ladder->steps() == 0) escalation.ladder.emplace(settings, escalation.wish, Rung::fast, now);
  return escalation.stronger && escalation.ladder->climb(budget, now);
}

void append_escalation_headers(std::string& lines, const Escalation& escalation, bool escalated) {
  lines += "x-codecrucible-escalated: ";
  lines += escalated ? "true\r\n" : "false\r\n";
  if (escalation.outcome != Escalation::Outcome::none) {
    lines += "x-codecrucible-escalation: ";
    lines += name(escalation.outcome);
    lines += "\r\n";
    lines.append("x-codecrucible-escalation-reason: ").append(escalation.reason).append("\r\n");
  }
  if (escalation.offset != 0 && escalation.confidence >= 0) {
    char text[16];
    std::snprintf(text, sizeof text, "%+.2f", static_cast<double>(escalation.offset));
    lines.append("x-codecrucible-confidence-offset: ").append(text).append("\r\n");
  }
  if (escalation.repaired > 0) {
    lines += "x-codecrucible-repaired-calls: ";
    lines += std::to_string(escalation.repaired);
    lines += "\r\n";
  }
}

void record_escalation(ChatJob& job, telemetry::Finished& finished, telemetry::AccessLine& line) {
  using Outcome = Escalation::Outcome;
  const auto& escalation = job.escalation;
  finished.confidence = escalation.doubt >= 0 ? escalation.doubt : escalation.confidence;
  finished.held = escalation.held;
  line.confidence = finished.confidence;
  line.held = escalation.held;
  if (escalation.outcome == Outcome::none) return;
  line.escalation = name(escalation.outcome);
  line.escalation_reason = escalation.reason;
  if (escalation.outcome == Outcome::unavailable) return;
  job.desk.recorder.count(escalation.outcome == Outcome::refused ? telemetry::Count::escalation_refused
                          : escalation.outcome == Outcome::kept  ? telemetry::Count::escalation_kept
                                                                 : telemetry::Count::escalation);
  job.desk.metrics.doubted(escalation.reason);
}

std::string_view name(Escalation::Outcome outcome) noexcept {
  static constexpr std::string_view names[] = {"none", "escalated", "kept", "refused", "unavailable"};
  return names[static_cast<std::size_t>(outcome)];
}

}  // namespace codecrucible::gateway
