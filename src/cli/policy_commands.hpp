#pragma once

#include "cli/http_client.hpp"

#include <cstdint>
#include <string>

namespace CLI {
class App;
}

namespace codecrucible::cli {

// `codecrucible policy list | show N | activate N | rollback | follow`: what the running gateway has learned.
struct PolicyCommand {
  std::string verb;
  std::uint64_t number = 0;
  std::string strategy;
  bool json = false;
};
int policy_command(const PolicyCommand& command, const GatewayAddress& gateway);

// `codecrucible classifier list | activate N | rollback | train`: classifiers that the running gateway
// trained with labelled prompts of its history.
struct ClassifierCommand {
  std::string verb;
  std::uint64_t number = 0;
  bool json = false;
};
int classifier_command(const ClassifierCommand& command, const GatewayAddress& gateway);
void add_classifier_commands(CLI::App& app, ClassifierCommand& classifier);

// `codecrucible replay --policy N | --config FILE`: what another policy would have earned on the history.
struct ReplayCommand {
  std::string policy;  // number of a kept policy; 0 = the rules alone
  std::string other;   // a configuration
  std::string since;
  std::string file;  // of the ledger; empty: where the configuration says
  std::string config;
  bool json = false;
};
int replay_command(const ReplayCommand& command);

void add_policy_commands(CLI::App& app, PolicyCommand& policy, ReplayCommand& replay);

}  // namespace codecrucible::cli
