#include "gateway/rate_limits.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;
using namespace std::chrono_literals;

namespace {

const core::Time begin{1000h};
// An hour before midnight UTC.
const RateLimits::WallTime evening{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + 23h};

KeyRing ring_of(int requests, std::int64_t tokens, std::int64_t day) {
  config::ApiKey key;
  key.name = "team";
  key.key = "secret";
  key.requests_per_minute = requests;
  key.tokens_per_minute = tokens;
  key.tokens_per_day = day;
  return KeyRing({key});
}

}  // namespace

TEST_CASE("limits: a minute's requests at once, then one as each is earned again") {
  const auto ring = ring_of(6, 0, 0);
  const auto& key = ring.keys().front();
  RateLimits limits;
  for (int i = 0; i < 6; ++i) CHECK(limits.take(key, begin, evening).has_value());
  const auto refused = limits.take(key, begin, evening);
  REQUIRE(refused.has_error());
  CHECK(refused.error().cause == core::Cause::rate_limited);
  CHECK(refused.error().retry_after == 10s);
  CHECK(limits.take(key, begin + 9s, evening).has_error());
  CHECK(limits.take(key, begin + 10s, evening).has_value());
  CHECK(limits.take(key, begin + 11s, evening).has_error());
}

TEST_CASE("limits: what is left is told in the names that clients look for") {
  const auto ring = ring_of(6, 60, 0);
  const auto& key = ring.keys().front();
  RateLimits limits;
  CHECK(limits.take(key, begin, evening).has_value());
  limits.spend(key, 10, 20, begin, evening);
  const auto openai = limits.headers(key, false, begin, evening);
  CHECK(openai ==
        "x-ratelimit-limit-requests: 6\r\nx-ratelimit-remaining-requests: 5\r\nx-ratelimit-reset-requests: "
        "10s\r\n"
        "x-ratelimit-limit-tokens: 60\r\nx-ratelimit-remaining-tokens: 30\r\nx-ratelimit-reset-tokens: "
        "30s\r\n");
  const auto anthropic = limits.headers(key, true, begin, evening);
  CHECK(anthropic.find("anthropic-ratelimit-tokens-remaining: 30\r\n") != std::string::npos);
  CHECK(anthropic.find("anthropic-ratelimit-requests-reset: 2026-03-01T23:00:10Z\r\n") != std::string::npos);
  limits.spend(key, 90, 0, begin, evening);
  CHECK(limits.headers(key, false, begin, evening).find("remaining-tokens: 0\r\n") != std::string::npos);
  CHECK(limits.headers(ring_of(0, 0, 9).keys().front(), false, begin, evening).empty());
}

TEST_CASE("limits: tokens are taken off when they are known, and what was overdrawn is waited for") {
  const auto ring = ring_of(0, 60, 0);
  const auto& key = ring.keys().front();
  RateLimits limits;
  CHECK(limits.take(key, begin, evening).has_value());
  limits.spend(key, 40, 19, begin, evening);
  CHECK(limits.take(key, begin, evening).has_value());  // one is left
  limits.spend(key, 30, 0, begin, evening);
  const auto refused = limits.take(key, begin, evening);
  REQUIRE(refused.has_error());
  CHECK(refused.error().retry_after == 30s);
  CHECK(refused.error().detail.find("60 tokens a minute") != std::string::npos);
  CHECK(limits.take(key, begin + 30s, evening).has_value());
}

TEST_CASE("limits: a day's tokens come again at midnight") {
  const auto ring = ring_of(0, 0, 1000);
  const auto& key = ring.keys().front();
  RateLimits limits;
  CHECK(limits.take(key, begin, evening).has_value());
  limits.spend(key, 900, 100, begin, evening);
  const auto refused = limits.take(key, begin, evening + 1min);
  REQUIRE(refused.has_error());
  CHECK(refused.error().retry_after == 59min);
  CHECK(limits.take(key, begin, evening + 1h).has_value());
}

TEST_CASE("limits: a limit that is changed begins full") {
  const auto narrow = ring_of(1, 0, 0);
  const auto wide = ring_of(3, 0, 0);
  RateLimits limits;
  CHECK(limits.take(narrow.keys().front(), begin, evening).has_value());
  CHECK(limits.take(narrow.keys().front(), begin, evening).has_error());
  for (int i = 0; i < 3; ++i) CHECK(limits.take(wide.keys().front(), begin, evening).has_value());
  CHECK(limits.take(wide.keys().front(), begin, evening).has_error());
}

TEST_CASE("limits: the day's tokens are taken up from a text of the same day, and of no other") {
  const auto ring = ring_of(0, 0, 1000);
  const auto& key = ring.keys().front();
  RateLimits before;
  CHECK(before.spent_today(evening).empty());
  before.spend(key, 900, 99, begin, evening);
  const auto text = before.spent_today(evening);
  CHECK(before.spent_today(evening + 1h).empty());

  RateLimits after;
  CHECK(after.take_up(text, evening + 30min).has_value());
  CHECK(after.take(key, begin, evening + 30min).has_value());  // one is left
  after.spend(key, 1, 0, begin, evening + 30min);
  CHECK(after.take(key, begin, evening + 30min).has_error());
  CHECK(after.take(key, begin, evening + 1h).has_value());

  RateLimits next_day;
  CHECK(next_day.take_up(text, evening + 1h).has_value());
  CHECK(next_day.spent_today(evening + 1h).empty());
  for (const char* const broken :
       {"", "{", "[]", "{}", R"({"format":2,"day":1,"keys":[]})", R"({"format":1,"day":"x","keys":[]})"}) {
    CAPTURE(broken);
    CHECK(next_day.take_up(broken, evening).has_error());
  }
}
