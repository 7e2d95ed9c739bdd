#include "gateway/rate_limits.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string_view>

namespace codecrucible::gateway {
namespace {

using json = nlohmann::ordered_json;

constexpr int spent_format = 1;                          // of the text of spent tokens
constexpr std::int64_t most_tokens = 1'000'000'000'000;  // of a day; more cannot be allowed either

enum Limit : std::uint8_t { requests_per_minute, tokens_per_minute, tokens_per_day };
constexpr std::string_view limit_names[] = {"requestsPerMinute", "tokensPerMinute", "tokensPerDay"};

// One, but for what sums of fractions lose.
constexpr double whole = 1 - 1e-9;

std::chrono::seconds until_one(double left, double most) {
  return std::chrono::seconds(std::max<long>(1, static_cast<long>(std::ceil((1 - left) / most * 60))));
}

core::Failure over(const KeyRing::Key& key, std::int64_t most, std::string_view what,
                   std::chrono::seconds wait) {
  auto failure = core::fail(core::Cause::rate_limited, "the key '" + key.name + "' may use " +
                                                           std::to_string(most) + " " + std::string(what));
  failure.retry_after = wait;
  return failure;
}

std::int64_t day_of(RateLimits::WallTime wall) {
  return std::chrono::floor<std::chrono::days>(wall).time_since_epoch().count();
}

// `left` of `most` a minute: OpenAI's names with the time until all is there again, or Anthropic's with the
// moment (openai.md part 1, anthropic.md part 1).
void append_standing(std::string& lines, bool anthropic, const std::string& what, double left, double most,
                     RateLimits::WallTime wall) {
  const auto remaining = std::to_string(static_cast<std::int64_t>(std::max(0.0, left)));
  const auto limit = std::to_string(static_cast<std::int64_t>(most));
  const std::chrono::seconds full(static_cast<long>(std::ceil((most - left) / most * 60)));
  if (!anthropic) {
    lines += "x-ratelimit-limit-" + what + ": " + limit + "\r\nx-ratelimit-remaining-" + what + ": " +
             remaining + "\r\nx-ratelimit-reset-" + what + ": " + std::to_string(full.count()) + "s\r\n";
    return;
  }
  const std::time_t at = RateLimits::WallTime::clock::to_time_t(wall + full);
  std::tm parts{};
  gmtime_r(&at, &parts);
  char moment[32];
  std::strftime(moment, sizeof moment, "%Y-%m-%dT%H:%M:%SZ", &parts);
  const std::string stem = "anthropic-ratelimit-" + what;
  lines += stem + "-limit: " + limit + "\r\n" + stem + "-remaining: " + remaining + "\r\n" + stem +
           "-reset: " + moment + "\r\n";
}

}  // namespace

// A limit that is new or was changed begins full.
void RateLimits::Bucket::refill(double limit, core::Time now) {
  if (most != limit) {
    most = left = limit;
    at = now;
    return;
  }
  const double minutes = std::chrono::duration<double, std::ratio<60>>(now - at).count();
  left = std::min(most, left + std::max(0.0, minutes) * most);
  at = std::max(at, now);
}

void RateLimits::turn_day(Account& account, WallTime wall) {
  const auto day = day_of(wall);
  if (account.day == day) return;
  account.day = day;
  account.today = 0;
}

core::Result<void> RateLimits::take(const KeyRing::Key& key, core::Time now, WallTime wall) {
  const std::scoped_lock lock(mutex_);
  Account& account = accounts_[key.name];
  account.requests.refill(key.requests_per_minute, now);
  account.tokens.refill(static_cast<double>(key.tokens_per_minute), now);
  turn_day(account, wall);
  if (key.tokens_per_day > 0 && account.today >= key.tokens_per_day) {
    ++account.refused[tokens_per_day];
    const auto midnight = std::chrono::floor<std::chrono::days>(wall) + std::chrono::days(1);
    return over(key, key.tokens_per_day, "tokens a day, counted from midnight UTC",
                std::chrono::ceil<std::chrono::seconds>(midnight - wall));
  }
  if (key.tokens_per_minute > 0 && account.tokens.left < whole) {
    ++account.refused[tokens_per_minute];
    return over(key, key.tokens_per_minute, "tokens a minute",
                until_one(account.tokens.left, account.tokens.most));
  }
  if (key.requests_per_minute > 0 && account.requests.left < whole) {
    ++account.refused[requests_per_minute];
    return over(key, key.requests_per_minute, "requests a minute",
                until_one(account.requests.left, account.requests.most));
  }
  account.requests.left -= 1;
  ++account.asked;
  return {};
}

std::string RateLimits::headers(const KeyRing::Key& key, bool anthropic, core::Time now, WallTime wall) {
  std::string lines;
  if (key.requests_per_minute <= 0 && key.tokens_per_minute <= 0) return lines;
  const std::scoped_lock lock(mutex_);
  Account& account = accounts_[key.name];
  if (key.requests_per_minute > 0) {
    account.requests.refill(key.requests_per_minute, now);
    append_standing(lines, anthropic, "requests", account.requests.left, account.requests.most, wall);
  }
  if (key.tokens_per_minute > 0) {
    account.tokens.refill(static_cast<double>(key.tokens_per_minute), now);
    append_standing(lines, anthropic, "tokens", account.tokens.left, account.tokens.most, wall);
  }
  return lines;
}

void RateLimits::spend(const KeyRing::Key& key, std::int64_t prompt_tokens, std::int64_t completion_tokens,
                       core::Time now, WallTime wall) {
  const std::scoped_lock lock(mutex_);
  Account& account = accounts_[key.name];
  const std::int64_t prompt = std::max<std::int64_t>(0, prompt_tokens);
  const std::int64_t completion = std::max<std::int64_t>(0, completion_tokens);
  account.tokens.refill(static_cast<double>(key.tokens_per_minute), now);
  account.tokens.left -= static_cast<double>(prompt + completion);
  turn_day(account, wall);
  account.today += prompt + completion;
  account.prompt += static_cast<std::uint64_t>(prompt);
  account.completion += static_cast<std::uint64_t>(completion);
}

std::string RateLimits::spent_today(WallTime wall) const {
  json keys = json::array();
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, account] : accounts_) {
      if (account.day == day_of(wall) && account.today > 0)
        keys.push_back({{"name", name}, {"tokens", account.today}});
    }
  }
  if (keys.empty()) return {};
  return json{{"format", spent_format}, {"day", day_of(wall)}, {"keys", keys}}.dump(
             1, ' ', false, json::error_handler_t::replace) +
         "\n";
}

core::Result<void> RateLimits::take_up(std::string_view text, WallTime wall) {
  std::vector<std::pair<std::string, std::int64_t>> spent;
  try {
    const auto page = json::parse(text);
    if (page.at("format").get<int>() != spent_format)
      return core::fail(core::Cause::bad_request, "it has another format than this version writes");
    if (page.at("day").get<std::int64_t>() != day_of(wall)) return {};
    for (const auto& key : page.at("keys"))
      spent.emplace_back(key.at("name").get<std::string>(), key.at("tokens").get<std::int64_t>());
  } catch (const std::exception& error) {
    return core::fail(core::Cause::bad_request, error.what());
  }
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, tokens] : spent) {
    Account& account = accounts_[name];
    turn_day(account, wall);
    account.today += std::clamp<std::int64_t>(tokens, 0, most_tokens);
  }
  return {};
}

void RateLimits::add_samples(std::vector<telemetry::Sample>& out, const KeyRing& ring, WallTime wall) const {
  const std::scoped_lock lock(mutex_);
  const auto add = [&](std::string_view name, std::string_view help, bool counter, const std::string& key,
                       double value) -> auto& {
    auto& sample = telemetry::add_sample(out, name, help, counter, value);
    sample.labels = {{"key", key}};
    return sample.labels;
  };
  static const Account none;
  for (const auto& key : ring.keys()) {
    const auto found = accounts_.find(key.name);
    const Account& used = found == accounts_.end() ? none : found->second;
    add("key_requests_total", "Requests of an API key that were let in", true, key.name,
        static_cast<double>(used.asked));
    for (const auto& [kind, tokens] : {std::pair("input", used.prompt), std::pair("output", used.completion)})
      add("key_tokens_total", "Tokens that an API key has used", true, key.name, static_cast<double>(tokens))
          .emplace_back("token_type", kind);
    for (std::size_t i = 0; i < std::size(limit_names); ++i)
      add("key_refused_total", "Requests refused by a limit of their API key", true, key.name,
          static_cast<double>(used.refused[i]))
          .emplace_back("limit", limit_names[i]);
    if (key.tokens_per_day == 0) continue;
    const auto today = used.day == day_of(wall) ? used.today : 0;
    add("key_tokens_left_today", "Tokens that an API key may still use before midnight UTC", false, key.name,
        static_cast<double>(std::max<std::int64_t>(0, key.tokens_per_day - today)));
  }
}

}  // namespace codecrucible::gateway
