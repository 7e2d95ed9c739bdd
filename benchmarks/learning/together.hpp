#pragma once

#include <string>

namespace codecrucible::measuring {

// Routing by the prompt, escalation by the weak answer, and both together, on the sets whose weak answers are
// known (gsm8k, mmlu-pro twice): areas over the share of strong calls and over cost, five-fold by prompt.
// Prints them.
void print_together(const std::string& data, const std::string& models);

}  // namespace codecrucible::measuring
