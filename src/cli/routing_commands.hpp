#pragma once

#include "cli/http_client.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace codecrucible::cli {

struct TrainCommand {
  std::vector<std::string> data;
  std::string vectors = "models/words.vectors";
  std::string out;
  bool from_history = false;
  std::string config;
  int folds = 10;
  std::uint64_t seed = 1;
};
int train_command(const TrainCommand& command);

struct ClassifyCommand {
  std::string prompt;
  std::string jsonl;
  std::string config;
};
int classify_command(const ClassifyCommand& command);

struct ExplainCommand {
  std::string prompt;
  std::vector<std::string> files;
  std::string model = "auto";
  std::string prefer;
  bool json = false;
};
int explain_command(const ExplainCommand& command, const GatewayAddress& gateway);

void add_routing_commands(CLI::App& app, TrainCommand& train, ClassifyCommand& classify,
                          ExplainCommand& explain);

}  // namespace codecrucible::cli
