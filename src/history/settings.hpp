#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace codecrucible::history {

// What of prompts and answers is kept. Keys and personal headers never are.
enum class StoreContent : std::uint8_t { none, hash, full };

struct Settings {
  bool enabled = true;
  std::string file;  // SQLite database; empty = history.db in the state directory
  StoreContent store_content = StoreContent::none;
  std::chrono::milliseconds retention{std::chrono::hours{24 * 90}};
  std::size_t max_bytes = 512UL * 1024 * 1024;  // oldest records go first
  std::size_t queue = 4096;               // records waiting for the writer; more are dropped and counted
  std::chrono::milliseconds flush{1000};  // longest time a record waits for its batch
};

}  // namespace codecrucible::history
