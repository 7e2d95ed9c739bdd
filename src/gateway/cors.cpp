#include "gateway/cors.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

bool of_this_machine(std::string_view origin) {
  for (std::string_view start : {"http://localhost", "https://localhost", "http://127.0.0.1",
                                 "https://127.0.0.1", "http://[::1]", "https://[::1]"}) {
    if (origin.starts_with(start) && (origin.size() == start.size() || origin[start.size()] == ':'))
      return true;
  }
  return false;
}

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
  if (!named && !all && !of_this_machine(origin)) return {};
  return "Access-Control-Allow-Origin: " + std::string(origin) +
         "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: x-request-id, x-codecrucible-provider, "
         "x-codecrucible-model, "
         "x-codecrucible-rule, x-codecrucible-task, x-codecrucible-complexity, x-codecrucible-confidence, "
         "x-codecrucible-escalated, x-codecrucible-escalation, x-codecrucible-escalation-reason, "
         "x-codecrucible-repaired-calls, x-codecrucible-cache, x-codecrucible-attempts, "
         "x-codecrucible-dropped\r\n";
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
  return lines + "\r\nAccess-Control-Max-Age: 600\r\n";
}

}  // namespace codecrucible::gateway
