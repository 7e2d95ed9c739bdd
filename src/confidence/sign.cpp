#include "confidence/sign.hpp"

namespace codecrucible::confidence {

std::string_view name(Sign sign) noexcept {
  static constexpr std::array<std::string_view, sign_count> names{
      "empty answer",
      "answer is cut",
      "refusal",
      "hedging",
      "repeats itself",
      "wrong language",
      "code missing",
      "unclosed code fence",
      "unbalanced code",
      "broken json",
      "schema mismatch",
      "unknown tool",
      "broken tool arguments",
      "repaired tool arguments",
      "too short",
      "false equation",
      "no final answer",
      "unlikely tokens",
      "doubtful request",
      "hard request",
      "doubtful answer",
      "second answer differs",
      "second answer agrees",
      "backend failed",
  };
  return names[static_cast<std::size_t>(sign)];
}

}  // namespace codecrucible::confidence
