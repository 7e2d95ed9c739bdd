#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace codecrucible::history {

// What of prompts and answers is kept. Keys and personal headers never are.
enum class StoreContent : std::uint8_t { none, hash, full };

// What is concluded from how people go on after an answer: how much each kind counts beside a person's own
// word (weight 1). 0 = not looked for.
struct SignalSettings {
  double regenerate = 0.5;
  double edit = 0.3;
  double complaint = 0.6;
  double tool_failure = 0.4;
  double escalation = 0.5;
  double abandoned = 0.2;
  std::chrono::milliseconds within{
      std::chrono::minutes{10}};  // what comes later says nothing about the answer
  std::chrono::milliseconds pause{
      1000};  // what comes sooner after an answer was sent by a program, not a person
};

struct Settings {
  bool enabled = true;
  std::string file;  // SQLite database; empty = history.db in the state directory
  StoreContent store_content = StoreContent::none;
  std::size_t max_content = 64UL * 1024;  // bytes of a prompt and of an answer that `full` keeps
  std::chrono::milliseconds retention{std::chrono::hours{24 * 90}};
  std::size_t max_bytes = 512UL * 1024 * 1024;  // oldest records go first
  std::size_t queue = 4096;               // records waiting for the writer; more are dropped and counted
  std::chrono::milliseconds flush{1000};  // longest time a record waits for its batch
  SignalSettings signals;
};

}  // namespace codecrucible::history
