#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// Which model answered a conversation last, so that it stays where its prefix cache is warm. Bounded, least
// recently used goes first; shared by all workers in shards, so that a lock is held for a look-up only. Some
// 30 bytes a conversation: there may be a hundred thousand.
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
  static constexpr std::uint32_t none = UINT32_MAX;

  struct Entry {
    std::uint64_t key;
    std::uint32_t place;
    std::uint32_t newer, older;  // in the order of use
    std::uint32_t next;          // with the same first slot
  };
  struct Shard {
    std::mutex mutex;
    std::vector<Entry> entries;
    std::vector<std::uint32_t> slots;  // heads of chains, a power of two; grows with the entries
    std::deque<Place> places;          // few: as many as models ever answered
    std::uint32_t newest = none, oldest = none;

    std::uint32_t find(std::uint64_t key) const;
    std::uint32_t place_of(std::string_view provider, std::string_view model);
    void unlink(std::uint32_t at);
    void link_newest(std::uint32_t at);
    void chain(std::uint32_t at);
    void unchain(std::uint32_t at);
    void grow();
  };
  Shard& shard_of(std::uint64_t key) { return shards_[(key >> 32) % shards]; }

  std::size_t per_shard_;
  std::array<Shard, shards> shards_;
};

}  // namespace codecrucible::gateway
