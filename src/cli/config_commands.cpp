#include "cli/config_commands.hpp"

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/routing_check.hpp"
#include "config/load.hpp"
#include "gateway/visitors.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iostream>
#include <sstream>

namespace codecrucible::cli {
namespace {

config::Loaded read(const std::string& path, const std::string& profile) {
  auto around = config::surroundings_of(path);
  around.check = check_routing;
  if (!profile.empty()) around.profile = profile;
  if (path.empty())
    return config::load(config::Source{"built-in defaults", config::documented_defaults()}, around);
  return config::load_file(path, around);
}

int check(const std::string& path, const std::string& profile) {
  const auto loaded = read(path, profile);
  for (const auto& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
  if (!loaded.settings) return Exit::failed;
  // What `serve` would refuse, unless its command line says otherwise.
  const auto open = gateway::check_openness(loaded.settings->server.address, loaded.settings->security);
  if (!open) {
    std::cerr << "server.address: " << open.error().detail << '\n';
    return Exit::failed;
  }
  std::cout << (path.empty() ? "built-in defaults" : path) << ": good\n";
  return Exit::ok;
}

int diff(const ConfigOptions& options) {
  const auto before = read(options.file, options.profile);
  const auto after = read(options.other, options.profile);
  for (const auto* loaded : {&before, &after}) {
    for (const auto& problem : loaded->problems) std::cerr << config::to_string(problem) << '\n';
  }
  if (!before.settings || !after.settings) return Exit::failed;
  for (const auto& change : config::diff(*before.settings, *after.settings))
    std::cout << config::to_string(change) << '\n';
  return Exit::ok;
}

// One call to the running gateway's configuration.
int remote(const GatewayAddress& gateway, const std::string& method, const std::string& path,
           const std::string& body) {
  HttpCall call;
  call.method = method;
  call.path = "/admin/config" + path;
  call.body = body;
  const auto reply = call_gateway(gateway, call);
  if (!reply) {
    const bool absent = reply.error().cause == core::Cause::refused;
    std::cerr << (absent ? no_gateway_text(gateway) : reply.error().detail) << '\n';
    return absent ? Exit::no_gateway : Exit::failed;
  }
  if (reply->status != 200) {
    std::cerr << error_text(*reply) << '\n';
    return Exit::failed;
  }
  const auto json = nlohmann::json::parse(reply->body, nullptr, false);
  if (json.is_object() && json.contains("lines")) {
    for (const auto& line : json["lines"]) std::cout << line.get<std::string>() << '\n';
    std::cout << "in force as version " << json.value("version", 0) << '\n';
  } else if (json.is_object() && json.contains("versions")) {
    for (const auto& version : json["versions"]) {
      std::cout << version.value("version", 0) << "  " << version.value("origin", "") << "  "
                << version.value("summary", "") << '\n';
    }
  } else {
    std::cout << reply->body << '\n';
  }
  return Exit::ok;
}

int apply(const std::string& file, const GatewayAddress& gateway) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    std::cerr << "error: cannot read " << file << '\n';
    return Exit::failed;
  }
  return remote(gateway, "PUT", "", text.str());
}

}  // namespace

void add_config_commands(CLI::App& app, ConfigOptions& options) {
  auto* const config = app.add_subcommand("config", "check, show and compare configurations");
  config->require_subcommand(1);
  config->add_option("--profile", options.profile, "hardware profile: high-end, constrained, auto");
  const auto verb = [&](const char* name, const char* help) {
    auto* const command = config->add_subcommand(name, help);
    command->callback([&options, name] { options.verb = name; });
    return command;
  };
  verb("check", "say whether a file is good; every mistake with line and column")
      ->add_option("file", options.file);
  verb("show", "the settings in force as YAML, secrets masked")->add_option("file", options.file);
  auto* const compare = verb("diff", "what differs between two files, setting by setting");
  compare->add_option("before", options.file)->required();
  compare->add_option("after", options.other)->required();
  auto* const simulation = verb("simulate", "what a file would have done with the requests of the history");
  simulation->add_option("file", options.simulate.file)->required();
  simulation->add_option("--since", options.simulate.since,
                         "of the last 24h, 7d, …; else of the last 1000 requests");
  simulation->add_option("-n,--limit", options.simulate.limit, "no more than so many");
  simulation->add_option("--jsonl", options.simulate.jsonl,
                         "of this file instead: lines of `history --json`");
  simulation->add_option("--ledger", options.simulate.ledger, "another history file");
  simulation->add_flag("--json", options.simulate.json, "as JSON");
  verb("apply", "bring a file into force in the running gateway")
      ->add_option("file", options.file)
      ->required();
  verb("status", "what is in force in the running gateway, and what was wrong with the last attempt");
  verb("history", "the versions that were in force");
  verb("rollback", "bring an older version into force again")
      ->add_option("version", options.version)
      ->required();
  verb("schema", "JSON schema for editors");
  verb("reference", "table of every key");
  verb("defaults", "the documented default file");
}

int config_command(const ConfigOptions& options, const GatewayAddress& gateway) {
  if (options.verb == "apply") return apply(options.file, gateway);
  if (options.verb == "status") return remote(gateway, "GET", "/status", {});
  if (options.verb == "history") return remote(gateway, "GET", "/history", {});
  if (options.verb == "rollback") {
    return remote(gateway, "POST", "/rollback", "{\"version\":" + std::to_string(options.version) + "}");
  }
  if (options.verb == "schema") {
    std::cout << config::schema() << '\n';
    return Exit::ok;
  }
  if (options.verb == "reference") {
    std::cout << config::reference() << '\n';
    return Exit::ok;
  }
  if (options.verb == "defaults") {
    std::cout << config::documented_defaults();
    return Exit::ok;
  }
  if (options.verb == "diff") return diff(options);
  if (options.verb == "simulate") {
    auto command = options.simulate;
    command.profile = options.profile;
    return simulate_config(command);
  }
  const auto path = config_path(options.file);
  if (options.verb == "check") return check(path, options.profile);
  const auto loaded = read(path, options.profile);
  for (const auto& problem : loaded.problems) std::cerr << config::to_string(problem) << '\n';
  if (!loaded.settings) return Exit::failed;
  std::cout << config::to_yaml(*loaded.settings);
  return Exit::ok;
}

}  // namespace codecrucible::cli
