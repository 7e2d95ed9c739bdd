#pragma once

#include "classifier/judge.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace codecrucible::gateway {

// What the judge said of earlier requests. Bounded, least recently used goes first; shared by all workers in
// shards, so that a lock is held for a look-up only.
class JudgeMemory {
 public:
  std::optional<classifier::Judgement> find(std::uint64_t key);
  // Keeps at most `capacity` answers in all; 0 keeps none.
  void keep(std::uint64_t key, const classifier::Judgement& judgement, std::size_t capacity);
  std::size_t size() const;

 private:
  static constexpr std::size_t shards = 8;
  struct Entry {
    std::uint64_t key;
    classifier::Judgement judgement;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> recent;  // newest first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> at;
  };
  Shard& shard_of(std::uint64_t key) { return shards_[(key >> 32) % shards]; }

  std::array<Shard, shards> shards_;
};

}  // namespace codecrucible::gateway
