#include "gateway/fleet_page.hpp"

#include "gateway/model_pages.hpp"

#include <nlohmann/json.hpp>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

json model_json(const core::ModelView& model) {
  return {{"id", model.id},
          {"public_id", model.public_id},
          {"state", model.loading    ? "loading"
                    : model.resident ? "loaded"
                                     : "not-loaded"},
          {"window", or_null(model.window)},
          {"max_window", or_null(model.max_window)},
          {"size_bytes", or_null(model.size_bytes)},
          {"vram_bytes", or_null(model.vram_bytes)},
          {"parameters_billion", or_null(model.parameters_billion)},
          {"slots", model.slots},
          {"running", model.running},
          {"queued", model.queued},
          {"expires_in_seconds", or_null(model.expires_in_seconds)},
          {"token_factor", model.token_factor},
          {"breaker", name(model.breaker)},
          {"tools", model.can.tools},
          {"vision", model.can.vision},
          {"thinking", model.can.thinking},
          {"embeddings", model.can.embeddings},
          {"load_seconds", or_null(model.speed.load_seconds)},
          {"prefill_tokens_per_second", or_null(model.speed.prefill_tokens_per_second)},
          {"decode_tokens_per_second", or_null(model.speed.decode_tokens_per_second)},
          {"queue_seconds", or_null(model.speed.queue_seconds)}};
}

json machine_json(const Machine& machine) {
  json gpus = json::array();
  for (const auto& gpu : machine.gpus) {
    gpus.push_back({{"name", gpu.name},
                    {"memory_total", gpu.memory_total},
                    {"memory_used", gpu.memory_used},
                    {"busy", or_null(gpu.busy)}});
  }
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"load", machine.load},
          {"cpu_busy", or_null(machine.cpu_busy)},
          {"ram_total", machine.ram_total},
          {"ram_available", machine.ram_available},
          {"gpus", gpus}};
}

}  // namespace

std::string fleet_page(const core::FleetView& fleet, const Machine& machine) {
  json hosts = json::array();
  for (std::size_t i = 0; i < fleet.hosts.size(); ++i) {
    const auto& host = fleet.hosts[i];
    json models = json::array();
    for (const auto& model : fleet.models) {
      if (model.host == i) models.push_back(model_json(model));
    }
    hosts.push_back({{"name", host.name},
                     {"label", provider_label(host)},
                     {"kind", name(host.kind)},
                     {"url", host.url},
                     {"version", host.version},
                     {"reachable", host.reachable},
                     {"simulated", host.simulated},
                     {"draining", host.draining},
                     {"breaker", name(host.breaker)},
                     {"trouble", host.trouble},
                     {"vram_total", or_null(host.vram_total)},
                     {"vram_free", or_null(host.vram_free)},
                     {"running", host.running},
                     {"queued", host.queued},
                     {"models", models}});
  }
  return json{{"hosts", hosts}, {"machine", machine_json(machine)}}.dump(-1, ' ', false,
                                                                         json::error_handler_t::replace);
}

core::Result<std::string> command_fleet(net::Exchange& exchange, WorkerDesk& desk, std::string_view verb) {
  if (verb != "drain" && verb != "resume" && verb != "reset")
    return core::fail(core::Cause::not_found, "POST /admin/fleet/drain, /resume or /reset");
  const auto body = json::parse(exchange.body(), nullptr, false);
  if (!body.is_object() || !body.contains("provider") || !body["provider"].is_string() ||
      (body.contains("model") && !body["model"].is_string())) {
    return core::fail(core::Cause::bad_request, R"(send {"provider": "…"}, for reset also {"model": "…"})",
                      "provider");
  }
  const std::string host = body["provider"];
  const std::string model = body.value("model", "");
  if (desk.fleet.backend(host) == nullptr)
    return core::fail(core::Cause::not_found, "no provider is called '" + host + "'", "provider");
  desk.fleet.with_fleet([&](fleet::Fleet& fleet) {
    const auto now = std::chrono::steady_clock::now();
    if (verb == "reset") {
      fleet.reset_breaker(host, model, now);
    } else {
      fleet.drain(host, verb == "drain", now);
    }
  });
  desk.log.info("fleet command", {{"command", std::string(verb)}, {"provider", host}, {"model", model}});
  const std::string_view done = verb == "drain" ? "draining" : verb == "resume" ? "in service" : "reset";
  return json{{"provider", host}, {"status", done}}.dump();
}

}  // namespace codecrucible::gateway
