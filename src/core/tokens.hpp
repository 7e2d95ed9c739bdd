#pragma once

#include <cstdint>
#include <string_view>

namespace codecrucible::core {

struct ChatRequest;

// About how many tokens a modern byte-pair tokenizer makes of `text` (no template, no special tokens).
// Counts words, numbers, punctuation runs and white space by class; any bytes are accepted.
std::uint32_t estimate_tokens(std::string_view text) noexcept;

// The same for all that a request brings into the prompt: every message, tool calls and results, tool
// schemas.
std::uint32_t estimate_tokens(const ChatRequest& request) noexcept;

}  // namespace codecrucible::core
