#include "wire/ollama/plain_line.hpp"

#include <simdjson.h>

#include <cstdint>

namespace codecrucible::wire::ollama {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool line(PlainLine& out) {
    bool not_done = false;
    if (!take('{')) return false;
    do {
      std::string_view key;
      if (!this->key(key)) return false;
      if (key == "model") {
        if (!string(out.model)) return false;
      } else if (key == "created_at") {
        RawText when;
        if (!string(when)) return false;
      } else if (key == "message") {
        if (!message(out)) return false;
      } else if (key == "response") {
        if (!string(out.content)) return false;
      } else if (key == "thinking") {
        if (!string(out.thinking)) return false;
      } else if (key == "done") {
        if (!word("false")) return false;
        not_done = true;
      } else {
        return false;
      }
    } while (take(','));
    return take('}') && at_end() && not_done && out.model.given && out.content.given;
  }

 private:
  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t')) ++at_;
  }
  bool at_end() {
    space();
    return at_ == end_;
  }

  bool take(char c) {
    space();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool word(std::string_view expected) {
    space();
    if (static_cast<std::size_t>(end_ - at_) < expected.size()) return false;
    if (std::string_view(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool key(std::string_view& out) {
    RawText text;
    if (!string(text) || text.escaped) return false;
    out = text.bytes;
    return take(':');
  }

  // A field that comes twice is not plain.
  bool string(RawText& out) {
    if (out.given || !take('"')) return false;
    const char* const start = at_;
    for (; at_ != end_; ++at_) {
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        out.bytes = {start, static_cast<std::size_t>(at_ - start)};
        out.given = true;
        ++at_;
        return true;
      }
      if (c < 0x20) return false;
      if (c == '\\') {
        out.escaped = true;
        if (++at_ == end_) return false;
      }
    }
    return false;
  }

  bool message(PlainLine& out) {
    if (out.chat || !take('{')) return false;
    out.chat = true;
    bool assistant = false;
    do {
      std::string_view key;
      if (!this->key(key)) return false;
      if (key == "role") {
        RawText role;
        if (!string(role) || role.bytes != "assistant") return false;
        assistant = true;
      } else if (key == "content") {
        if (!string(out.content)) return false;
      } else if (key == "thinking") {
        if (!string(out.thinking)) return false;
      } else {
        return false;
      }
    } while (take(','));
    return assistant && take('}');
  }

  const char* at_;
  const char* end_;
};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind "\u"; -1 if they are not.
int code_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_value(text[at + i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

char* put_utf8(char* to, std::uint32_t point) {
  const auto byte = [&](std::uint32_t value) { *to++ = static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6);
    byte(0x80 | (point & 63));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12);
    byte(0x80 | (point >> 6 & 63));
    byte(0x80 | (point & 63));
  } else {
    byte(0xF0 | point >> 18);
    byte(0x80 | (point >> 12 & 63));
    byte(0x80 | (point >> 6 & 63));
    byte(0x80 | (point & 63));
  }
  return to;
}

// Reads the \uXXXX (or the pair of them) whose first digit is at `at`; moves `at` behind it. False if there
// are no four digits.
bool unicode_escape(std::string_view text, std::size_t& at, char*& to) {
  constexpr std::uint32_t replacement = 0xFFFD;
  const int unit = code_unit(text, at);
  if (unit < 0) return false;
  at += 4;
  auto point = static_cast<std::uint32_t>(unit);
  if (unit >= 0xD800 && unit < 0xE000) {
    const bool pair = unit < 0xDC00 && text.substr(at).starts_with("\\u");
    const int low = pair ? code_unit(text, at + 2) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
      point = 0x10000 + ((point - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
      at += 6;
    } else {
      point = replacement;
    }
  }
  to = put_utf8(to, point);
  return true;
}

}  // namespace

bool scan_plain_line(std::string_view line, PlainLine& out) noexcept {
  out = {};
  return Scanner(line).line(out) && simdjson::validate_utf8(line.data(), line.size());
}

bool unescape(const RawText& raw, std::pmr::memory_resource* memory, std::string_view& text) {
  text = raw.bytes;
  if (!raw.escaped) return true;
  const auto source = raw.bytes;
  auto* const start = static_cast<char*>(memory->allocate(source.size(), 1));  // escapes only get shorter
  char* to = start;
  for (std::size_t at = 0; at < source.size();) {
    const char c = source[at++];
    if (c != '\\') {
      *to++ = c;
      continue;
    }
    if (at == source.size()) return false;
    switch (source[at++]) {
      case '"':
        *to++ = '"';
        break;
      case '\\':
        *to++ = '\\';
        break;
      case '/':
        *to++ = '/';
        break;
      case 'b':
        *to++ = '\b';
        break;
      case 'f':
        *to++ = '\f';
        break;
      case 'n':
        *to++ = '\n';
        break;
      case 'r':
        *to++ = '\r';
        break;
      case 't':
        *to++ = '\t';
        break;
      case 'u':
        if (!unicode_escape(source, at, to)) return false;
        break;
      default:
        return false;
    }
  }
  text = {start, static_cast<std::size_t>(to - start)};
  return true;
}

}  // namespace codecrucible::wire::ollama
