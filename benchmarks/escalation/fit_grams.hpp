#pragma once

#include "confidence/grams.hpp"

#include <cstdint>
#include <vector>

namespace codecrucible::escalation {

using Grams = std::vector<std::uint16_t>;  // buckets of one text, each once
static_assert(confidence::gram_buckets <= 1U << 16);

Grams grams_of(std::string_view prompt, std::string_view answer);

// Ridge regression of `target` on rarity-weighed grams of unit length, by conjugate gradients; `rows` picks
// the rows.
confidence::GramTable fit_grams(const std::vector<Grams>& grams, const std::vector<float>& target,
                                const std::vector<int>& rows, double ridge);

// The score a table gives to grams already made.
float score_of(const confidence::GramTable& table, const Grams& grams);

}  // namespace codecrucible::escalation
