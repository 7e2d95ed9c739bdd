#include "gateway/chat_job.hpp"

#include "core/json_text.hpp"
#include "core/tokens.hpp"
#include "gateway/body_fault.hpp"
#include "gateway/clock.hpp"
#include "gateway/cors.hpp"
#include "gateway/ids.hpp"
#include "gateway/response_pages.hpp"
#include "gateway/token_room.hpp"
#include "router/router.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"
#include "wire/surrogates.hpp"

#include <algorithm>
#include <ctime>

namespace codecrucible::gateway {
namespace {

std::string reply_id(core::Surface surface, std::string_view request_id, Random& random) {
  // Later requests ask for it, so it must be nobody else's, whatever the client calls its request.
  if (surface == core::Surface::openai_responses) return "resp_" + random.hex16() + random.hex16();
  if (request_id.starts_with("req_")) request_id.remove_prefix(4);
  if (surface == core::Surface::anthropic_messages) return "msg_" + std::string(request_id);
  return std::string(surface == core::Surface::openai_completions ? "cmpl-" : "chatcmpl-") +
         std::string(request_id);
}

// The picture as it would be if all that is listed were in health.
core::FleetView all_back(core::FleetView fleet) {
  for (auto& host : fleet.hosts) {
    host.reachable = true;
    host.breaker = core::BreakerState::closed;
  }
  for (auto& model : fleet.models) model.breaker = core::BreakerState::closed;
  return fleet;
}

std::string_view header_of(const void* exchange, std::string_view name) {
  return static_cast<const net::Exchange*>(exchange)->header(name);
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
  context.id = reply_id(surface, id, desk.random);
  context.request_id = id;
  context.created = std::chrono::system_clock::now();
}

core::Result<void> ChatJob::read() {
  auto decoded = wire::read_mended(
      exchange.body(), arena, [this](std::string_view body) { return decode(body); }, [this] { forget(); });
  if (!decoded) return body_fault(exchange, decoded.error());
  context.include_usage = request.include_usage;
  context.function_call = source.offers_functions;
  delivery.emplace(exchange, context, request.stream, listeners);
  if (const auto wish = confidence::escalate_of(exchange.header("x-codecrucible-escalate"))) {
    escalation.wish = *wish;
  }
  return {};
}

core::Result<void> ChatJob::choose() {
  classify();
  auto decided = decide();
  context.prompt_tokens = facts.prompt_tokens;
  return decided;
}

net::task<> ChatJob::refuse() {
  if (!delivery) delivery.emplace(exchange, context, false, listeners);
  const auto cors = cors_headers(exchange, snapshot->settings.security.cors_origins);
  delivery->describe(id_lines(*this) + cors);
  co_await delivery->fail(*failure);
}

void ChatJob::forget() {
  const auto surface = request.surface;
  request = core::ChatRequest(arena);
  request.surface = surface;
  source = {};
}

core::Result<void> ChatJob::decode(std::string_view body) {
  switch (request.surface) {
    case core::Surface::openai_chat:
      has_source = true;
      return wire::openai::decode_chat(body, arena, request, source);
    case core::Surface::openai_completions:
      has_source = true;
      return wire::openai::decode_completion(body, arena, request, source);
    case core::Surface::anthropic_messages:
      return decode_messages(body);
    case core::Surface::openai_responses:
      return decode_response(body);
    case core::Surface::ollama_chat:
      return wire::ollama::decode_chat(body, arena, request);
    case core::Surface::ollama_generate:
      return wire::ollama::decode_generate(body, arena, request);
    default:
      return core::fail(core::Cause::internal, "this surface does not chat");
  }
}

core::Result<void> ChatJob::decode_messages(std::string_view body) {
  wire::anthropic::Wishes wishes;
  auto decoded = wire::anthropic::decode(body, arena, request, wishes);
  context.show_reasoning = wishes.show_thinking;
  context.one_call = wishes.one_call;
  return decoded;
}

core::Result<void> ChatJob::decode_response(std::string_view body) {
  const auto& limits = snapshot->settings.cache.turns;
  recollection = std::make_unique<Recollection>(desk.turns, limits, owner_of(exchange, *snapshot), context);
  auto& said = recollection->asked;
  auto decoded = wire::responses::decode(body, arena, request, said, *recollection);
  if (!decoded) return decoded;
  said.store = said.store && limits.bytes > 0 && limits.count > 0;
  context.asked = &said;
  if (said.store) listeners.push_back(recollection.get());
  return {};
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
    verdict.prompt_tokens = core::estimate_tokens(request);
    return;
  }
  verdict = classifier::classify(request, snapshot->layers);
  classified = true;
}

core::Result<void> ChatJob::decide() {
  facts = router::facts_of(request, verdict);
  add_circumstances(exchange, context.created, facts);
  if (guest.key != nullptr) {
    facts.allowed_models = guest.key->models;
    if (facts.user.empty()) facts.user = guest.key->name;
  }
  previous = desk.conversations.last(facts.conversation);
  if (previous) {
    facts.previous_provider = previous->provider;
    facts.previous_model = previous->model;
  }
  policy_version = snapshot->policy_version;
  const router::Policy* policy = &snapshot->policy;
  if (snapshot->release != nullptr) {
    // A conversation stays on its side; without one, each request falls by itself.
    const auto key = facts.conversation != 0 ? facts.conversation : desk.random.next();
    const bool fresh = snapshot->release->side_of(key) == learning::Side::candidate;
    variant = fresh ? "candidate" : "current";
    if (fresh) {
      policy = &snapshot->candidate;
      policy_version = snapshot->candidate_version;
    }
  }
  const auto* const named = asked ? &*asked : nullptr;
  decision = router::decide(facts, *policy, *fleet, desk.random.unit(), named);
  if (decision.ranked.empty() && decision.refusal.cause == core::Cause::no_backend) {
    // All that could serve it are away. They may only just have gone: the fleet knows whether waiting makes
    // sense, and refuses otherwise.
    auto again = router::decide(facts, *policy, all_back(*fleet), desk.random.unit(), named);
    if (!again.ranked.empty()) decision = std::move(again);
  }
  if (decision.ranked.empty()) return decision.refusal;
  return {};
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

std::string id_lines(const ChatJob& job) {
  std::string lines = "x-request-id: " + job.id + "\r\n";
  if (job.request.surface == core::Surface::anthropic_messages) lines += "request-id: " + job.id + "\r\n";
  return lines;
}

void append_decision(std::string& lines, const ChatJob& job, std::size_t position) {
  if (position < job.decision.ranked.size()) {
    router::append_headers(lines, job.decision, job.facts, *job.fleet, position, job.escalation.confidence);
  }
  append_escalation_headers(lines, job.escalation, job.escalated);
}

void append_closing(std::string& lines, const ChatJob& job, std::size_t attempts) {
  if (job.recollection && !job.recollection->asked.dropped.empty()) {
    lines += "x-codecrucible-dropped: ";
    for (const auto what : job.recollection->asked.dropped) {
      if (!lines.ends_with(": ")) lines += ", ";
      lines += what;
    }
    lines += "\r\n";
  }
  lines += "x-codecrucible-cache: ";
  lines += job.cache_word;
  lines += "\r\nx-codecrucible-attempts: ";
  core::append_number(lines, attempts);
  lines += "\r\n";
  if (job.guest.key != nullptr) {
    lines += job.desk.limits.headers(*job.guest.key, job.request.surface == core::Surface::anthropic_messages,
                                     clock_now(), job.context.created);
  }
  lines += cors_headers(job.exchange, job.snapshot->settings.security.cors_origins);
}

std::string explaining_headers(const ChatJob& job, std::size_t position, std::size_t attempts) {
  std::string lines;
  lines.reserve(512);
  lines += id_lines(job);
  append_decision(lines, job, position);
  append_closing(lines, job, attempts);
  return lines;
}

}  // namespace codecrucible::gateway
