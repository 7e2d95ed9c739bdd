#include "gateway/admin.hpp"

#include "classifier/classify.hpp"
#include "gateway/awaited.hpp"
#include "gateway/chat_job.hpp"
#include "gateway/classifier_pages.hpp"
#include "gateway/fleet_page.hpp"
#include "gateway/history_pages.hpp"
#include "gateway/judge_desk.hpp"
#include "gateway/learning_pages.hpp"
#include "gateway/pages.hpp"
#include "gateway/routes.hpp"
#include "gateway/visitors.hpp"
#include "router/router.hpp"
#include "wire/openai/client.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

// Same time for any difference: a key is not guessed byte by byte.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference = static_cast<unsigned char>(difference | ((i < a.size() ? a[i] : 0) ^ b[i]));
  }
  return difference == 0;
}

std::optional<core::Failure> denied(const net::Exchange& exchange, const Snapshot& snapshot) {
  const auto& security = snapshot.settings.security;
  const auto origin = exchange.header("origin");
  const auto host = exchange.header("host");
  if (!origin.empty() && !origin.ends_with("//" + std::string(host))) {
    return core::fail(core::Cause::forbidden, "the admin surface answers pages of its own origin only");
  }
  const auto* const key = snapshot.keys->empty() ? nullptr : snapshot.keys->find(secret_of(exchange));
  if (key != nullptr && key->admin) return std::nullopt;
  if (!security.admin_key.empty()) {
    auto given = exchange.header("authorization");
    if (given.starts_with("Bearer ")) given.remove_prefix(7);
    if (equal_in_constant_time(given, security.admin_key)) return std::nullopt;
    return core::fail(core::Cause::unauthorized,
                      "the admin key is needed: Authorization: Bearer <security.adminKey>");
  }
  // A page of the web whose name was made to point at this machine (DNS rebinding) still sends that name.
  if (!host.empty() && !names_this_machine(host)) {
    return core::fail(core::Cause::forbidden,
                      "without security.adminKey the admin surface is asked as localhost only");
  }
  const auto remote = exchange.remote();
  if (remote.starts_with("127.") || remote == "::1" || remote.starts_with("::ffff:127.")) return std::nullopt;
  return core::fail(core::Cause::forbidden,
                    "without security.adminKey the admin surface answers this machine only");
}

// What a request would do, without doing it: the body is a chat request.
core::Result<std::string> explained(net::Exchange& exchange, WorkerDesk& desk) {
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::openai::SourceMap source;
  const auto decoded = wire::openai::decode_chat(exchange.body(), arena, request, source);
  if (!decoded) return decoded.error();
  const auto snapshot = desk.snapshot.current();
  const auto fleet = desk.fleet.view();
  auto verdict = classifier::classify(request, snapshot->layers);
  recall_judge(request, *snapshot, desk.judgements, verdict);
  auto facts = router::facts_of(request, verdict);
  add_circumstances(exchange, std::chrono::system_clock::now(), facts);
  auto explanation = router::explain(facts, snapshot->policy, *fleet, 0.5);
  if (const auto offset = offset_of(snapshot->offsets.get(), explanation.model); offset.outcomes() > 0) {
    char shift[16];
    std::snprintf(shift, sizeof shift, "%+.2f", static_cast<double>(offset.shift()));
    explanation.signals.push_back("answers of " + explanation.model + " are judged with " + shift +
                                  " after " + std::to_string(offset.outcomes()) + " words about them");
  }
  return exchange.header("accept") == "text/plain" ? router::to_text(explanation)
                                                   : router::to_json(explanation);
}

// Hands a configuration to the desk's thread and waits for its word, without holding up this worker.
net::task<core::Result<std::string>> configured(net::Exchange& exchange, WorkerDesk& desk,
                                                const std::string& verb) {
  auto* const configs = desk.configs.load();
  if (configs == nullptr)
    co_return core::fail(core::Cause::not_found, "this gateway has no configuration by text");
  const auto method = exchange.method();
  if (method == "GET" && verb == "config") co_return configs->text();
  if (method == "GET" && verb == "config/status") co_return configs->status_page();
  if (method == "GET" && verb == "config/history") co_return configs->history_page();
  using Word = Awaited<ConfigDesk::Outcome>;
  const auto awaited = std::make_shared<Word>(desk.worker);
  const auto done = [awaited](ConfigDesk::Outcome outcome) { Word::give(awaited, std::move(outcome)); };
  if (method == "PUT" && verb == "config") {
    configs->apply(std::string(exchange.body()), "apply", true, done);
  } else if (method == "POST" && verb == "config/rollback") {
    const auto body = json::parse(exchange.body(), nullptr, false);
    if (!body.is_object() || !body.contains("version") || !body["version"].is_number_unsigned()) {
      co_return core::fail(core::Cause::bad_request, R"(send {"version": N}; see /admin/config/history)",
                           "version");
    }
    configs->rollback(body["version"].get<std::uint32_t>(), done);
  } else {
    co_return core::fail(
        core::Cause::not_found,
        "GET and PUT /admin/config, GET /admin/config/status and /history, POST /admin/config/rollback");
  }
  while (!awaited->value) co_await awaited->timer.async_wait(net::nothrow);
  const auto& outcome = *awaited->value;
  const json page = {{"applied", outcome.applied}, {"version", outcome.version}, {"lines", outcome.lines}};
  if (!outcome.applied) {
    std::string all;
    for (const auto& line : outcome.lines) all += (all.empty() ? "" : "\n") + line;
    co_return core::fail(core::Cause::bad_request, all);
  }
  co_return page.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string cache_page(const CacheDesk& caches) {
  const auto cache = caches.exact.holdings();
  json refused = json::object();
  for (std::size_t i = 0; i < cache.refused.size(); ++i) {
    refused[std::string(name(static_cast<cache::Refusal>(i)))] = cache.refused[i];
  }
  return json{{"answers", cache.answers},
              {"bytes", cache.bytes},
              {"limit_bytes", cache.limit},
              {"shared_now", cache.flights},
              {"evicted", cache.evicted},
              {"expired", cache.expired},
              {"stores_refused", refused},
              {"semantic", {{"answers", caches.semantic.answers()}, {"bytes", caches.semantic.bytes()}}}}
      .dump();
}

// `?tenant=…&model=…`; empty if it is not there.
std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos)
      return percent_decoded(pair.substr(equals + 1));
  }
  return {};
}

core::Result<std::string> answer(net::Exchange& exchange, WorkerDesk& desk, const std::string& verb) {
  const auto method = exchange.method();
  if (verb == "fleet" && method == "GET") return fleet_page(*desk.fleet.view(), *desk.fleet.machine());
  if (verb == "explain" && method == "POST") return explained(exchange, desk);
  if (verb == "cache" && method == "GET") return cache_page(desk.cache);
  if (verb == "cache" && method == "DELETE") {
    const auto tenant = query_value(exchange.query(), "tenant");
    const auto model = query_value(exchange.query(), "model");
    const auto cleared = desk.cache.clear({tenant, model});
    return json{{"cleared", cleared}}.dump();
  }
  if (verb.starts_with("fleet/") && method == "POST")
    return command_fleet(exchange, desk, std::string_view(verb).substr(6));
  return core::fail(
      core::Cause::not_found,
      "GET /admin/fleet, POST /admin/fleet/drain, /resume and /reset, POST /admin/explain, GET and DELETE "
      "/admin/cache, GET /admin/history, /admin/policies, /admin/classifiers and /admin/config are served "
      "here");
}

}  // namespace

net::task<> serve_admin(net::Exchange& exchange, WorkerDesk& desk, const std::string& verb) {
  const auto snapshot = desk.snapshot.current();
  const auto no = denied(exchange, *snapshot);
  if (no) {
    co_await refuse(exchange, desk.random, core::Surface::openai_chat, *no);
    co_return;
  }
  core::Result<std::string> body = std::string();
  if (verb == "config" || verb.starts_with("config/")) {
    body = co_await configured(exchange, desk, verb);
  } else if (verb == "history" || verb.starts_with("history/")) {
    body = co_await history_page(exchange, desk, verb);
  } else if (verb == "policies" || verb.starts_with("policies/")) {
    body = co_await policies_page(exchange, desk, verb);
  } else if (verb == "classifiers" || verb.starts_with("classifiers/")) {
    body = co_await classifiers_page(exchange, desk, verb);
  } else {
    body = answer(exchange, desk, verb);
  }
  if (!body) {
    co_await refuse(exchange, desk.random, core::Surface::openai_chat, body.error());
    co_return;
  }
  net::ReplyHead head;
  if (verb == "config" && exchange.method() != "PUT") head.content_type = "application/yaml";
  co_await exchange.reply(head, *body);
}

}  // namespace codecrucible::gateway
