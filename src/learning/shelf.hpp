#pragma once

#include "core/result.hpp"
#include "history/database.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace codecrucible::learning {

// One state of what was learned.
struct Version {
  std::uint64_t number = 0;  // from 1; 0 stands for the rules alone
  std::chrono::system_clock::time_point at{};
  std::uint64_t outcomes = 0;  // learned from until then
  std::uint64_t alarms = 0;    // changes of models noticed until then
};

// Versions of what was learned, and where learning stands, in an SQLite file of their own. One thread at a
// time. What is kept together is there together after a crash.
class Shelf {
 public:
  static constexpr std::size_t most_versions = 50;

  static core::Result<Shelf> open(const std::string& file);

  // A new version; its number. `progress` is how far the history has been read, kept in the same transaction.
  // The oldest beyond `most_versions` go, but never those `spared`.
  core::Result<std::uint64_t> keep(const Version& about, const std::string& state,
                                   const std::string& progress, std::span<const std::uint64_t> spared);
  std::vector<Version> list();  // newest first
  core::Result<std::string> state(std::uint64_t number);

  core::Result<void> put(const std::string& name, const std::string& value);
  std::string get(const std::string& name);  // empty if there is none

 private:
  explicit Shelf(history::Database database) : database_(std::move(database)) {}
  history::Database database_;
};

}  // namespace codecrucible::learning
