#pragma once

#include "core/arena.hpp"
#include "core/event.hpp"
#include "wire/dialect.hpp"

#include <memory>
#include <string_view>

namespace codecrucible::wire::openai {

// Backend side of the OpenAI dialect: replies of any server that speaks it, as events.

// For streams (SSE); `completion`: of /v1/completions.
std::unique_ptr<StreamDecoder> make_stream_decoder(bool completion);

// For a whole reply. Views in `out` live as long as `body` and `arena`.
void decode_whole(bool completion, std::string_view body, core::Arena& arena, core::Events& out);

}  // namespace codecrucible::wire::openai
