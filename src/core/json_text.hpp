#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::core {

// Appends `text` as the inside of a JSON string (no quotes): the hot path writes JSON straight into its
// output buffer. `text` must be valid UTF-8; control characters, quotes and backslashes are escaped.
void append_escaped(std::string& out, std::string_view text);

// The same with quotes.
inline void append_string(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// Shortest form that reads back the same; not a number and infinities become null.
void append_double(std::string& out, double value);

}  // namespace codecrucible::core
