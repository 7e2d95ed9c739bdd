#pragma once

#include "core/arena.hpp"
#include "wire/dialect.hpp"

#include <memory>
#include <string_view>

namespace codecrucible::wire::ollama {

// Reads an Ollama backend's replies to /api/chat and /api/generate. Tool calls are numbered in the order they
// come and get ids where the server gave none; a piece of text or reasoning costs no allocation.
std::unique_ptr<StreamDecoder> make_stream_decoder();

// A whole reply (`stream: false`); views in `out` live as long as `body` and `arena`.
void decode_whole(std::string_view body, core::Arena& arena, core::Events& out);

}  // namespace codecrucible::wire::ollama
