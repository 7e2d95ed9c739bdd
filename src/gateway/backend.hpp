#pragma once

#include "fleet/settings.hpp"
#include "net/upstream.hpp"
#include "providers/provider.hpp"

#include <memory>
#include <string>

namespace codecrucible::gateway {

// One configured server of models, ready to be called. Immutable; shared by all workers.
struct Backend {
  fleet::HostSettings settings;
  net::Endpoint endpoint;
  const providers::Provider* provider = nullptr;
};
using BackendPtr = std::shared_ptr<const Backend>;

core::Result<BackendPtr> make_backend(const fleet::HostSettings& settings);

}  // namespace codecrucible::gateway
