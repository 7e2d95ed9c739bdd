#pragma once

#include "core/result.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::cli {

// Where the gateway is: --url, else CODECRUCIBLE_URL, else http://127.0.0.1:8484; the key from
// CODECRUCIBLE_API_KEY. https:// trusts the system's certificates and those in the PEM file CODECRUCIBLE_CA.
struct GatewayAddress {
  std::string url = "http://127.0.0.1:8484";
  std::string key;
};
GatewayAddress gateway_address(const std::string& url_option);
// Somebody said where it is.
bool gateway_named(const std::string& url_option);

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // empty if it was given to `piece`

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct HttpCall {
  std::string method = "GET";
  std::string path;
  std::string body;
  std::map<std::string, std::string> headers;
  // How long the connection, the reply's head, and each further piece of it may take; none waits for as long
  // as the gateway does.
  std::optional<std::chrono::milliseconds> patience = std::chrono::seconds(30);
  // Given the body of a 2xx reply piece by piece as it arrives, instead of the whole at the end.
  std::function<void(std::string_view)> piece;
  // Asked after each piece; true ends the call with Failure{client_gone}.
  bool (*given_up)() = nullptr;
};

// One blocking call. Failure{refused}: nothing listens there; {cut}: the connection broke in the middle;
// {timeout}: patience ended.
core::Result<HttpReply> call_gateway(const GatewayAddress& gateway, const HttpCall& call);

// The sentence to show when nothing answers, with the command that mends it.
std::string no_gateway_text(const GatewayAddress& gateway);

// The text of an error body in any of the dialects, else the body's beginning.
std::string error_text(const HttpReply& reply);

}  // namespace codecrucible::cli
