#include "gateway/cors.hpp"

#include "gateway/visitors.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

bool sane(std::string_view origin) {
  return origin.size() < 256 &&
         std::all_of(origin.begin(), origin.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::string cors_headers(const net::Exchange& exchange, const std::vector<std::string>& origins) {
  const auto origin = exchange.header("origin");
  if (origin.empty() || !sane(origin)) return {};
  const bool named = std::find(origins.begin(), origins.end(), origin) != origins.end();
  const bool all = std::find(origins.begin(), origins.end(), "*") != origins.end();
  if (!named && !all && !is_home_origin(origin)) return {};
  return "Access-Control-Allow-Origin: " + std::string(origin) +
         "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: x-request-id, x-codecrucible-provider, "
         "x-codecrucible-model, "
         "x-codecrucible-rule, x-codecrucible-task, x-codecrucible-complexity, x-codecrucible-confidence, "
         "x-codecrucible-escalated, x-codecrucible-escalation, x-codecrucible-escalation-reason, "
         "x-codecrucible-repaired-calls, x-codecrucible-cache, x-codecrucible-attempts, "
         "x-codecrucible-dropped, x-codecrucible-overhead-ms\r\n";
}

std::string preflight_headers(const net::Exchange& exchange, const std::vector<std::string>& origins) {
  std::string lines = cors_headers(exchange, origins);
  if (lines.empty()) return {};
  lines += "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\nAccess-Control-Allow-Headers: ";
  const auto asked = exchange.header("access-control-request-headers");
  const bool plain = asked.size() < 2000 && std::all_of(
                                                asked.begin(), asked.end(),
                                                [](char c) {
                                                  return c == ',' || c == ' ' || c == '-' || c == '_' ||
                                                         (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                                         (c >= 'A' && c <= 'Z');
                                                });
  lines += asked.empty() || !plain ? "authorization, content-type" : asked;
  lines += "\r\nAccess-Control-Max-Age: 600\r\n";
  // Chrome asks so before a page of the web may reach into this network.
  if (exchange.header("access-control-request-private-network") == "true") {
    lines += "Access-Control-Allow-Private-Network: true\r\n";
  }
  return lines;
}

}  // namespace codecrucible::gateway
