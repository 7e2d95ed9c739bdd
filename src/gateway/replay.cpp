#include "gateway/replay.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace codecrucible::gateway {
namespace {

core::Surface surface_named(std::string_view wanted) {
  for (int i = 0; i <= static_cast<int>(core::Surface::anthropic_messages); ++i) {
    if (router::name(static_cast<core::Surface>(i)) == wanted) return static_cast<core::Surface>(i);
  }
  return core::Surface::openai_chat;
}

std::vector<std::string_view> words_of(std::string_view joined) {
  std::vector<std::string_view> out;
  while (!joined.empty()) {
    const auto end = std::min(joined.find(','), joined.size());
    out.push_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return out;
}

std::string place(const std::string& model, const std::string& host) {
  return model + " @ " + host;
}

struct Expected {
  double quality = 0, seconds = 0;
};

// Even over the requests, the same for the same one: splits without a key stay what they are.
double even01(const std::string& id) {
  return static_cast<double>(std::hash<std::string>{}(id) >> 11U) * 0x1.0p-53;
}

}  // namespace

router::Facts facts_of(const history::Record& record, classifier::Verdict& verdict) {
  const auto& f = record.features;
  verdict = {};
  verdict.type = f.task;
  verdict.complexity = f.complexity;
  verdict.score = f.score;
  verdict.confidence = f.confidence;
  verdict.keywords = words_of(f.keywords);
  verdict.needs.code = f.needs_code;
  verdict.needs.structured = f.needs_structured;
  verdict.needs.tools = f.tools;
  verdict.needs.vision = f.vision;
  verdict.prompt_tokens = f.prompt_tokens;
  verdict.context_files = f.context_files;
  router::Facts facts;
  if (f.classified) facts.verdict = &verdict;
  facts.surface = surface_named(record.surface);
  facts.model = f.model_asked;
  facts.language = f.language;
  facts.tools = f.tools;
  facts.vision = f.vision;
  facts.completion = f.completion;
  facts.insert = f.insert;
  facts.structured = f.structured;
  facts.thinking = f.thinking;
  facts.logprobs = f.logprobs;
  facts.stream = f.stream;
  facts.prompt_tokens = f.prompt_tokens;
  facts.max_tokens = f.max_tokens;
  facts.prompt_length = f.prompt_length;
  facts.prefer = router::prefer_of(f.prefer).value_or(router::Prefer::balanced);
  facts.local_only = f.local_only;
  facts.may_explore = false;
  facts.conversation = record.conversation;
  facts.tool_loop = f.tool_loop;
  facts.running = f.running;
  // Where the conversation was is where it went, if it stayed.
  if (f.stayed && !record.ranked.empty()) {
    facts.previous_provider = record.ranked.front().host;
    facts.previous_model = record.ranked.front().model;
  }
  facts.hour = f.hour;
  facts.weekday = f.weekday;
  return facts;
}

void WhatIf::add(const history::Record& record) {
  if (record.ranked.empty() || record.variant == "shadow") {
    ++sums_.skipped;
    return;
  }
  classifier::Verdict verdict;
  const auto facts = facts_of(record, verdict);
  const auto decision = router::decide(facts, policy_, *fleet_, even01(record.id));
  ++sums_.decided;
  ++sums_.rules[decision.rule];
  const auto& before = record.ranked.front();
  if (decision.ranked.empty()) {
    ++sums_.refused;
    ++sums_.refusals[decision.refusal.detail.substr(0, 120)];
    return;
  }
  const auto expected_of = [&](const std::string& host, const std::string& model) -> std::optional<Expected> {
    for (const auto& candidate : decision.ranked) {
      const auto& view = fleet_->models[candidate.model];
      if (view.id == model && fleet_->host_of(view).name == host)
        return Expected{candidate.quality, candidate.seconds};
    }
    return std::nullopt;
  };
  const auto& chosen = decision.ranked.front();
  const auto& model = fleet_->models[chosen.model];
  const auto& host = fleet_->host_of(model).name;
  const Expected then =
      expected_of(before.host, before.model).value_or(Expected{before.quality, before.seconds});
  ++sums_.compared;
  sums_.quality_before += then.quality;
  sums_.seconds_before += then.seconds;
  sums_.quality_after += chosen.quality;
  sums_.seconds_after += chosen.seconds;
  if (model.id == before.model && host == before.host) {
    ++sums_.same;
    return;
  }
  ++sums_.elsewhere;
  auto& shift = sums_.shifts[{place(before.model, before.host), place(model.id, host)}];
  if (shift.count++ == 0) {
    shift.rule = decision.rule;
    shift.example = record.id;
  }
  shift.quality += chosen.quality - then.quality;
  shift.seconds += chosen.seconds - then.seconds;
}

}  // namespace codecrucible::gateway
