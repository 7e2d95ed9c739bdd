#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace codecrucible::cache {

// Answers to the very same request.
struct ExactSettings {
  bool enabled = true;
  std::size_t bytes = 64 * 1024 * 1024;
  std::chrono::milliseconds ttl{std::chrono::hours{1}};
  bool only_deterministic = true;  // a temperature up to the limit or a seed; false: every request
  double max_temperature = 0;      // asked for by the client: above it answers are meant to differ
  bool single_flight = true;       // identical requests under way share one generation
  std::string spill;               // SQLite file that keeps the answers over a restart; empty = none
};

// Answers to a request that means the same.
struct SemanticSettings {
  bool enabled = false;
  std::size_t bytes = 64 * 1024 * 1024;
  std::chrono::milliseconds ttl{std::chrono::minutes{30}};
  double similarity = 0.80;  // cosine, 0..1; below it there is no hit
  // Wrong hits over all requests that are allowed, learned from observed ones; 0: `similarity` and the strict
  // guard decide.
  double error_bound = 0;
  double sample = 0.05;            // share of possible hits that are generated all the same, to observe
  std::vector<std::string> rules;  // of routing, for which it holds; empty: all
  // A backend's embedding model that tells meanings in place of the built-in vectors; empty: these.
  std::string model;
  std::chrono::milliseconds model_timeout{500};  // longest wait for it; after that nothing is looked for
};

// Answers that later requests go on from (`previous_response_id`).
struct TurnSettings {
  std::size_t bytes = 64 * 1024 * 1024;  // 0: none is kept
  std::size_t count = 10'000;
  std::chrono::milliseconds ttl{std::chrono::hours{1}};
};

struct Settings {
  ExactSettings exact;
  SemanticSettings semantic;
  TurnSettings turns;
  // Time to live by the name of the routing rule that decided; zero = do not store.
  std::vector<std::pair<std::string, std::chrono::milliseconds>> rule_ttl;
};

}  // namespace codecrucible::cache
