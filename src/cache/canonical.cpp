#include "cache/digest.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <tuple>
#include <vector>

namespace codecrucible::cache {
namespace {

// One pass over a JSON text. Anything that is not JSON makes the whole text opaque.
class Canonical {
 public:
  explicit Canonical(std::string_view text) : text_(text) {}

  std::optional<Key> read() {
    Key key;
    if (!value(key, 0)) return std::nullopt;
    blank();
    if (at_ != text_.size()) return std::nullopt;
    return key;
  }

 private:
  static constexpr int deepest = 100;
  struct Member {
    std::string name;
    Key held;
    std::size_t place = 0;
  };

  void blank() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    blank();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool value(Key& key, int depth) {
    blank();
    if (at_ >= text_.size() || depth > deepest) return false;
    switch (text_[at_]) {
      case '{':
        return object(key, depth);
      case '[':
        return array(key, depth);
      case '"': {
        std::string words("\"");
        if (!string(words)) return false;
        key = hash_of(words);
        return true;
      }
      default:
        return scalar(key);
    }
  }

  bool object(Key& key, int depth) {
    ++at_;
    std::vector<Member> members;
    if (!take('}')) {
      do {
        blank();
        auto& [name, held, place] = members.emplace_back();
        place = members.size();
        if (at_ >= text_.size() || text_[at_] != '"' || !string(name)) return false;
        if (!take(':') || !value(held, depth + 1)) return false;
      } while (take(','));
      if (!take('}')) return false;
    }
    // Of a name that stands twice readers differ in which one they take, so both count, in order.
    std::sort(members.begin(), members.end(), [](const Member& x, const Member& y) {
      return std::tie(x.name, x.place) < std::tie(y.name, y.place);
    });
    Digest digest;
    digest.number('{', members.size());
    for (const auto& member : members) {
      digest.text('k', member.name);
      digest.key('v', member.held);
    }
    key = digest.value();
    return true;
  }

  bool array(Key& key, int depth) {
    ++at_;
    Digest digest;
    digest.text('[', {});
    if (!take(']')) {
      do {
        Key item;
        if (!value(item, depth + 1)) return false;
        digest.key('i', item);
      } while (take(','));
      if (!take(']')) return false;
    }
    key = digest.value();
    return true;
  }

  bool scalar(Key& key) {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           std::string_view(",]} \n\t\r:\"{[").find(text_[at_]) == std::string_view::npos)
      ++at_;
    const auto word = text_.substr(from, at_ - from);
    if (word == "true" || word == "false" || word == "null") {
      key = hash_of(word);
      return true;
    }
    return number(word, key);
  }

  // Numbers that are equal as doubles are the same, unless a long integer would lose digits.
  static bool number(std::string_view word, Key& key) {
    double parsed = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), parsed);
    if (error != std::errc() || end != word.data() + word.size() || word.empty() || !std::isfinite(parsed))
      return false;
    constexpr double exact = 9007199254740992.0;  // 2^53
    const bool plain = word.find_first_of(".eE") == std::string_view::npos;
    Digest digest;
    if (plain && std::abs(parsed) >= exact) {
      digest.text('I', word);
    } else {
      digest.some('n', std::optional(parsed));
    }
    key = digest.value();
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool escape(std::string& out) {
    if (at_ >= text_.size()) return false;
    const char c = text_[at_++];
    constexpr std::string_view names = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    if (const auto known = names.find(c); known != std::string_view::npos) {
      out += meant[known];
      return true;
    }
    std::uint32_t code = 0;
    if (c != 'u' || !hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      std::uint32_t low = 0;
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(code, out);
    return true;
  }

  bool hex4(std::uint32_t& code) {
    if (text_.size() - at_ < 4) return false;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
    if (error != std::errc() || end != text_.data() + at_ + 4) return false;
    at_ += 4;
    return true;
  }

  static void append_utf8(std::uint32_t code, std::string& out) {
    const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) return add(code);
    if (code < 0x800) {
      add(0xC0 | code >> 6);
    } else {
      if (code < 0x10000) {
        add(0xE0 | code >> 12);
      } else {
        add(0xF0 | code >> 18);
        add(0x80 | (code >> 12 & 0x3F));
      }
      add(0x80 | (code >> 6 & 0x3F));
    }
    add(0x80 | (code & 0x3F));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Key hash_of_json(std::string_view text) {
  if (const auto key = Canonical(text).read()) return *key;
  Digest digest;
  digest.text('?', text);
  return digest.value();
}

}  // namespace codecrucible::cache
