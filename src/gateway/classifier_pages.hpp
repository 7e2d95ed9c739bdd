#pragma once

#include "core/result.hpp"
#include "gateway/worker_desk.hpp"
#include "net/exchange.hpp"

#include <string>

namespace codecrucible::gateway {

// /admin/classifiers: what was trained from the history, and orders about it; JSON.
net::task<core::Result<std::string>> classifiers_page(net::Exchange& exchange, WorkerDesk& desk,
                                                      const std::string& verb);

}  // namespace codecrucible::gateway
