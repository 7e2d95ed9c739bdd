#include "wire/json_reader.hpp"

#include "wire/surrogates.hpp"

#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace codecrucible::wire {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// Bytes of the well-formed UTF-8 character at `at` (Unicode table 3-7), 0 if there is none.
int utf8_length(const char* at, const char* end) noexcept {
  const auto byte = [&](int i) { return static_cast<unsigned char>(at[i]); };
  const auto tail = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const auto left = end - at;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead > 0xF4 || left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return 4;
}

}  // namespace

const char* plain_end(const char* from, const char* to) noexcept {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(0x20);
  while (to - from >= 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // Signed comparison: bytes over 0x7F are negative, so they count as "less than a space" too.
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, backslash)),
                     _mm_cmplt_epi8(text, space));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return from + std::countr_zero(mask);
    from += 16;
  }
#endif
  while (from < to && is_plain(*from)) ++from;
  return from;
}

bool JsonReader::fail(std::string_view problem) noexcept {
  if (problem_.empty()) problem_ = problem;
  return false;
}

void JsonReader::blanks() noexcept {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

JsonReader::Kind JsonReader::kind() noexcept {
  if (failed()) return Kind::bad;
  blanks();
  if (at_ == end_) return Kind::bad;
  switch (*at_) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return *at_ == '-' || is_digit(*at_) ? Kind::number : Kind::bad;
  }
}

bool JsonReader::open(char brace) noexcept {
  if (failed()) return false;
  blanks();
  if (at_ == end_) return fail("the text ends where a value is expected");
  if (*at_ != brace) return fail(brace == '{' ? "an object is expected" : "an array is expected");
  if (depth_ == max_depth) return fail("nested deeper than 128 levels");
  ++depth_;
  ++at_;
  fresh_ = true;
  return true;
}

// True if another element follows (its comma is passed), false at the closing brace (passed) or a problem.
bool JsonReader::close_or_comma(char brace) noexcept {
  if (failed()) return false;
  blanks();
  if (at_ == end_)
    return fail(brace == '}' ? "the text ends inside an object" : "the text ends inside an array");
  if (*at_ == brace) {
    ++at_;
    --depth_;
    fresh_ = false;
    return false;
  }
  if (fresh_) {
    fresh_ = false;
    return true;
  }
  if (*at_ != ',') return fail("a comma or a closing brace is expected");
  ++at_;
  blanks();
  return true;
}

bool JsonReader::enter_object() noexcept {
  return open('{');
}

bool JsonReader::enter_array() noexcept {
  return open('[');
}

bool JsonReader::next_key(JsonString& key) noexcept {
  if (!close_or_comma('}')) return false;
  if (at_ == end_ || *at_ != '"') return fail("a key in quotes is expected");
  if (!read_string(key)) return false;
  blanks();
  if (at_ == end_ || *at_ != ':') return fail("a colon is expected");
  ++at_;
  return true;
}

bool JsonReader::next_item() noexcept {
  if (!close_or_comma(']')) return false;
  if (at_ != end_ && *at_ == ']') return fail("a value is expected");
  return true;
}

bool JsonReader::read_string(JsonString& text) noexcept {
  if (failed()) return false;
  blanks();
  if (at_ == end_ || *at_ != '"') return fail("a string is expected");
  const char* const start = ++at_;
  text.escaped = false;
  while (true) {
    at_ = plain_end(at_, end_);
    if (at_ == end_) return fail("the text ends inside a string");
    if (*at_ == '"') break;
    if (*at_ == '\\') {
      text.escaped = true;
      if (!pass_escape()) return false;
    } else if (static_cast<unsigned char>(*at_) < 0x20) {
      return fail("a control character stands in a string");
    } else if (!pass_utf8()) {
      return false;
    }
  }
  text.raw = {start, static_cast<std::size_t>(at_ - start)};
  ++at_;
  return true;
}

bool JsonReader::pass_escape() noexcept {
  ++at_;
  if (at_ == end_) return fail("the text ends inside a string");
  if (std::string_view("\"\\/bfnrt").find(*at_) != std::string_view::npos) {
    ++at_;
    return true;
  }
  if (*at_ != 'u') return fail("an unknown escape stands in a string");
  ++at_;
  for (int i = 0; i < 4; ++i, ++at_) {
    if (at_ == end_ || !is_hex(*at_)) return fail("four hexadecimal digits are expected");
  }
  if (whole_characters_ && is_lone_surrogate(at_ - 4, end_, at_))
    return fail("half of a surrogate pair stands in a string");
  return true;
}

bool JsonReader::pass_utf8() noexcept {
  while (at_ < end_ && static_cast<unsigned char>(*at_) >= 0x80) {
    const int length = utf8_length(at_, end_);
    if (length == 0) return fail("a string is not valid UTF-8");
    at_ += length;
  }
  return true;
}

bool JsonReader::read_number(std::string_view& digits) noexcept {
  if (failed()) return false;
  blanks();
  const char* const start = at_;
  const auto run = [this] {
    const char* const first = at_;
    while (at_ < end_ && is_digit(*at_)) ++at_;
    return at_ != first;
  };
  if (at_ < end_ && *at_ == '-') ++at_;
  if (at_ < end_ && *at_ == '0') {
    ++at_;
  } else if (!run()) {
    return fail("a number is expected");
  }
  if (at_ < end_ && *at_ == '.') {
    ++at_;
    if (!run()) return fail("digits are expected after the decimal point");
  }
  if (at_ < end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ < end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!run()) return fail("digits are expected in the exponent");
  }
  digits = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

bool JsonReader::word(std::string_view expected) noexcept {
  if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
      std::memcmp(at_, expected.data(), expected.size()) != 0) {
    return fail("a value is expected");
  }
  at_ += expected.size();
  return true;
}

bool JsonReader::read_bool(bool& value) noexcept {
  if (kind() != Kind::boolean) return fail("true or false is expected");
  value = *at_ == 't';
  return word(value ? "true" : "false");
}

bool JsonReader::read_null() noexcept {
  return kind() == Kind::null ? word("null") : fail("null is expected");
}

bool JsonReader::skip(std::string_view& raw) noexcept {
  const Kind what = kind();
  const char* const start = at_;
  JsonString text;
  std::string_view inner;
  bool flag = false;
  switch (what) {
    case Kind::object:
      if (!enter_object()) return false;
      while (next_key(text)) {
        if (!skip(inner)) return false;
      }
      break;
    case Kind::array:
      if (!enter_array()) return false;
      while (next_item()) {
        if (!skip(inner)) return false;
      }
      break;
    case Kind::string:
      read_string(text);
      break;
    case Kind::number:
      read_number(inner);
      break;
    case Kind::boolean:
      read_bool(flag);
      break;
    case Kind::null:
      read_null();
      break;
    case Kind::bad:
      return fail(at_ == end_ ? "the text ends where a value is expected" : "a value is expected");
  }
  if (failed()) return false;
  raw = {start, static_cast<std::size_t>(at_ - start)};
  return true;
}

bool JsonReader::at_end() noexcept {
  if (failed()) return false;
  blanks();
  return at_ == end_ ? true : fail("something stands behind the end of the text");
}

}  // namespace codecrucible::wire
