#pragma once

#include "core/result.hpp"
#include "gateway/snapshot.hpp"
#include "net/exchange.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::gateway {

// What clients of Anthropic's dialect ask for besides messages.

// /v1/models is one path in two dialects: these clients name their version, or bring the key in a header of
// their own (anthropic.md part 7).
bool speaks_anthropic(const net::Exchange& exchange);

// /v1/messages/count_tokens: an estimate. The failure is for the client.
core::Result<std::string> count_tokens_page(const net::Exchange& exchange, const Snapshot& snapshot,
                                            const core::FleetView& fleet);

// /v1/models: what can chat. A model that several hosts hold is one line, with the smallest window.
std::string anthropic_models_page(const core::FleetView& fleet,
                                  const std::vector<std::string>& virtual_models);
// /v1/models/{id}; none = unknown.
std::optional<std::string> anthropic_model_page(const core::FleetView& fleet,
                                                const std::vector<std::string>& virtual_models,
                                                std::string_view id);

}  // namespace codecrucible::gateway
