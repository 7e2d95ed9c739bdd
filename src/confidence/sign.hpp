#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace codecrucible::confidence {

// What can speak against an answer (or, the last ones, for it). The order is that of the model file: append
// only.
enum class Sign : std::uint8_t {
  empty,               // nothing visible
  cut,                 // ended by the length limit, or in the middle of a sentence or structure
  refusal,             // "I can't help with that", a refusal event
  hedging,             // "I'm not sure", "it is possible that" …
  loop,                // repeats itself
  wrong_language,      // not the prompt's
  code_missing,        // code was asked for, none came
  broken_fence,        // a code fence that never closes
  broken_code,         // brackets in a fence do not balance
  broken_json,         // JSON was asked for; this is none
  schema_mismatch,     // JSON, but not of the asked schema
  unknown_tool,        // calls a tool that was not declared
  broken_arguments,    // tool arguments that are no JSON or break the schema, beyond repair
  repaired_arguments,  // … that were repaired
  too_short,           // for this kind of task
  false_equation,      // "3 * 4 = 13"
  no_final_answer,     // a number or a letter was asked for; none can be found
  unlikely_tokens,     // log-probabilities are low
  doubtful_request,    // the classifier itself was unsure
  hard_request,        // small models often fail on requests like it
  doubtful_answer,     // its words and shape are those of wrong answers
  disagreement,        // a second answer differs
  agreement,           // a second answer is the same
  failed,              // the backend failed inside the window
};
inline constexpr std::size_t sign_count = 24;

// Stable text for headers, logs and history: "broken json", "second answer differs" …
std::string_view name(Sign sign) noexcept;

// The signs found, a bit each.
class Signs {
 public:
  void set(Sign sign) noexcept { bits_ |= bit(sign); }
  bool has(Sign sign) const noexcept { return (bits_ & bit(sign)) != 0; }
  bool none() const noexcept { return bits_ == 0; }
  bool operator==(const Signs&) const = default;

 private:
  static constexpr std::uint32_t bit(Sign sign) noexcept { return 1U << static_cast<unsigned>(sign); }
  std::uint32_t bits_ = 0;
};

}  // namespace codecrucible::confidence
