#pragma once

#include <string>

namespace codecrucible::cli {

// `codecrucible config simulate NEW.yaml`: what it would have done with the requests of the history, or of a
// file.
struct SimulateConfig {
  std::string file;  // the new configuration
  std::string profile;
  std::string since, limit;
  std::string jsonl;   // instead of the history: lines of `history --json`
  std::string ledger;  // empty: where the new configuration keeps it
  bool json = false;
};
int simulate_config(const SimulateConfig& command);

}  // namespace codecrucible::cli
