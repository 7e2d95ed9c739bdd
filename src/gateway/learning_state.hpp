#pragma once

#include "gateway/learning_desk.hpp"
#include "gateway/offset_book.hpp"

namespace codecrucible::gateway {

// What the learning desk knows between two rounds.
struct LearningDesk::State {
  State(const config::Settings& settings_in, learning::Shelf shelf_in);

  config::Settings settings;
  learning::Shelf shelf;
  std::string ledger;  // the history's file
  learning::Scholar scholar;
  OffsetBook offsets;
  std::map<std::string, learning::Cells> priors;

  // How far the history was read. Records up to `settled` are done with; of those up to `seen` only late
  // words are awaited, and `taken` tells whose words were heard (negative: the judge's word alone).
  std::int64_t settled = 0, seen = 0;
  std::set<std::int64_t> taken;

  std::uint64_t newest = 0;  // version kept last
  bool following = true;     // newer versions come into force by themselves
  std::uint64_t before = 0;  // what a rollback by hand goes back to
  learning::Release release;
  bool changed = false;  // something was learned since `newest`

  // Sums since the start.
  double requests = 0, explored = 0, regret = 0, rollbacks = 0, activations = 0;

  void bring_back();  // from the shelf
  // True if the release changed.
  bool read_history(std::chrono::system_clock::time_point now);
  core::Result<void> keep(std::chrono::system_clock::time_point now);
  void note();  // release and mode, for the next start
  // What the router reads of a version; null for 0.
  core::Result<std::shared_ptr<const router::QualityTable>> table_of(std::uint64_t number);

 private:
  void hear(const history::Kept& kept, std::chrono::system_clock::time_point now);
  void weigh(const history::Kept& kept);
  std::string progress() const;
};

}  // namespace codecrucible::gateway
