#include "gateway/pages.hpp"

#include "core/json_text.hpp"
#include "gateway/admin.hpp"
#include "gateway/anthropic_pages.hpp"
#include "gateway/cors.hpp"
#include "gateway/history_pages.hpp"
#include "gateway/metric_samples.hpp"
#include "gateway/model_pages.hpp"
#include "gateway/openapi.hpp"
#include "gateway/response_pages.hpp"
#include "router/router.hpp"
#include "wire/ollama/client.hpp"

namespace codecrucible::gateway {
namespace {

// Clients compare it with the release that brought a feature; this is the API that we emulate (ollama.md §9).
constexpr std::string_view ollama_version = R"({"version":"0.32.15"})";

struct Answer {
  int status = 200;
  std::string body;
  std::string_view content_type = "application/json";
};

Answer failed(core::Surface surface, const core::Failure& failure, std::string_view id = {}) {
  return {wire::status_of(surface, failure.cause), wire::error_body(surface, failure, id)};
}

// Whose clients ask for it is told so by the path, or by a header where two share one.
std::string id_lines_for(bool anthropic, const std::string& id) {
  return "x-request-id: " + id + "\r\n" + (anthropic ? "request-id: " + id + "\r\n" : "");
}

Answer show(const net::Exchange& exchange, const Snapshot& snapshot, const core::FleetView& fleet) {
  core::Arena arena;
  const auto name = wire::ollama::decode_show(exchange.body(), arena);
  if (!name) return failed(core::Surface::ollama_chat, name.error());
  Answer answer;
  const auto found = router::resolve(*name, snapshot.policy, fleet);
  if (found.kind == router::Resolved::Kind::unknown) {
    return failed(core::Surface::ollama_chat,
                  core::fail(core::Cause::model_not_found, "model '" + std::string(*name) + "' not found"));
  }
  const bool concrete = found.kind == router::Resolved::Kind::concrete && !found.models.empty();
  wire::ollama::write_show(fleet, concrete ? &fleet.models[found.models.front()] : nullptr,
                           concrete ? std::string_view() : *name, answer.body);
  return answer;
}

// The name as listed, or in any spelling that a request may use.
Answer model(const std::string& id, const Snapshot& snapshot, const core::FleetView& fleet, bool anthropic,
             std::string_view request) {
  const auto model_page = anthropic ? gateway::anthropic_model_page : gateway::model_page;
  auto body = model_page(fleet, snapshot.virtual_models, id);
  if (!body) {
    const auto found = router::resolve(id, snapshot.policy, fleet);
    if (found.kind == router::Resolved::Kind::concrete && !found.models.empty()) {
      body = model_page(fleet, snapshot.virtual_models, fleet.models[found.models.front()].public_id);
    }
  }
  if (body) return {200, std::move(*body)};
  return failed(anthropic ? core::Surface::anthropic_messages : core::Surface::openai_chat,
                core::fail(core::Cause::model_not_found,
                           "The model '" + id + "' does not exist here. See /v1/models.", "model"),
                request);
}

Answer ready(const core::FleetView& fleet) {
  std::string reasons;
  for (const auto& host : fleet.hosts) {
    if (host.reachable) return {200, R"({"status":"ready"})"};
    if (!reasons.empty()) reasons += "; ";
    reasons += host.name + ": " + (host.trouble.empty() ? "not asked yet" : host.trouble);
  }
  Answer answer{503, R"({"status":"no backend answers","reason":)"};
  core::append_string(answer.body, reasons);
  answer.body += '}';
  return answer;
}

Answer metrics_of(WorkerDesk& desk, const core::FleetView& fleet) {
  auto samples = metric_samples(fleet, *desk.fleet.machine(), desk.cache).samples;
  desk.history.add_samples(samples);
  desk.learning.add_samples(samples);
  desk.classifiers.add_samples(samples);
  desk.limits.add_samples(samples, *desk.snapshot.current()->keys, std::chrono::system_clock::now());
  desk.traces.add_samples(samples);
  const auto& snapshot = *desk.snapshot.current();
  samples.push_back({"config_version",
                     "Configurations that came into force since the start, this one included",
                     false,
                     {},
                     static_cast<double>(snapshot.version)});
  samples.push_back({"log_dropped_total",
                     "Lines of the log that its queue had no room for",
                     true,
                     {},
                     static_cast<double>(desk.log.dropped())});
  return {200, desk.metrics.render(samples), "text/plain; version=0.0.4; charset=utf-8"};
}

Answer page(const net::Exchange& exchange, WorkerDesk& desk, const Route& route, std::string_view id) {
  const auto& snapshot = *desk.snapshot.current();
  const auto view = desk.fleet.view();
  switch (route.page) {
    case Page::models:
      if (speaks_anthropic(exchange)) return {200, anthropic_models_page(*view, snapshot.virtual_models)};
      return {200, models_page(*view, snapshot.virtual_models)};
    case Page::model:
      return model(route.rest, snapshot, *view, speaks_anthropic(exchange), id);
    case Page::count_tokens: {
      auto body = count_tokens_page(exchange, snapshot, *view);
      return body ? Answer{200, std::move(*body)} : failed(route.surface, body.error(), id);
    }
    case Page::response: {
      auto body = response_page(exchange, desk, route.rest);
      return body ? Answer{200, std::move(*body)} : failed(route.surface, body.error(), id);
    }
    case Page::ollama_root:
      return {200, "Ollama is running", "text/plain; charset=utf-8"};
    case Page::ollama_version:
      return {200, std::string(ollama_version)};
    case Page::ollama_tags: {
      Answer answer;
      wire::ollama::write_tags(*view, snapshot.virtual_models, answer.body);
      return answer;
    }
    case Page::ollama_ps: {
      Answer answer;
      wire::ollama::write_ps(*view, answer.body);
      return answer;
    }
    case Page::ollama_show:
      return show(exchange, snapshot, *view);
    case Page::healthz:
      return {200, R"({"status":"ok"})"};
    case Page::openapi:
      return {200, openapi_page()};
    case Page::readyz:
      return ready(*view);
    case Page::metrics:
      if (!snapshot.settings.monitoring.metrics) break;
      return metrics_of(desk, *view);
    case Page::ollama_management:
      return failed(route.surface,
                    core::fail(core::Cause::forbidden,
                               "models are managed on the backends themselves, not through this gateway"));
    default:
      break;
  }
  return failed(route.surface, core::fail(core::Cause::not_found, "there is nothing here"));
}

}  // namespace

net::task<> refuse(net::Exchange& exchange, Random& random, core::Surface surface,
                   const core::Failure& failure) {
  net::ReplyHead head;
  head.status = wire::status_of(surface, failure.cause);
  const auto id = request_id(exchange.header("x-request-id"), random);
  // Without a snapshot at hand: pages of this machine may read why.
  std::string lines = id_lines_for(surface == core::Surface::anthropic_messages, id) +
                      cors_headers(exchange, {}) + retry_headers(failure);
  if (failure.cause == core::Cause::unauthorized)
    lines += "WWW-Authenticate: Bearer\r\n";  // RFC 9110 §15.5.2
  core::Failure told = failure;
  if (failure.cause == core::Cause::method_not_allowed) {
    lines += "Allow: " + failure.param + ", OPTIONS\r\n";
    told.param.clear();  // it carries the methods, not a field of the request
  }
  head.extra = lines;
  const std::string body = wire::error_body(surface, told, id);
  co_await exchange.reply(head, body);
}

net::task<> serve_page(net::Exchange& exchange, WorkerDesk& desk, const Route& route) {
  const auto snapshot = desk.snapshot.current();
  const auto& origins = snapshot->settings.security.cors_origins;
  net::ReplyHead head;
  if (route.page == Page::preflight) {
    const std::string lines = preflight_headers(exchange, origins);
    head.status = 204;
    head.content_type = {};
    head.extra = lines;
    co_await exchange.reply(head, {});
    co_return;
  }
  if (route.page == Page::admin) {
    co_await serve_admin(exchange, desk, route.rest);
    co_return;
  }
  if (route.page == Page::feedback) {
    co_await serve_feedback(exchange, desk);
    co_return;
  }
  const auto id = request_id(exchange.header("x-request-id"), desk.random);
  const auto answer = page(exchange, desk, route, id);
  const bool anthropic = route.surface == core::Surface::anthropic_messages || speaks_anthropic(exchange);
  const std::string lines = id_lines_for(anthropic, id) + cors_headers(exchange, origins);
  head.status = answer.status;
  head.content_type = answer.content_type;
  head.extra = lines;
  co_await exchange.reply(head, answer.body);
}

}  // namespace codecrucible::gateway
