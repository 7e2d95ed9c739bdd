#pragma once

#include "cache/answer.hpp"
#include "cache/key.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace codecrucible::cache {

// Answers under a bound of bytes, by S3-FIFO (Yang et al., SOSP 2023): what is new waits in a small queue;
// only what is asked for again moves to the main one, so that a scan of requests that never come back drives
// nothing out. Keys that left the small queue are remembered: who comes back goes straight to the main one.
// For one thread at a time.
class Shelf {
 public:
  explicit Shelf(std::size_t bytes) : limit_(bytes) {}

  // Counts as a use. Null if it is not there.
  AnswerPtr find(const Key& key);
  // In place of what the key had. False if it is larger than a quarter of the shelf. `gone`, if given, takes
  // the keys that had to make room.
  bool put(const Key& key, AnswerPtr answer, std::vector<Key>* gone = nullptr);
  bool erase(const Key& key);
  // Erases what the claim is true of; their keys.
  std::vector<Key> erase_if(const std::function<bool(const Answer&)>& claim);
  void limit(std::size_t bytes, std::vector<Key>* gone = nullptr);

  std::size_t bytes() const noexcept { return small_bytes_ + main_bytes_; }
  std::size_t count() const noexcept { return at_.size(); }

 private:
  struct Entry {
    Key key;
    AnswerPtr answer;
    std::size_t bytes = 0;
    std::uint8_t uses = 0;  // 0..3
    bool in_main = false;
  };
  using Queue = std::list<Entry>;  // oldest first

  void make_room(std::vector<Key>* gone);
  void evict_small(std::vector<Key>* gone);
  void evict_main(std::vector<Key>* gone);
  void take_out(Queue::iterator entry);
  void remember(const Key& key);

  std::size_t limit_;
  Queue small_, main_;
  std::size_t small_bytes_ = 0, main_bytes_ = 0;
  std::unordered_map<Key, Queue::iterator> at_;
  std::list<Key> ghosts_;  // oldest first
  std::unordered_map<Key, std::list<Key>::iterator> ghost_at_;
};

}  // namespace codecrucible::cache
