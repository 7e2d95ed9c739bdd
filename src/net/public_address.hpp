#pragma once

#include "net/task.hpp"

#include <boost/asio/ip/address.hpp>

namespace codecrucible::net {

// False for every address that may mean this machine, its network or nobody: loopback, private, link-local,
// shared, multicast, reserved, for documentation, and IPv6 forms that carry an IPv4 address or tunnel to one
// (IANA's special-purpose address registries, RFC 6890).
bool is_public(const asio::ip::address& address);

}  // namespace codecrucible::net
