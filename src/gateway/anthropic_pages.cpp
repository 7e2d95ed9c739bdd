#include "gateway/anthropic_pages.hpp"

#include "gateway/token_room.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/surrogates.hpp"

#include <algorithm>

namespace codecrucible::gateway {
namespace {

using wire::anthropic::ModelLine;

std::vector<ModelLine> lines_of(const core::FleetView& fleet,
                                const std::vector<std::string>& virtual_models) {
  std::vector<ModelLine> lines;
  for (const auto& id : virtual_models) lines.push_back({id, std::nullopt});
  for (const auto& model : fleet.models) {
    if (!model.can.chat) continue;
    const auto window = model.window ? model.window : model.max_window;
    const auto known = std::find_if(lines.begin(), lines.end(),
                                    [&](const ModelLine& line) { return line.id == model.public_id; });
    if (known == lines.end()) {
      lines.push_back({model.public_id, window});
    } else if (window && (!known->window || *window < *known->window)) {
      known->window = window;
    }
  }
  return lines;
}

// The largest factor learned of the models that the name may mean: told too much is better than too little.
double factor_of(const router::Resolved& found, const core::FleetView& fleet) {
  double factor = 0;
  if (!found.models.empty()) {
    for (const auto model : found.models) factor = std::max(factor, fleet.models[model].token_factor);
  } else {
    for (const auto& model : fleet.models) {
      if (model.can.chat) factor = std::max(factor, model.token_factor);
    }
  }
  return factor > 0 ? factor : 1;
}

}  // namespace

bool speaks_anthropic(const net::Exchange& exchange) {
  return !exchange.header("anthropic-version").empty() ||
         (!exchange.header("x-api-key").empty() && exchange.header("authorization").empty());
}

core::Result<std::string> count_tokens_page(const net::Exchange& exchange, const Snapshot& snapshot,
                                            const core::FleetView& fleet) {
  core::Arena arena;
  core::ChatRequest request(arena);
  const auto decoded = wire::read_mended(
      exchange.body(), arena,
      [&](std::string_view body) { return wire::anthropic::decode_count(body, arena, request); },
      [&] { request = core::ChatRequest(arena); });
  if (!decoded) return decoded.error();
  const auto found = router::resolve(request.model, snapshot.policy, fleet);
  if (found.kind == router::Resolved::Kind::unknown) {
    return core::fail(core::Cause::model_not_found,
                      "The model '" + std::string(request.model) + "' does not exist here. See /v1/models.",
                      "model");
  }
  std::string out;
  wire::anthropic::write_count(counted_tokens(request, factor_of(found, fleet)), out);
  return out;
}

std::string anthropic_models_page(const core::FleetView& fleet,
                                  const std::vector<std::string>& virtual_models) {
  std::string out;
  wire::anthropic::write_models(lines_of(fleet, virtual_models), out);
  return out;
}

std::optional<std::string> anthropic_model_page(const core::FleetView& fleet,
                                                const std::vector<std::string>& virtual_models,
                                                std::string_view id) {
  for (const auto& line : lines_of(fleet, virtual_models)) {
    if (line.id != id) continue;
    std::string out;
    wire::anthropic::write_model(line, out);
    return out;
  }
  return std::nullopt;
}

}  // namespace codecrucible::gateway
