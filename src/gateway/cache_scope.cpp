#include "gateway/cache_scope.hpp"

#include "cache/digest.hpp"
#include "config/load.hpp"
#include "gateway/door.hpp"
#include "router/names.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace codecrucible::gateway {
namespace {

// Header names in `headers['x-team']` or `headers["x-team"]`.
void add_headers(std::string_view condition, std::vector<std::string>& names) {
  constexpr std::string_view opening = "headers[";
  for (auto at = condition.find(opening); at != std::string_view::npos; at = condition.find(opening, at)) {
    at += opening.size();
    if (at >= condition.size()) return;
    const char quote = condition[at];
    const auto end = condition.find(quote, at + 1);
    if (end == std::string_view::npos) return;
    names.push_back(router::lower(condition.substr(at + 1, end - at - 1)));
  }
}

bool reads(std::string_view condition, std::string_view variable) {
  return condition.find(variable) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

CacheScope cache_scope(const config::Settings& settings) {
  CacheScope scope;
  config::Settings deciding;
  deciding.profile = settings.profile;
  deciding.providers = settings.providers;
  deciding.classifier = settings.classifier;
  deciding.default_tier = settings.default_tier;
  deciding.routing = settings.routing;
  deciding.confidence = settings.confidence;
  scope.policy = cache::hash_of(config::to_yaml(deciding)).low;
  for (const auto& rule : settings.routing.rules) {
    add_headers(rule.condition, scope.headers);
    scope.user |= reads(rule.condition, "user") || !rule.users.empty() || !rule.weights.empty();
    scope.hour |= reads(rule.condition, "hour");
    scope.weekday |= reads(rule.condition, "weekday");
  }
  std::sort(scope.headers.begin(), scope.headers.end());
  scope.headers.erase(std::unique(scope.headers.begin(), scope.headers.end()), scope.headers.end());
  return scope;
}

std::string cache_wishes(const CacheScope& scope, const net::Exchange& exchange, std::string_view user,
                         std::chrono::system_clock::time_point now) {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.append(name).append("\n").append(value).append("\n");
  };
  for (const std::string_view name :
       {"x-codecrucible-prefer", "x-codecrucible-privacy", "x-codecrucible-escalate"}) {
    add(name, exchange.header(name));
  }
  for (const auto& name : scope.headers) add(name, exchange.header(name));
  if (scope.user) add("user", user);
  if (scope.hour || scope.weekday) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    localtime_r(&seconds, &local);
    if (scope.hour) add("hour", std::to_string(local.tm_hour));
    if (scope.weekday) add("weekday", std::to_string(local.tm_wday));
  }
  return out;
}

std::string unread_wishes(const wire::openai::SourceMap& source) {
  std::vector<std::string> members;
  for (const auto& unread : source.unread) {
    const auto meant = cache::hash_of_json(unread.json);
    members.push_back(unread.where + "\n" + std::to_string(meant.high) + " " + std::to_string(meant.low) +
                      "\n");
  }
  std::sort(members.begin(), members.end());
  std::string out;
  for (const auto& member : members) out += member;
  return out;
}

std::string tenant_of(const net::Exchange& exchange, const config::Security& security) {
  if (security.keys.empty()) return {};
  const auto given = secret_of(exchange);
  if (given.empty()) return "nobody";
  for (const auto& key : security.keys) {
    if (!key.key.empty() && key.key == given) return key.name;
  }
  return "key:" + std::to_string(cache::hash_of(given).low);
}

CacheControl cache_control(const net::Exchange& exchange) {
  CacheControl out;
  auto& wish = out.wish;
  auto rest = exchange.header("cache-control");
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto word = router::lower(trimmed(rest.substr(0, comma)));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (word == "no-store") wish.read = wish.share = wish.keep = false;
    if (word == "no-cache") wish.read = wish.share = false;
    if (word.starts_with("max-age=")) {
      std::int64_t seconds = 0;
      const auto [end, error] = std::from_chars(word.data() + 8, word.data() + word.size(), seconds);
      if (error == std::errc() && seconds >= 0)
        wish.max_age = std::chrono::seconds(std::min<std::int64_t>(seconds, 1'000'000'000));
      if (seconds == 0) wish.read = wish.share = false;
    }
  }
  const auto word = router::lower(exchange.header("x-codecrucible-cache"));
  if (word == "no" || word == "off" || word == "bypass") wish.read = wish.share = wish.keep = false;
  if (word == "refresh") wish.read = wish.share = false;
  out.insist = word == "yes";
  return out;
}

}  // namespace codecrucible::gateway
