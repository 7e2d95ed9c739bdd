#include "wire/ollama/strict_json.hpp"

#include "core/json_text.hpp"
#include "wire/surrogates.hpp"

namespace codecrucible::wire::ollama {
namespace {

constexpr int max_depth = 256;

class Checker {
 public:
  explicit Checker(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool whole() {
    space();
    if (!value(0)) return false;
    space();
    return at_ == end_;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

  void space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size()) return false;
    if (std::string_view(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ != end_) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (at_ == end_) return false;
      const char escape = *at_++;
      if (escape == 'u') {
        for (int i = 0; i < 4; ++i, ++at_) {
          if (at_ == end_ || !is_hex(*at_)) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  bool digits() {
    if (at_ == end_ || !is_digit(*at_)) return false;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      return digits();
    }
    return true;
  }

  bool members(int depth, char close, bool keyed) {
    ++at_;
    space();
    if (take(close)) return true;
    while (true) {
      space();
      if (keyed) {
        if (!string()) return false;
        space();
        if (!take(':')) return false;
        space();
      }
      if (!value(depth + 1)) return false;
      space();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  bool value(int depth) {
    if (at_ == end_ || depth > max_depth) return false;
    switch (*at_) {
      case '{':
        return members(depth, '}', true);
      case '[':
        return members(depth, ']', false);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace

bool is_json(std::string_view text) noexcept {
  return Checker(text).whole();
}

bool is_json_object(std::string_view text) noexcept {
  const auto start = text.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && text[start] == '{' && is_json(text);
}

void append_one_line(std::string& out, std::string_view json) {
  std::size_t start = 0;
  for (auto at = json.find_first_of("\r\n"); at != std::string_view::npos;
       at = json.find_first_of("\r\n", start)) {
    out.append(json, start, at - start);
    out += ' ';
    start = at + 1;
  }
  out.append(json, start, json.size() - start);
}

void append_arguments(std::string& out, std::string_view arguments) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    out += "{}";
  } else if (is_json_object(arguments)) {
    const std::size_t before = out.size();
    append_one_line(out, arguments);
    mend_lone_surrogates(out.data() + before, out.size() - before);
  } else {
    out += "{\"_raw\":";
    core::append_string(out, arguments);
    out += '}';
  }
}

}  // namespace codecrucible::wire::ollama
