#pragma once

#include "cache/settings.hpp"
#include "core/clock.hpp"

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace codecrucible::cache {

struct Turn;
using TurnPtr = std::shared_ptr<const Turn>;

// One request of a conversation and its answer, with what was said before.
struct Turn {
  Turn() = default;
  Turn(Turn&&) = default;
  Turn& operator=(Turn&&) = default;
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn();

  std::string id;
  std::string owner;     // who may go on from it; empty = everybody
  std::string input;     // JSON array: the items of this request
  std::string response;  // JSON object: the reply
  TurnPtr before;        // the turn that it went on from; null for a first one
};

// Turns that later requests go on from. Bounded by number, age and bytes: those of each turn in memory count
// once, also of one that is kept by a later turn alone. The oldest go first. Shared by all threads; the lock
// is held for a look-up or a hand-over, never while memory is freed.
class Turns {
 public:
  // The turn as kept; null if it is larger than all the memory for them.
  TurnPtr keep(Turn turn, const TurnSettings& limits, core::Time now);
  // Null if there is none, it is too old, or it is another owner's.
  TurnPtr find(std::string_view id, std::string_view owner, core::Time now);
  // False if find() would find nothing. Turns that went on from it keep what they need.
  bool forget(std::string_view id, std::string_view owner, core::Time now);

  std::size_t bytes() const noexcept { return *bytes_; }
  std::size_t count();

 private:
  struct Entry {
    TurnPtr turn;
    core::Time expires;
  };
  using Entries = std::list<Entry>;  // oldest first

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  Entries::iterator entry_of(std::string_view id, std::string_view owner, core::Time now);
  void take_out(Entries::iterator entry, Entries& gone);

  std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator, Hash, std::equal_to<>>
      at_;  // keys point into turns
  // Outlives this, because a turn may: requests under way hold what they go on from.
  std::shared_ptr<std::atomic<std::size_t>> bytes_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace codecrucible::cache
