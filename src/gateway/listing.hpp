#pragma once

#include "fleet/fleet.hpp"
#include "gateway/backend.hpp"
#include "net/server.hpp"

namespace codecrucible::gateway {

// What a backend is and has: asks it the questions of its kind, of which every reply may decide the next one.
// Loads nothing. `patience` bounds each question.
net::task<core::Result<providers::Listing>> ask_listing(net::Worker& worker, const Backend& backend,
                                                        std::chrono::milliseconds patience);

// The same in the fleet's words.
fleet::Listing fleet_listing(const providers::Listing& listing);

}  // namespace codecrucible::gateway
