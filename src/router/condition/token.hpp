#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::router::condition {

// What is wrong with a condition, and where (byte offset into its text).
struct Mistake {
  std::size_t offset = 0;
  std::string message;
};

struct Token {
  enum class Kind : std::uint8_t {
    end,
    name,  // identifier; may hold '-', for provider names do
    number,
    text,    // string literal; `text` is unescaped
    symbol,  // operator or punctuation
  };
  Kind kind = Kind::end;
  std::size_t offset = 0;
  std::string text;
  double number = 0;
};

// Longest condition that is read at all.
inline constexpr std::size_t max_condition_bytes = 4096;

// Splits a condition; the last token is `end`. On a mistake `mistake` is set and the result is empty.
std::vector<Token> split(std::string_view condition, Mistake& mistake);

}  // namespace codecrucible::router::condition
