#include "core/json_text.hpp"

#include <array>
#include <cmath>
#include <cstring>

namespace codecrucible::core {
namespace {

constexpr auto needs_escape = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

// Where the first byte stands that needs an escape, from `at` on; the size without one. Eight bytes at a
// time: the highest bit of a byte tells that it is a control sign, a quote or a backslash (the borrow of the
// subtraction can only mark too much, so the table has the last word).
std::size_t plain_until(std::string_view text, std::size_t at) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = ones * 0x80;
  while (at + 8 <= text.size()) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, 8);
    const auto quote = bytes ^ ones * '"', backslash = bytes ^ ones * '\\';
    const auto found =
        ((bytes - ones * 0x20) & ~bytes) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    if ((found & tops) != 0) break;
    at += 8;
  }
  while (at < text.size() && !needs_escape[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  std::size_t start = 0;
  for (std::size_t i = plain_until(text, 0); i < text.size(); i = plain_until(text, i + 1)) {
    const auto c = static_cast<unsigned char>(text[i]);
    out.append(text, start, i - start);
    start = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default: {
        constexpr std::string_view hex = "0123456789abcdef";
        out += "\\u00";
        out += hex[c >> 4];
        out += hex[c & 15];
      }
    }
  }
  out.append(text, start, text.size() - start);
}

void append_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[40];
  // Most numbers here have few decimals: as a whole number of millionths, which is exact when it reads back.
  constexpr double parts = 1e6, most = 1e9;
  const auto whole = std::fabs(value) < most ? std::llround(value * parts) : 0;
  if (whole != 0 && static_cast<double>(whole) / parts == value) {
    char* at = digits;
    if (whole < 0) *at++ = '-';
    auto left = static_cast<std::uint64_t>(std::llabs(whole));
    at = std::to_chars(at, digits + sizeof digits, left / 1'000'000).ptr;
    left %= 1'000'000;
    if (left != 0) *at++ = '.';
    for (std::uint64_t digit = 100'000; left != 0; left %= digit, digit /= 10)
      *at++ = static_cast<char>('0' + left / digit);
    out.append(digits, at);
    return;
  }
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

}  // namespace codecrucible::core
