#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace codecrucible::gateway {

// Which model answered a conversation last, so that it stays where its prefix cache is warm. Bounded, least
// recently used goes first; shared by all workers in shards, so that a lock is held for a look-up only.
class Conversations {
 public:
  struct Place {
    std::string provider;
    std::string model;
  };

  explicit Conversations(std::size_t capacity) : per_shard_(capacity / shards + 1) {}

  std::optional<Place> last(std::uint64_t conversation);
  void answered(std::uint64_t conversation, std::string_view provider, std::string_view model);

 private:
  static constexpr std::size_t shards = 16;
  struct Entry {
    std::uint64_t key;
    Place place;
  };
  struct Shard {
    std::mutex mutex;
    std::list<Entry> recent;  // newest first
    std::unordered_map<std::uint64_t, std::list<Entry>::iterator> at;
  };
  Shard& shard_of(std::uint64_t key) { return shards_[(key >> 32) % shards]; }

  std::size_t per_shard_;
  std::array<Shard, shards> shards_;
};

}  // namespace codecrucible::gateway
