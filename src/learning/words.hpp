#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::learning {

// State is kept as text of words and numbers, so that a person can look at it and any machine read it.

// The shortest decimals that give back the same value, and a space.
template <class T>
void put_word(std::string& out, T value) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  out += ' ';
}

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::string_view next(char end = ' ') {
    const auto at = rest_.find(end);
    const auto word = rest_.substr(0, at);
    rest_ = at == std::string_view::npos ? std::string_view() : rest_.substr(at + 1);
    return word;
  }
  std::string_view rest() const noexcept { return rest_; }

  // False if the next word is not such a number.
  template <class T>
  bool take(T& value) {
    const auto word = next();
    const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
    return read.ec == std::errc() && read.ptr == word.data() + word.size() && !word.empty();
  }
  bool take(std::vector<double>& values) {
    for (auto& value : values) {
      if (!take(value)) return false;
    }
    return true;
  }

 private:
  std::string_view rest_;
};

}  // namespace codecrucible::learning
