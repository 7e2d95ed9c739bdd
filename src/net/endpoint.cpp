#include "net/upstream.hpp"

#include <algorithm>
#include <charconv>

namespace codecrucible::net {
namespace {

core::Failure bad(std::string_view url, std::string_view why) {
  return core::fail(core::Cause::bad_request, "'" + std::string(url) + "' is not a usable address: " +
                                                  std::string(why) + " (try http://127.0.0.1:1234)");
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

core::Result<Endpoint> parse_endpoint(std::string_view url) {
  Endpoint endpoint;
  std::string_view rest = url;
  if (take_prefix(rest, "https://")) {
    endpoint.tls = true;
    endpoint.port = 443;
  } else if (!take_prefix(rest, "http://") && rest.find("://") != std::string_view::npos) {
    return bad(url, "only http and https are spoken");
  }
  // Anything that could end a header line or start a query has no place in it.
  if (std::any_of(rest.begin(), rest.end(), [](unsigned char c) { return c <= ' ' || c == 127; }))
    return bad(url, "it contains a blank or a control character");
  if (rest.find_first_of("?#") != std::string_view::npos) return bad(url, "it has a query");

  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    std::string_view path = rest.substr(slash);
    while (path.ends_with('/')) path.remove_suffix(1);
    endpoint.base_path = path;
    rest = rest.substr(0, slash);
  }
  if (rest.find('@') != std::string_view::npos) return bad(url, "credentials belong into the api key");

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == std::string_view::npos) return bad(url, "the ] is missing");
    endpoint.host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return bad(url, "after ] comes a port or nothing");
    port = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && port.empty()) return bad(url, "the port is missing");
  } else {
    const std::size_t colon = rest.find(':');
    endpoint.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      if (port.empty()) return bad(url, "the port is missing");
    }
  }
  if (endpoint.host.empty()) return bad(url, "the host is missing");
  if (!port.empty()) {
    const char* const end = port.data() + port.size();
    const auto [at, error] = std::from_chars(port.data(), end, endpoint.port);
    if (error != std::errc() || at != end || endpoint.port == 0)
      return bad(url, "the port is not 1 to 65535");
  }
  return endpoint;
}

}  // namespace codecrucible::net
