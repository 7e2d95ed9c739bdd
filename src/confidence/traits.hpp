#pragma once

#include "confidence/agreement.hpp"
#include "confidence/choice_evidence.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

// The numbers a trained head sees of one answer besides its words. Pure: live traffic and training read the
// same.
inline constexpr std::size_t number_trait_count = 72;
inline constexpr std::size_t choice_trait_count = 48 + ChoiceEvidence::count;
inline constexpr std::size_t pair_trait_count = 20;

using NumberTraits = std::array<float, number_trait_count>;
using ChoiceTraits = std::array<float, choice_trait_count>;
using PairTraits = std::array<float, pair_trait_count>;

NumberTraits number_traits(std::string_view prompt, std::string_view answer);
ChoiceTraits choice_traits(std::string_view prompt, std::string_view answer);
PairTraits pair_traits(Comparable kind, std::string_view prompt, std::string_view answer,
                       std::string_view second);

// The options "A. …" of a question, in order; empty if it has none.
std::vector<std::string_view> options_in(std::string_view prompt);
// The letter an answer settles on; 0 if none.
char chosen_letter(std::string_view answer);

}  // namespace codecrucible::confidence
