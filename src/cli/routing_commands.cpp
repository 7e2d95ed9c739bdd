#include "cli/routing_commands.hpp"

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/exit_codes.hpp"

namespace codecrucible::cli {

void add_routing_commands(CLI::App& app, TrainCommand& train, ClassifyCommand& classify, ExplainCommand& explain) {
  (void)app;
  (void)train;
  (void)classify;
  (void)explain;
}

int train_command(const TrainCommand&) { return Exit::failed; }
int classify_command(const ClassifyCommand&) { return Exit::failed; }
int explain_command(const ExplainCommand&, const GatewayAddress&) { return Exit::failed; }

}  // namespace codecrucible::cli
