#pragma once

#include "gateway/worker_desk.hpp"

#include <string>

namespace codecrucible::gateway {

// GET /admin/policies, GET /admin/policies/{number}; POST /admin/policies/activate {"number": N, "strategy":
// "canary"}, …/rollback, …/follow, …/learn.
net::task<core::Result<std::string>> policies_page(net::Exchange& exchange, WorkerDesk& desk,
                                                   const std::string& verb);

}  // namespace codecrucible::gateway
