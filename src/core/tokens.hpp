#pragma once

#include <cstdint>
#include <string_view>

namespace codecrucible::core {

// About how many tokens a modern byte-pair tokenizer makes of `text` (no template, no special tokens).
// Counts words, numbers, punctuation runs and white space by class; any bytes are accepted.
std::uint32_t estimate_tokens(std::string_view text) noexcept;

}  // namespace codecrucible::core
