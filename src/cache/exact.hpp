#pragma once

#include "cache/flight.hpp"
#include "cache/settings.hpp"
#include "cache/shelf.hpp"
#include "core/chat.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace codecrucible::cache {

class Spill;

// True if the same request may be told the same answer: a temperature up to the limit or a seed was asked
// for, or the settings do not care.
bool may_repeat(const core::ChatRequest& request, const ExactSettings& settings) noexcept;

// What a request lets the cache do.
struct Wish {
  bool read = true;                             // be answered from memory
  bool share = true;                            // share a generation under way
  bool keep = true;                             // its own answer may be kept
  std::optional<std::chrono::seconds> max_age;  // older answers do not do
};

// Which answers are meant: empty = all. `model` is the name asked for, "provider/model" or the model alone.
struct Choice {
  std::string_view tenant;
  std::string_view model;
};

// Why an answer was not put into the cache.
enum class Refusal : std::uint8_t {
  failed,     // an error, cut, cancelled
  shortened,  // it ended for want of room, at a limit that the client did not set
  filtered,   // by the backend's content filter
  too_large,  //
  unwanted,   // no-store, or a rule with cacheTtl 0
  doubted,    // given only because nobody stronger answered
};
inline constexpr std::size_t refusal_count = 6;
std::string_view name(Refusal refusal) noexcept;

// True if `choice` means this answer.
bool is_chosen(const Answer& answer, const Choice& choice) noexcept;

struct Holdings {
  std::size_t answers = 0, bytes = 0, limit = 0, flights = 0;
  std::uint64_t evicted = 0, expired = 0;
  std::array<std::uint64_t, refusal_count> refused{};
};

// Answers to requests seen before, and the generations under way that others may join. In shards: a lock is
// held for a look-up or to put something in. Any thread may call it.
class Exact {
 public:
  using Clock = std::chrono::system_clock;

  explicit Exact(const ExactSettings& settings);
  ~Exact();

  // Either an answer, or a generation to join, or one to lead, or nothing.
  struct Found {
    AnswerPtr answer;
    std::shared_ptr<Flight> flight;
    bool lead = false;
  };
  // `stale`: a generation that could not be joined any more; another takes its place.
  Found look_up(const Key& key, const Wish& wish, Clock::time_point now, const Flight* stale = nullptr);
  // False if it is too large to be kept, or not good for any time.
  bool keep(const Key& key, AnswerPtr answer);
  // The generation is no longer to be joined; with its answer, in one step, so that nobody finds neither.
  bool conclude(const Key& key, const std::shared_ptr<Flight>& flight, AnswerPtr answer);

  void refused(Refusal why) noexcept {
    refused_[static_cast<std::size_t>(why)].fetch_add(1, std::memory_order_relaxed);
  }

  std::size_t clear(const Choice& choice);
  // Another bound takes effect at once.
  void apply(const ExactSettings& settings);
  Holdings holdings() const;

  // From now on what is kept is also told to `spill`; what it remembers comes in first. Call it before use.
  void attach(std::unique_ptr<Spill> spill);

 private:
  static constexpr std::size_t shards = 16;
  struct Shard {
    mutable std::mutex mutex;
    Shelf shelf{0};
    std::unordered_map<Key, std::shared_ptr<Flight>> flights;
  };
  Shard& shard_of(const Key& key) { return shards_[key.high % in_use_]; }
  bool put(Shard& shard, const Key& key, AnswerPtr answer);

  std::array<Shard, shards> shards_;
  std::size_t in_use_ = shards;  // fewer where each would be too small for an answer
  std::atomic<std::size_t> limit_{0};
  std::unique_ptr<Spill> spill_;
  std::atomic<std::uint64_t> evicted_{0}, expired_{0};
  std::array<std::atomic<std::uint64_t>, refusal_count> refused_{};
};

}  // namespace codecrucible::cache
