#include "gateway/remember.hpp"

#include "history/signals.hpp"

#include <algorithm>
#include <array>

namespace codecrucible::gateway {
namespace {

// The whole conversation as text, its end if it is too long: what was asked last stands there.
void append_prompt(const core::ChatRequest& request, std::size_t limit, std::string& out, bool& cut) {
  if (!request.prompt.empty()) out += request.prompt;
  for (const auto& message : request.messages) {
    constexpr std::array<std::string_view, 4> roles{"system", "user", "assistant", "tool"};
    if (!out.empty()) out += '\n';
    out += '[';
    out += roles[static_cast<std::size_t>(message.role)];
    out += "] ";
    for (const auto& part : message.parts) out += part.text;
  }
  if (out.size() <= limit) return;
  cut = true;
  std::size_t from = out.size() - limit;
  while (from < out.size() && (static_cast<unsigned char>(out[from]) & 0xC0) == 0x80) ++from;
  out.erase(0, from);
}

// An answer that was cut may end inside a character.
std::string_view whole_characters(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0 && (static_cast<unsigned char>(text[end - 1]) & 0xC0) == 0x80) --end;
  if (end == 0 || static_cast<unsigned char>(text[end - 1]) < 0x80) return text;
  const auto lead = static_cast<unsigned char>(text[end - 1]);
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  return end - 1 + length <= text.size() ? text : text.substr(0, end - 1);
}

void keep_content(const ChatJob& job, const HeardAnswer& answer, history::Record& record) {
  const auto& settings = job.snapshot->settings.history;
  record.content_cut = answer.cut();
  append_prompt(job.request, settings.max_content, record.prompt, record.content_cut);
  record.answer = whole_characters(answer.text());
  const auto& salt = job.desk.history.salt();
  record.prompt_hash = history::hex_of(history::pseudonym(salt, record.prompt));
  record.answer_hash = history::hex_of(history::pseudonym(salt, record.answer));
  if (settings.store_content == history::StoreContent::full) return;
  record.prompt.clear();
  record.answer.clear();
}

void fill_features(const ChatJob& job, history::Features& out) {
  const auto& facts = job.facts;
  const auto& verdict = job.verdict;
  out.classified = job.classified;
  out.task = verdict.type;
  out.complexity = verdict.complexity;
  out.score = verdict.score;
  out.confidence = verdict.confidence;
  for (const auto word : verdict.keywords) {
    if (!out.keywords.empty()) out.keywords += ',';
    out.keywords += word;
  }
  out.language = facts.language;
  out.model_asked = job.request.model;
  out.prefer = router::name(facts.prefer);
  out.prompt_tokens =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(facts.prompt_tokens, 0, UINT32_MAX));
  out.prompt_length = static_cast<std::uint32_t>(std::min<std::size_t>(facts.prompt_length, UINT32_MAX));
  out.context_files = verdict.context_files;
  out.messages = static_cast<std::uint32_t>(job.request.messages.size());
  out.max_tokens = facts.max_tokens;
  out.hour = static_cast<std::uint8_t>(facts.hour);
  out.weekday = static_cast<std::uint8_t>(facts.weekday);
  out.tools = facts.tools;
  out.vision = facts.vision;
  out.completion = facts.completion;
  out.insert = facts.insert;
  out.structured = facts.structured;
  out.thinking = facts.thinking;
  out.logprobs = facts.logprobs;
  out.stream = job.request.stream;
  out.needs_code = verdict.needs.code;
  out.needs_structured = verdict.needs.structured;
  out.local_only = facts.local_only;
  out.may_explore = facts.may_explore;
  out.tool_loop = facts.tool_loop;
  out.running = facts.running;
  out.stayed = job.decision.stuck;
}

void fill_decision(const ChatJob& job, const router::Decision& decision, history::Record& record) {
  record.rule = decision.rule;
  record.tier = decision.tier;
  record.reason = decision.reason;
  record.rule_confidence = decision.confidence;
  record.escalation_threshold = decision.escalation_threshold;
  record.propensity = decision.propensity;
  record.explored = decision.explored;
  record.concrete = decision.concrete;
  record.config_version = job.snapshot->version;
  const auto count = std::min(decision.ranked.size(), history::most_candidates);
  record.ranked.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& from = decision.ranked[i];
    const auto& model = job.fleet->models[from.model];
    auto& to = record.ranked.emplace_back();
    to.host = job.fleet->host_of(model).name;
    to.model = model.id;
    to.utility = static_cast<float>(from.utility);
    to.quality = static_cast<float>(from.quality);
    to.seconds = static_cast<float>(from.seconds);
    to.seconds_first = static_cast<float>(from.seconds_first);
  }
}

void fill_attempts(const ChatJob& job, history::Record& record) {
  const auto arrived = job.exchange.arrived();
  const auto since = [&](core::Time at) { return at == core::Time{} ? core::Duration{} : at - arrived; };
  for (const auto& from : job.attempts) {
    const auto& model = job.fleet->models[from.model];
    auto& to = record.attempts.emplace_back();
    to.host = job.fleet->host_of(model).name;
    to.model = model.id;
    to.began = since(from.began);
    to.first = since(from.first_content);
    to.ended = since(from.ended);
    to.load = from.observed.timings.load;
    record.simulated = record.simulated || job.fleet->host_of(model).simulated;
    if (from.failure) to.failure = from.failure->cause;
    if (from.doubted) {
      to.held = true;
      to.confidence = static_cast<float>(job.escalation.doubt);
      to.verdict.assign("escalate: ").append(job.escalation.reason);
    }
    to.prompt_tokens = from.observed.usage.prompt_tokens.value_or(-1);
    to.completion_tokens = from.observed.usage.completion_tokens.value_or(-1);
  }
  if (job.attempts.empty()) return;
  const auto& last = job.attempts.back().observed;
  record.finish = last.finish;
  record.events = last.events;
  record.tool_calls = last.finish == core::FinishReason::tool_calls;
  record.prompt_tokens = last.usage.prompt_tokens.value_or(-1);
  record.completion_tokens = last.usage.completion_tokens.value_or(-1);
  record.cached_tokens = last.usage.cached_tokens.value_or(-1);
  record.reasoning_tokens = last.usage.reasoning_tokens.value_or(-1);
}

// An answer from memory, or from a generation that others share: nothing was decided for it.
void fill_retold(const ChatJob& job, history::Record& record) {
  using history::Source;
  record.source = job.cache_word == "hit"      ? Source::exact_cache
                  : job.cache_word == "joined" ? Source::shared
                                               : Source::semantic_cache;
  if (record.rule.empty()) record.rule = job.retold->rule;
  record.prompt_tokens = job.retold_usage.prompt_tokens.value_or(-1);
  record.completion_tokens = job.retold_usage.completion_tokens.value_or(-1);
}

}  // namespace

std::unique_ptr<history::Record> shadow_record(const ChatJob& job, const router::Decision& decision) {
  auto record = job.desk.history.lane(job.desk.worker.index()).blank();
  record->id = job.id + "-shadow";
  record->at = std::chrono::system_clock::now();
  record->surface = router::name(job.request.surface);
  fill_features(job, record->features);
  fill_decision(job, decision, *record);
  record->policy_version = job.snapshot->candidate_version;
  record->variant = "shadow";
  record->simulated = job.fleet->host_of(job.fleet->models[decision.ranked.front().model]).simulated;
  return record;
}

void remember(const ChatJob& job, const HeardAnswer& answer, const telemetry::Finished& finished) {
  auto& desk = job.desk;
  auto& lane = desk.history.lane(desk.worker.index());
  const auto& salt = desk.history.salt();
  auto record = lane.blank();
  record->id = job.id;
  record->at = std::chrono::system_clock::now() - finished.duration;
  record->surface = router::name(job.request.surface);
  const auto remote = history::pseudonym(salt, job.exchange.remote());
  record->user = job.request.user.empty() ? remote : history::pseudonym(salt, job.request.user);
  record->conversation = history::pseudonym(salt, job.facts.conversation);
  fill_features(job, record->features);
  fill_decision(job, job.decision, *record);
  record->policy_version = job.policy_version;
  record->variant = job.variant;
  fill_attempts(job, *record);
  if (job.retold) fill_retold(job, *record);
  record->escalated = job.escalated;
  record->confidence = job.escalation.confidence;
  if (job.failure) record->failure = job.failure->cause;
  record->status = job.failure ? wire::status_of(job.request.surface, job.failure->cause) : 200;
  record->duration = finished.duration;
  record->first_token = finished.first_token;
  record->queued = job.queued;
  record->overhead = finished.overhead;
  record->backends = job.waited;
  if (record->conversation != 0) {
    record->turn = history::turn_of(job.request);
    record->turn.client = record->user ^ history::pseudonym(salt, job.exchange.header("authorization"));
  }
  if (answer.wanted()) keep_content(job, answer, *record);
  if (!lane.hand_over(std::move(record))) desk.recorder.count(telemetry::Count::history_dropped);
}

}  // namespace codecrucible::gateway
