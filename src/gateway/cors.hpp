#pragma once

#include "net/exchange.hpp"

#include <string>
#include <vector>

namespace codecrucible::gateway {

// Header lines that let a browser's page read the reply: for pages of this machine (is_home_origin) and for
// the configured origins ("*" = all). Empty for everybody else and for clients that are no browsers.
std::string cors_headers(const net::Exchange& exchange, const std::vector<std::string>& origins);

// The same for a preflight, with the methods and headers that clients of these APIs use.
std::string preflight_headers(const net::Exchange& exchange, const std::vector<std::string>& origins);

}  // namespace codecrucible::gateway
