#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::confidence {

// The comparable part of an answer of each kind; nothing if there is none.
std::optional<std::string> normal_command(
    std::string_view answer);  // first command; blanks, prompt and quotes folded, flags sorted
std::optional<std::string> normal_json(std::string_view answer);   // members sorted, no blanks
std::optional<std::string> normal_label(std::string_view answer);  // a short answer in lower case
std::optional<std::string> normal_code(std::string_view answer);   // first fence; comments and blanks gone

}  // namespace codecrucible::confidence
