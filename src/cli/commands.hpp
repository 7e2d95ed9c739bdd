#pragma once

#include "cli/http_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace codecrucible::cli {

struct ServeOptions {
  std::string config;   // empty: found by itself, see config_path()
  std::string profile;  // overlay
  std::string address;  // over the config's
  int port = -1;
  std::string simulate;  // "", "always", "never"
};
int serve(const ServeOptions& options);

struct SimulateOptions {
  std::uint16_t lmstudio_port = 1234;
  std::uint16_t ollama_port = 11434;
  double speed = 1;  // 2 = twice as fast
};
// The simulators alone, until Ctrl-C.
int simulate(const SimulateOptions& options);

int models(const GatewayAddress& gateway, bool json);
// The whole picture of the fleet; live, like top, on a terminal with `watch`.
int status(const GatewayAddress& gateway, bool json, bool watch);
// `verb`: drain, resume or reset.
int command_fleet(const GatewayAddress& gateway, const std::string& verb, const std::string& provider,
                  const std::string& model);
int doctor(const std::string& config, const GatewayAddress& gateway, bool json);

// The config file that `serve` takes: the given one, else CODECRUCIBLE_CONFIG, ./config/hybrid.yaml,
// $XDG_CONFIG_HOME/codecrucible/hybrid.yaml; empty = none, built-in defaults.
std::string config_path(const std::string& given);

}  // namespace codecrucible::cli
