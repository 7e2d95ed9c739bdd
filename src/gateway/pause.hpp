#pragma once

#include "net/exchange.hpp"
#include "net/server.hpp"

namespace codecrucible::gateway {

// Waits so long, or until the client leaves or the reply must end, whichever is first.
net::task<> pause(net::Worker& worker, net::Exchange& exchange, core::Duration span);

}  // namespace codecrucible::gateway
