#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace codecrucible::cache {

// Why two texts that look alike do not ask the same.
enum class Difference : std::uint8_t {
  substance,     // a number, name, path, flag, quoted word, piece of code stands in one of them only
  negation,      // one says not what the other says
  quantity,      // all, any, first, before …
  future,        // will, next, tomorrow
  past,          // did, yesterday
  duty,          // should, have to
  substitution,  // the same sentence but for a word or two
  order,         // the same words the other way round
};
inline constexpr std::size_t difference_count = 8;
std::string_view name(Difference difference) noexcept;

// The first difference found; none if nothing speaks against it. Strict: it refuses many that do mean the
// same, because a wrong answer costs more than one that is asked for again.
std::optional<Difference> difference(std::string_view a, std::string_view b);

}  // namespace codecrucible::cache
