#pragma once

#include "core/chat.hpp"
#include "core/fleet_view.hpp"

#include <cstdint>
#include <optional>

namespace codecrucible::gateway {

// What a client of Messages is told that a request will cost as input: our estimate by the factor that was
// learned for the model (1 = nothing learned), and what the template and the images add.
// Rounded up, because an agent that is told too little compacts too late (anthropic.md part 6).
std::int64_t counted_tokens(const core::ChatRequest& request, double token_factor);

// Messages demands `max_tokens`, and its clients name the most that they could take: 32,000 for models they
// do not know. So there it is a ceiling, not a wish that has to fit; elsewhere it is what the client said.
// The room that must be free for the answer; `reserve` is what is kept for one of unknown length.
std::optional<std::int64_t> needed_room(const core::ChatRequest& request, std::int64_t reserve);
// What is asked of a backend: the ceiling `wanted`, lowered to what the model's window leaves.
std::optional<std::int64_t> answer_limit(const core::ChatRequest& request, const core::ModelView& model,
                                         std::optional<std::int64_t> wanted, std::int64_t prompt_tokens);

}  // namespace codecrucible::gateway
