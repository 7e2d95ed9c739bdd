#include "wire/json_reader.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace codecrucible::wire {
namespace {

unsigned hex4(const char* at) noexcept {
  unsigned value = 0;
  std::from_chars(at, at + 4, value, 16);
  return value;
}

char* put_utf8(char* to, unsigned code) noexcept {
  const auto put = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
  return to;
}

// Passes the \uXXXX at `at` (and its second half) and gives the character it means.
unsigned read_unicode(const char*& at, const char* end) noexcept {
  const unsigned first = hex4(at + 2);
  at += 6;
  if (first < 0xD800 || first > 0xDFFF) return first;
  if (first < 0xDC00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const unsigned second = hex4(at + 2);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      at += 6;
      return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
  }
  return 0xFFFD;
}

char plain_escape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// The meaning is never longer than the raw text, so `to` needs raw.size() bytes.
char* write_unescaped(char* to, std::string_view raw) noexcept {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at < end) {
    const auto left = static_cast<std::size_t>(end - at);
    const void* const found = std::memchr(at, '\\', left);
    const auto run = found == nullptr ? left : static_cast<std::size_t>(static_cast<const char*>(found) - at);
    std::memcpy(to, at, run);
    to += run;
    at += run;
    if (at == end) break;
    if (at[1] == 'u') {
      to = put_utf8(to, read_unicode(at, end));
    } else {
      *to++ = plain_escape(at[1]);
      at += 2;
    }
  }
  return to;
}

}  // namespace

void append_unescaped(std::string& out, std::string_view raw) {
  const std::size_t before = out.size();
  out.resize(before + raw.size());
  out.resize(static_cast<std::size_t>(write_unescaped(out.data() + before, raw) - out.data()));
}

std::string_view unescape(JsonString text, core::Arena& memory) {
  if (!text.escaped) return text.raw;
  char* const start = memory.bytes(text.raw.size());
  return {start, static_cast<std::size_t>(write_unescaped(start, text.raw) - start)};
}

std::optional<double> double_of(std::string_view digits) noexcept {
  double value = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || rest != digits.data() + digits.size() || !std::isfinite(value)) return {};
  return value;
}

std::optional<std::int64_t> integer_of(std::string_view digits) noexcept {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && rest == digits.data() + digits.size()) return value;
  const auto real = double_of(digits);
  if (!real || *real != std::trunc(*real) || std::abs(*real) > 9e15) return {};
  return static_cast<std::int64_t>(*real);
}

}  // namespace codecrucible::wire
