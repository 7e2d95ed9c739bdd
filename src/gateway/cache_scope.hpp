#pragma once

#include "cache/exact.hpp"
#include "config/settings.hpp"
#include "net/exchange.hpp"
#include "wire/openai/source_map.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace codecrucible::gateway {

// What of a configuration decides who answers a request, so that an answer is found again only by requests
// that would be decided alike. Made once per snapshot.
struct CacheScope {
  std::uint64_t policy = 0;  // of routing, models and providers; timeouts, logging and the like do not count
  std::vector<std::string> headers;  // that conditions of rules read
  bool user = false, hour = false, weekday = false;
};

CacheScope cache_scope(const config::Settings& settings);

// The request's own part: wishes in headers and what the rules read, as text in a fixed order.
std::string cache_wishes(const CacheScope& scope, const net::Exchange& exchange, std::string_view user,
                         std::chrono::system_clock::time_point now);

// The same for what a request's body says beside what core::ChatRequest has names for, as a backend may heed
// it.
std::string unread_wishes(const wire::openai::SourceMap& source);

// Whose request it is: the name of the API key, "" where keys are not used.
std::string tenant_of(const net::Exchange& exchange, const config::Security& security);

// What `Cache-Control` (no-cache, no-store, max-age) and `x-codecrucible-cache` (no, refresh, yes) ask for.
// `yes` is for requests that are not deterministic: `insist` is set.
struct CacheControl {
  cache::Wish wish;
  bool insist = false;
};
CacheControl cache_control(const net::Exchange& exchange);

}  // namespace codecrucible::gateway
