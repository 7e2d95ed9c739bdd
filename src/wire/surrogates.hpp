#pragma once

#include "core/arena.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace codecrucible::wire {

// A hexadecimal digit.
constexpr bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// JSON can name half of a UTF-16 pair by an escape ("\ud83d" without its "\ude42"): no character, but what
// programs write that cut a text inside an emoji. Some backends refuse the whole request for it, and with it
// every later request of that conversation; so the readers of requests refuse it, and whoever asked them
// reads again with U+FFFD in its place.

// `at` stands on the first of four characters behind "\u". True if they name half of a pair and the other
// half does not stand where it should; `next` becomes where the escape (and its second half) ends.
bool is_lone_surrogate(const char* at, const char* end, const char*& next) noexcept;

bool has_lone_surrogate(std::string_view json) noexcept;
// Writes "\ufffd" over each; the length stays.
void mend_lone_surrogates(char* json, std::size_t size) noexcept;
// A mended copy, followed by 64 readable bytes; none if there is nothing to mend.
std::optional<std::string_view> without_lone_surrogates(std::string_view json, core::Arena& memory);

// What `decode` makes of the text; if it refuses it and there is something to mend, `forget` takes back what
// the first reading left, and the mended text is read.
template <class Decode, class Forget>
auto read_mended(std::string_view json, core::Arena& memory, Decode decode, Forget forget) {
  auto read = decode(json);
  if (read) return read;
  const auto mended = without_lone_surrogates(json, memory);
  if (!mended) return read;
  forget();
  return decode(*mended);
}

}  // namespace codecrucible::wire
