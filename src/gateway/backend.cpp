#include "gateway/backend.hpp"

namespace codecrucible::gateway {

core::Result<BackendPtr> make_backend(const fleet::HostSettings& settings) {
  auto endpoint = net::parse_endpoint(settings.url);
  if (!endpoint) return endpoint.error();
  auto backend = std::make_shared<Backend>();
  backend->settings = settings;
  backend->endpoint = std::move(*endpoint);
  if (!settings.api_key.empty()) backend->endpoint.authorization = "Bearer " + settings.api_key;
  backend->provider = &providers::provider_for(settings.kind);
  return BackendPtr(std::move(backend));
}

}  // namespace codecrucible::gateway
