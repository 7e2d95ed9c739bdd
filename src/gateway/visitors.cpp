#include "gateway/visitors.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace codecrucible::gateway {
namespace {

// The name alone, without port and brackets.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    return close == std::string_view::npos ? host : host.substr(1, close - 1);
  }
  const auto colon = host.find(':');
  // Several colons: an address of version 6 that somebody left without brackets.
  if (colon == std::string_view::npos || host.find(':', colon + 1) != std::string_view::npos) return host;
  return host.substr(0, colon);
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

bool ends_with_name(std::string_view name, std::string_view end) {
  return name.size() > end.size() && same_name(name.substr(name.size() - end.size()), end);
}

enum class Literal { none, loopback, other };

Literal literal_of(std::string_view name) {
  const std::string text(name.substr(0, 64));
  in_addr four{};
  if (inet_pton(AF_INET, text.c_str(), &four) == 1) {
    return ntohl(four.s_addr) >> 24 == 127 ? Literal::loopback : Literal::other;
  }
  in6_addr six{};
  if (inet_pton(AF_INET6, text.c_str(), &six) != 1) return Literal::none;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six) || mapped ? Literal::loopback : Literal::other;
}

// What stands between "://" and the path.
std::string_view authority_of(std::string_view origin) {
  const auto mark = origin.find("://");
  if (mark == std::string_view::npos) return {};
  origin.remove_prefix(mark + 3);
  return origin.substr(0, origin.find('/'));
}

core::Failure foreign(std::string detail) {
  return core::fail(core::Cause::forbidden, std::move(detail));
}

std::string shown(std::string_view text) {
  return "'" + std::string(text.substr(0, 100)) + "'";
}

}  // namespace

bool names_this_machine(std::string_view host) {
  const auto name = without_port(host);
  return same_name(name, "localhost") || ends_with_name(name, ".localhost") ||
         literal_of(name) == Literal::loopback;
}

bool is_known_host(std::string_view host, const std::vector<std::string>& also) {
  auto name = without_port(host);
  if (name == "127.0.0.1" || name.find('.') == std::string_view::npos) return true;
  if (names_this_machine(host) || literal_of(name) != Literal::none) return true;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (ends_with_name(name, ".internal")) return true;
  return std::any_of(also.begin(), also.end(),
                     [&](const std::string& known) { return same_name(without_port(known), name); });
}

bool is_home_origin(std::string_view origin) {
  for (const std::string_view program : {"app://", "tauri://", "vscode-webview://", "vscode-file://"}) {
    if (origin.starts_with(program)) return true;
  }
  if (!origin.starts_with("http://") && !origin.starts_with("https://")) return false;
  return names_this_machine(authority_of(origin));
}

core::Result<void> check_visitor(const net::Exchange& exchange, const config::Security& security) {
  const auto host = exchange.header("host");
  if (!is_known_host(host, security.hosts)) {
    return foreign("this gateway is not known by the name " + shown(host) +
                   ": ask it as localhost or by its address, or add the name to security.hosts");
  }
  const auto origin = exchange.header("origin");
  if (origin.empty() || is_home_origin(origin)) return {};
  // A page that the gateway itself serves, under whatever name.
  if (!host.empty() && same_name(authority_of(origin), host)) return {};
  const auto& may = security.cors_origins;
  for (const std::string_view each : may) {
    if (each == "*" || each == origin) return {};
  }
  return foreign("pages of " + shown(origin) +
                 " may not use this gateway: add the origin to security.corsOrigins, or set security.keys");
}

core::Result<void> check_openness(std::string_view address, const config::Security& security) {
  if (!security.keys.empty() || security.open_to_network || names_this_machine(address)) return {};
  return core::fail(core::Cause::forbidden,
                    "listening on " + std::string(address) +
                        " without security.keys would let everybody who reaches the port use the gateway: "
                        "set security.keys, listen on 127.0.0.1, or say security.openToNetwork: true");
}

}  // namespace codecrucible::gateway
