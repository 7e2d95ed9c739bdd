#pragma once

#include "core/clock.hpp"
#include "core/result.hpp"
#include "gateway/door.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// What each key has used, and whether it may use more; shared by all workers. Requests and tokens of a minute
// are buckets that refill steadily and hold a minute's worth; tokens of a day begin anew at midnight UTC.
// Tokens are known when an answer has ended: a key may start as long as anything is left, and what it then
// used is taken off, below nothing if need be. What was spent of the day outlives a restart, as a text that
// somebody keeps.
class RateLimits {
 public:
  using WallTime = std::chrono::system_clock::time_point;

  // Takes one request. Failure{rate_limited} names the limit and tells when the next will do.
  core::Result<void> take(const KeyRing::Key& key, core::Time now, WallTime wall);
  void spend(const KeyRing::Key& key, std::int64_t prompt_tokens, std::int64_t completion_tokens,
             core::Time now, WallTime wall);
  // What of its minute's limits the key has left, as lines of a reply's head in the names that OpenAI's or
  // Anthropic's clients look for; empty for limits that it does not have.
  std::string headers(const KeyRing::Key& key, bool anthropic, core::Time now, WallTime wall);
  // The tokens of this day as JSON; empty if there are none.
  std::string spent_today(WallTime wall) const;
  // Adds what spent_today() said; of another day it is nothing. Failure = this is no such text.
  core::Result<void> take_up(std::string_view text, WallTime wall);
  // codecrucible_key_…{key}
  void add_samples(std::vector<telemetry::Sample>& out, const KeyRing& ring, WallTime wall) const;

 private:
  struct Bucket {
    double left = 0;
    double most = 0;
    core::Time at{};
    void refill(double limit, core::Time now);
  };
  struct Account {
    Bucket requests, tokens;
    std::int64_t day = 0;  // since 1970
    std::int64_t today = 0;
    std::uint64_t asked = 0, prompt = 0, completion = 0;
    std::uint64_t refused[3] = {};
  };
  static void turn_day(Account& account, WallTime wall);

  mutable std::mutex mutex_;  // held for a look-up and a few sums
  std::map<std::string, Account, std::less<>> accounts_;
};

}  // namespace codecrucible::gateway
