#pragma once

#include "cli/http_client.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace codecrucible::cli {

// `codecrucible history [show ID]`: reads the ledger itself, with or without a running gateway; of a gateway
// that was named (--url, CODECRUCIBLE_URL) over its /admin/history.
struct HistoryCommand {
  std::string since, until, task, model, provider, rule, outcome, variant, limit;
  bool oldest = false;
  bool json = false;  // one JSON object per line
  bool csv = false;
  bool remote = false;  // a gateway was named
  std::string file;     // of the ledger; empty: where the configuration says
  std::string config;
  std::string show;  // request id, or "last"
};
int history_command(const HistoryCommand& command, const GatewayAddress& gateway);

// `codecrucible feedback ID|last good|bad|0..1`: told to the running gateway, else written to the ledger.
struct FeedbackCommand {
  std::string id, verdict, label, comment;
  std::string config;
};
int feedback_command(const FeedbackCommand& command, const GatewayAddress& gateway);

void add_history_commands(CLI::App& app, HistoryCommand& history, FeedbackCommand& feedback);

}  // namespace codecrucible::cli
