#pragma once

#include "gateway/worker_desk.hpp"

#include <string>

namespace codecrucible::gateway {

// The operator's surface under /admin/. Open without a key to this machine only; with `security.adminKey`
// set, that key is demanded from everybody. Pages of other origins are refused.
net::task<> serve_admin(net::Exchange& exchange, WorkerDesk& desk, const std::string& verb);

}  // namespace codecrucible::gateway
