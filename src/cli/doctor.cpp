#include "cli/commands.hpp"
#include "cli/discover.hpp"
#include "cli/exit_codes.hpp"
#include "cli/routing_check.hpp"
#include "cli/terminal.hpp"
#include "config/load.hpp"
#include "net/descriptors.hpp"

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace codecrucible::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::int64_t short_window = 8192;

// One line of the report: what was seen, and what to do about it if it is not good.
struct Finding {
  enum class Grade { good, hint, bad } grade = Grade::good;
  std::string what;
  std::string mend;
};

std::string start_hint(core::ProviderKind kind) {
  switch (kind) {
    case core::ProviderKind::lmstudio:
      return "start its server: in LM Studio under Developer, or `lms server start`";
    case core::ProviderKind::ollama:
      return "start it with `ollama serve`, or set hybrid.ollama.url";
    default:
      return "start it, or set `enabled: false` in the configuration";
  }
}

void look_at_models(const Place& place, std::vector<Finding>& findings) {
  const auto& models = place.answer->models;
  if (models.empty()) {
    const bool ollama = place.host.kind == core::ProviderKind::ollama;
    findings.push_back(
        {Finding::Grade::bad, place.host.name + " has no models",
         ollama ? "load one: ollama pull qwen2.5-coder:7b" : "download one in the server's own window"});
  }
  for (const auto& wanted : place.host.preferred_models) {
    const auto has = [&](const auto& model) { return model.id == wanted || model.id == wanted + ":latest"; };
    if (std::none_of(models.begin(), models.end(), has)) {
      findings.push_back({Finding::Grade::hint,
                          place.host.name + " does not have the preferred model " + wanted,
                          "get it, or take it out of `models:`; until then the others are used"});
    }
  }
  for (const auto& model : models) {
    if (!model.resident || !model.window || *model.window >= short_window || model.can.embeddings) continue;
    findings.push_back({Finding::Grade::hint,
                        model.id + " on " + place.host.name + " runs with a window of " +
                            std::to_string(*model.window) + " tokens",
                        "agents need 16k and more: set numCtx (Ollama) or the context length (LM Studio)"});
  }
}

// As `serve` will find it: it lifts the limit as far as it may.
void look_at_descriptors(const net::ServerSettings& server, std::vector<Finding>& findings) {
  net::raise_descriptor_limit();
  const auto limit = net::descriptor_limit();
  if (net::connections_within(limit) >= server.max_connections) return;
  findings.push_back({Finding::Grade::hint,
                      "server.maxConnections is " + std::to_string(server.max_connections) +
                          ", but open files are limited to " + std::to_string(limit),
                      net::descriptor_advice(limit)});
}

bool answers_from_simulators(const GatewayAddress& gateway) {
  HttpCall call;
  call.path = "/v1/models";
  const auto reply = call_gateway(gateway, call);
  return reply && reply->body.find("(simulation)\"") != std::string::npos;
}

json as_json(const std::vector<Place>& places, const std::vector<Finding>& findings, bool gateway_answers) {
  json out = {{"gateway", gateway_answers}, {"backends", json::array()}, {"findings", json::array()}};
  for (const auto& place : places) {
    json line = {{"name", place.host.name},
                 {"kind", name(place.host.kind)},
                 {"url", place.host.url},
                 {"answers", place.answer.has_value()}};
    if (place.answer) {
      line["version"] = place.answer->version;
      line["models"] = json::array();
      for (const auto& model : place.answer->models) {
        line["models"].push_back(
            {{"id", model.id},
             {"loaded", model.resident},
             {"window", model.window ? json(*model.window) : json(nullptr)},
             {"max_window", model.max_window ? json(*model.max_window) : json(nullptr)}});
      }
    } else {
      line["reason"] = place.answer.error().detail;
    }
    out["backends"].push_back(line);
  }
  for (const auto& finding : findings) {
    out["findings"].push_back(
        {{"bad", finding.grade == Finding::Grade::bad}, {"what", finding.what}, {"mend", finding.mend}});
  }
  return out;
}

void print_places(const std::vector<Place>& places, const Style& style) {
  for (const auto& place : places) {
    if (!place.answer) {
      if (!place.configured) continue;
      std::cout << style.red() << "✗ " << style.off() << place.host.name << "  " << place.host.url << "  "
                << style.dim() << printable(place.answer.error().detail) << style.off() << '\n';
      continue;
    }
    std::cout << style.green() << "✓ " << style.off() << style.bold() << place.host.name << style.off()
              << "  " << place.host.url << "  " << name(place.host.kind);
    if (!place.answer->version.empty()) std::cout << ' ' << printable(place.answer->version);
    std::cout << '\n';
    for (const auto& model : place.answer->models) {
      std::cout << "    " << printable(model.id) << (model.resident ? "  loaded" : "");
      if (model.window) std::cout << "  window " << *model.window;
      if (model.max_window) std::cout << "  (up to " << *model.max_window << ")";
      std::cout << '\n';
    }
  }
}

void print_findings(const std::vector<Finding>& findings, const Style& style) {
  for (const auto& finding : findings) {
    if (finding.grade == Finding::Grade::good) {
      std::cout << style.green() << "✓ " << style.off() << finding.what << '\n';
      continue;
    }
    const bool bad = finding.grade == Finding::Grade::bad;
    std::cout << (bad ? style.red() : style.yellow()) << (bad ? "✗ " : "! ") << style.off()
              << printable(finding.what) << "\n    → " << finding.mend << '\n';
  }
}

}  // namespace

int doctor(const std::string& config, const GatewayAddress& gateway, bool json_wanted) {
  std::vector<Finding> findings;
  const std::string path = config_path(config);
  auto around = config::surroundings_of(path);
  around.check = check_routing;
  auto loaded = path.empty()
                    ? config::load(config::Source{"built-in defaults", config::documented_defaults()}, around)
                    : config::load_file(path, around);
  for (const auto& problem : loaded.problems) {
    findings.push_back({problem.fatal ? Finding::Grade::bad : Finding::Grade::hint,
                        config::to_string(problem), "see `codecrucible config check`"});
  }
  if (loaded.settings) {
    findings.push_back(
        {Finding::Grade::good, "configuration: " + (path.empty() ? "built-in defaults" : path), {}});
  }
  const auto settings = loaded.settings ? *loaded.settings : config::defaults();
  look_at_descriptors(settings.server, findings);
  const auto places = look_around(settings);
  for (const auto& place : places) {
    if (place.answer) {
      look_at_models(place, findings);
    } else if (place.configured) {
      findings.push_back({Finding::Grade::hint, place.host.name + " does not answer at " + place.host.url,
                          start_hint(place.host.kind)});
    }
  }
  HttpCall call;
  call.path = "/healthz";
  call.patience = std::chrono::seconds(5);
  const auto health = call_gateway(gateway, call);
  const bool gateway_answers = health && health->status == 200;
  if (!anybody_answers(places)) {
    const bool simulates = gateway_answers && answers_from_simulators(gateway);
    findings.push_back(
        {Finding::Grade::bad,
         simulates ? "no server of models answers anywhere: the gateway answers from its simulators"
                   : "no server of models answers anywhere",
         simulates
             ? "start LM Studio or Ollama: the gateway takes it up within discovery.interval (unless started "
               "with --simulate); every answer until then is simulation"
             : "`codecrucible serve` then starts its simulators, so that everything can be tried"});
  }
  if (gateway_answers) {
    findings.push_back({Finding::Grade::good, "the gateway answers at " + gateway.url, {}});
  } else {
    findings.push_back(
        {Finding::Grade::hint, "no gateway answers at " + gateway.url, "start it with `codecrucible serve`"});
  }
  if (json_wanted) {
    std::cout
        << as_json(places, findings, gateway_answers).dump(-1, ' ', false, json::error_handler_t::replace)
        << '\n';
  } else {
    const Style style = style_of(STDOUT_FILENO);
    print_places(places, style);
    print_findings(findings, style);
  }
  const bool sick = std::any_of(findings.begin(), findings.end(),
                                [](const Finding& finding) { return finding.grade == Finding::Grade::bad; });
  return sick ? Exit::failed : Exit::ok;
}

}  // namespace codecrucible::cli
