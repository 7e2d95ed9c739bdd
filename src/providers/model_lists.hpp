#pragma once

#include "core/result.hpp"
#include "providers/provider.hpp"

#include <string_view>

namespace codecrucible::providers {

// The model lists of servers with OpenAI's dialect. A reply that is no such list, whatever its status, is a
// failure: LM Studio answers 200 to anything (traps D6, D7).

// GET /v1/models, with the extras of llama.cpp and vLLM where they stand.
core::Result<Listing> parse_v1_models(const ProbeReply& reply);
// LM Studio's own: GET /api/v1/models since 0.4.0, GET /api/v0/models since 0.3.6.
core::Result<Listing> parse_lmstudio_v1(const ProbeReply& reply);
core::Result<Listing> parse_lmstudio_v0(const ProbeReply& reply);

// llama.cpp's GET /props: window per slot, number of slots, version and what the template can do.
void add_llamacpp_props(const ProbeReply& reply, Listing& listing);
// vLLM's GET /version.
std::string version_in(const ProbeReply& reply);

// Billions of parameters in a text like "7B", "8x7B" or "360M".
std::optional<double> billions_in(std::string_view text);

}  // namespace codecrucible::providers
