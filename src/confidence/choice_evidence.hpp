#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

// An answer to a question with options, and which of them it settles on. Views into both.
struct Choice {
  std::string_view stem;  // the question without its options
  std::vector<std::string_view> options;
  std::string_view answer;
  std::size_t chosen = 0;  // options.size() and beyond: none of them
  bool known() const { return chosen < options.size(); }
};

inline constexpr std::size_t choice_evidence_count = 46;
using ChoiceEvidence = std::array<float, choice_evidence_count>;

// What the way to the letter says of it: whether the reasoning leads to the option that is named, by words
// and by numbers; whether it goes round in circles or ends nowhere; whether the option stands out among the
// others (an invented one is written in another manner); what kind of question it is. Time linear in the
// texts.
ChoiceEvidence choice_evidence(const Choice& choice);

}  // namespace codecrucible::confidence
