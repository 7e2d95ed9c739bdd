#pragma once

#include "confidence/facts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace codecrucible::confidence {

std::string_view name(Comparable kind) noexcept;

// What the request asks for and the answer gives. `answer` may be empty (before any is there: by the request
// alone). Reads the whole prompt, unless `facts.asked` is set.
Comparable comparable_kind(const Facts& facts, std::string_view answer) noexcept;

// The comparable part in its normal form: "12.5", "C", "ls -l -a", sorted JSON … Nothing if there is none.
std::optional<std::string> normal_form(Comparable kind, std::string_view answer);

// 1 = the same, 0 = different; between only for prose and for code that differs in little.
struct Agreement {
  Comparable kind = Comparable::prose;
  float likeness = 0;
  bool known = false;  // false: at least one has no comparable part
};
Agreement compare(const Facts& facts, std::string_view one, std::string_view other);

}  // namespace codecrucible::confidence
