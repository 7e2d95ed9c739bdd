#pragma once

#include "cli/config_simulate.hpp"
#include "cli/http_client.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace codecrucible::cli {

// `codecrucible config check|show|diff|simulate|apply|status|history|rollback|schema|reference|defaults`.
struct ConfigOptions {
  std::string verb;
  std::string file;
  std::string other;  // diff: the second file
  std::string profile;
  unsigned version = 0;  // rollback
  SimulateConfig simulate;
};
void add_config_commands(CLI::App& app, ConfigOptions& options);
int config_command(const ConfigOptions& options, const GatewayAddress& gateway);

}  // namespace codecrucible::cli
