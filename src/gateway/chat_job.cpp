#include "gateway/chat_job.hpp"

#include "core/json_text.hpp"
#include "core/tokens.hpp"
#include "gateway/cors.hpp"
#include "gateway/ids.hpp"
#include "router/router.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"

#include <algorithm>
#include <ctime>

namespace codecrucible::gateway {
namespace {

std::string reply_id(core::Surface surface, std::string_view request_id) {
  if (request_id.starts_with("req_")) request_id.remove_prefix(4);
  return std::string(surface == core::Surface::openai_completions ? "cmpl-" : "chatcmpl-") +
         std::string(request_id);
}

std::string_view header_of(const void* exchange, std::string_view name) {
  return static_cast<const net::Exchange*>(exchange)->header(name);
}

// What the window gate needs when nobody classified: all text of the conversation, and the tools.
std::uint32_t prompt_tokens_of(const core::ChatRequest& request) {
  std::uint32_t tokens = core::estimate_tokens(request.prompt);
  for (const auto& message : request.messages) {
    for (const auto& part : message.parts) tokens += core::estimate_tokens(part.text);
    for (const auto& call : message.tool_calls) tokens += core::estimate_tokens(call.arguments);
  }
  for (const auto& tool : request.tools) {
    tokens += core::estimate_tokens(tool.parameters) + core::estimate_tokens(tool.description);
  }
  return tokens;
}

}  // namespace

ChatJob::ChatJob(net::Exchange& exchange_in, WorkerDesk& desk_in, core::Surface surface)
    : exchange(exchange_in),
      desk(desk_in),
      snapshot(desk_in.snapshot.current()),
      fleet(desk_in.fleet.view()) {
  request.surface = surface;
  id = request_id(exchange.header("x-request-id"), desk.random);
  context.surface = surface;
  context.id = reply_id(surface, id);
  context.created = std::chrono::system_clock::now();
}

core::Result<void> ChatJob::understand() {
  auto decoded = decode();
  if (!decoded) return decoded;
  context.include_usage = request.include_usage;
  if (const auto wish = confidence::escalate_of(exchange.header("x-codecrucible-escalate"))) {
    escalation.wish = *wish;
  }
  classify();
  decide();
  context.prompt_tokens = facts.prompt_tokens;
  delivery.emplace(exchange, context, request.stream);
  if (decision.ranked.empty()) return decision.refusal;
  return {};
}

net::task<> ChatJob::refuse() {
  if (!delivery) delivery.emplace(exchange, context, false);
  const auto cors = cors_headers(exchange, snapshot->settings.security.cors_origins);
  delivery->describe("x-request-id: " + id + "\r\n" + cors);
  co_await delivery->fail(*failure);
}

core::Result<void> ChatJob::decode() {
  const auto body = exchange.body();
  switch (request.surface) {
    case core::Surface::openai_chat:
      has_source = true;
      return wire::openai::decode_chat(body, arena, request, source);
    case core::Surface::openai_completions:
      has_source = true;
      return wire::openai::decode_completion(body, arena, request, source);
    case core::Surface::ollama_chat:
      return wire::ollama::decode_chat(body, arena, request);
    case core::Surface::ollama_generate:
      return wire::ollama::decode_generate(body, arena, request);
    default:
      return core::fail(core::Cause::internal, "this surface does not chat");
  }
}

// Classification costs microseconds; a concrete model name needs none, unless a rule may overrule it.
bool ChatJob::needs_classification() {
  if (request.model.empty() || snapshot->policy.overrules_names) return true;
  asked = router::resolve(request.model, snapshot->policy, *fleet);
  return asked->kind != router::Resolved::Kind::concrete;
}

void ChatJob::classify() {
  const bool always = escalation.wish == confidence::Escalate::always;
  if (!always && !needs_classification()) {
    verdict.prompt_tokens = prompt_tokens_of(request);
    return;
  }
  verdict = classifier::classify(request, snapshot->layers);
  classified = true;
}

void ChatJob::decide() {
  facts = router::facts_of(request, verdict);
  add_circumstances(exchange, context.created, facts);
  previous = desk.conversations.last(facts.conversation);
  if (previous) {
    facts.previous_provider = previous->provider;
    facts.previous_model = previous->model;
  }
  decision = router::decide(facts, snapshot->policy, *fleet, desk.random.unit(), asked ? &*asked : nullptr);
}

void add_circumstances(const net::Exchange& exchange, std::chrono::system_clock::time_point now,
                       router::Facts& facts) {
  facts.header = header_of;
  facts.header_context = &exchange;
  if (const auto prefer = router::prefer_of(exchange.header("x-codecrucible-prefer"))) facts.prefer = *prefer;
  facts.local_only = exchange.header("x-codecrucible-privacy") == "local";
  facts.may_explore = exchange.header("x-codecrucible-explore") != "no";
  if (const auto given = exchange.header("x-codecrucible-session"); !given.empty()) {
    facts.conversation = router::conversation_key(given);
  }
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  localtime_r(&seconds, &local);
  facts.hour = local.tm_hour;
  facts.weekday = local.tm_wday == 0 ? 7 : local.tm_wday;
}

std::string explaining_headers(const ChatJob& job, std::size_t position, std::size_t attempts) {
  std::string lines;
  lines.reserve(512);
  lines += "x-request-id: ";
  lines += job.id;
  lines += "\r\n";
  if (position < job.decision.ranked.size()) {
    router::append_headers(lines, job.decision, job.facts, *job.fleet, position, job.escalation.confidence);
  }
  append_escalation_headers(lines, job.escalation, job.escalated);
  lines += "x-codecrucible-cache: miss\r\nx-codecrucible-attempts: ";
  core::append_number(lines, attempts);
  lines += "\r\n";
  lines += cors_headers(job.exchange, job.snapshot->settings.security.cors_origins);
  return lines;
}

}  // namespace codecrucible::gateway
