#include "confidence/numbers.hpp"

#include "confidence/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace codecrucible::confidence {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 38> named_numbers{{
    {"two", 2},        {"three", 3},      {"four", 4},        {"five", 5},      {"six", 6},
    {"seven", 7},      {"eight", 8},      {"nine", 9},        {"ten", 10},      {"eleven", 11},
    {"twelve", 12},    {"thirteen", 13},  {"fourteen", 14},   {"fifteen", 15},  {"sixteen", 16},
    {"seventeen", 17}, {"eighteen", 18},  {"nineteen", 19},   {"twenty", 20},   {"thirty", 30},
    {"forty", 40},     {"fifty", 50},     {"sixty", 60},      {"hundred", 100}, {"thousand", 1000},
    {"dozen", 12},     {"half", 0.5},     {"twice", 2},       {"double", 2},    {"triple", 3},
    {"thrice", 3},     {"quarter", 0.25}, {"third", 1.0 / 3}, {"fourth", 0.25}, {"fifth", 0.2},
    {"one", 1},        {"zero", 0},       {"quarters", 0.25},
}};

// Reads digits with thousands commas and a fraction; empty if there are none at `at`.
std::optional<Number> number_at(std::string_view text, std::size_t at) {
  char digits[32];
  std::size_t count = 0, end = at;
  bool point = false, digit = false;
  while (end < text.size() && count < sizeof digits) {
    const char c = text[end];
    const bool more = end + 1 < text.size() && is_digit(text[end + 1]);
    if (is_digit(c)) {
      digits[count++] = c;
      digit = true;
    } else if (c == '.' && !point && more) {
      digits[count++] = c;
      point = true;
    } else if (c != ',' || !digit || !more || point) {
      break;
    }
    ++end;
  }
  if (!digit) return std::nullopt;
  Number number{0, at, end};
  std::from_chars(digits, digits + count, number.value);
  return number;
}

class Calculation {
 public:
  explicit Calculation(std::string_view text) : text_(text) {}
  std::optional<double> value() {
    const double result = sum(0);
    blanks();
    if (bad_ || operators_ == 0 || at_ != text_.size() || !std::isfinite(result)) return std::nullopt;
    return result;
  }

 private:
  void blanks() {
    while (at_ < text_.size() && (is_space(text_[at_]) || text_[at_] == '$' || text_[at_] == '\\')) ++at_;
  }
  // The operator at hand, in one letter; multiplication and division have signs of two bytes too.
  char sign(bool take) {
    blanks();
    const auto rest = text_.substr(at_);
    char found = 0;
    std::size_t length = 1;
    if (rest.starts_with("\xC3\x97")) {
      found = '*';
      length = 2;
    } else if (rest.starts_with("\xC3\xB7")) {
      found = '/';
      length = 2;
    } else if (!rest.empty() && std::string_view("+-*/xX").find(rest[0]) != std::string_view::npos) {
      found = lower(rest[0]) == 'x' ? '*' : rest[0];
    }
    if (take && found != 0) {
      at_ += length;
      ++operators_;
    }
    return found;
  }
  double sum(int depth) {
    double left = product(depth);
    while (!bad_) {
      const char op = sign(false);
      if (op != '+' && op != '-') break;
      sign(true);
      const double right = product(depth);
      left = op == '+' ? left + right : left - right;
    }
    return left;
  }
  double product(int depth) {
    double left = unit(depth);
    while (!bad_) {
      const char op = sign(false);
      if (op != '*' && op != '/') break;
      sign(true);
      const double right = unit(depth);
      if (op == '/' && right == 0) bad_ = true;
      left = op == '*' ? left * right : left / (right == 0 ? 1 : right);
    }
    return left;
  }
  double unit(int depth) {
    blanks();
    double value = 0;
    if (at_ < text_.size() && text_[at_] == '-') {
      ++at_;
      return depth > 16 ? 0 : -unit(depth + 1);
    }
    if (at_ < text_.size() && text_[at_] == '(' && depth < 16) {
      ++at_;
      value = sum(depth + 1);
      blanks();
      if (at_ >= text_.size() || text_[at_] != ')') bad_ = true;
      ++at_;
    } else if (const auto number = number_at(text_, at_)) {
      value = number->value;
      at_ = number->end;
    } else {
      bad_ = true;
    }
    if (at_ < text_.size() && text_[at_] == '%') {
      value /= 100;
      ++at_;
    }
    return value;
  }
  std::string_view text_;
  std::size_t at_ = 0;
  int operators_ = 0;
  bool bad_ = false;
};

bool of_calculation(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_digit(c) || std::string_view(" .,$%+-*/()\\").find(c) != std::string_view::npos) return true;
  const auto byte = static_cast<unsigned char>(c);
  if (byte == 0xC3 || byte == 0x97 || byte == 0xB7) return true;
  // "x" multiplies only where it stands alone.
  return lower(c) == 'x' && (at == 0 || !is_letter(text[at - 1])) &&
         (at + 1 >= text.size() || !is_letter(text[at + 1]));
}

}  // namespace

std::vector<Number> numbers_in(std::string_view text) {
  std::vector<Number> found;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool begins =
        is_digit(text[at]) || (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1]));
    if (!begins) continue;
    const auto number = number_at(text, at);
    if (!number) continue;
    if (at == 0 || !is_letter(text[at - 1])) found.push_back(*number);
    at = number->end - 1;
  }
  return found;
}

std::vector<double> number_words_in(std::string_view text) {
  std::vector<double> found;
  each_word(text, [&](std::string_view word) {
    if (word.size() < 3 || word.size() > 9) return;
    for (const auto& [name, value] : named_numbers) {
      if (name.size() == word.size() && find_folded(word, name) == 0) found.push_back(value);
    }
  });
  return found;
}

std::optional<double> calculate(std::string_view text) {
  return Calculation(text).value();
}

std::vector<Equation> equations_in(std::string_view text) {
  std::vector<Equation> found;
  for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && at - begin < 200 && of_calculation(text, begin - 1)) --begin;
    auto left = trimmed(text.substr(begin, at - begin));
    while (!left.empty() && !is_digit(left.front()) && left.front() != '$' && left.front() != '(')
      left.remove_prefix(1);
    std::size_t right = at + 1;
    while (right < text.size() && (text[right] == ' ' || text[right] == '$' || text[right] == '\\')) ++right;
    const bool negative = right < text.size() && text[right] == '-';
    const auto written = number_at(text, right + (negative ? 1 : 0));
    const auto expected = calculate(left);
    if (!written || !expected) continue;
    // A result that is calculated on ("= 5 + 3") is no result.
    auto after = written->end;
    while (after < text.size() && text[after] == ' ') ++after;
    const bool goes_on =
        after < text.size() && std::string_view("+-*/").find(text[after]) != std::string_view::npos;
    if (goes_on) continue;
    Equation equation{std::string(left), *expected, negative ? -written->value : written->value, true};
    const bool rounded =
        text.substr(written->begin, written->end - written->begin).find('.') != std::string_view::npos;
    const double slack = std::max(0.006, rounded ? 0.011 * std::abs(*expected) : 1e-6 * std::abs(*expected));
    equation.holds = std::abs(equation.expected - equation.written) <= slack;
    found.push_back(std::move(equation));
  }
  return found;
}

std::string without_marks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("<<")) {
      const auto end = text.find(">>", at);
      if (end == std::string_view::npos) break;  // cut inside a mark
      at = end + 1;
    } else {
      out += text[at];
    }
  }
  return out;
}

std::optional<FinalNumber> final_number(std::string_view text) {
  struct Mark {
    std::string_view text;
    bool starts_line;
  };
  constexpr std::array<Mark, 6> marks{{{"####", false},
                                       {"\\boxed{", false},
                                       {"final answer", false},
                                       {"answer is", false},
                                       {"answer:", false},
                                       {"a:", true}}};
  for (const auto& mark : marks) {
    std::size_t last = std::string_view::npos;
    for (auto at = find_folded(text, mark.text); at != std::string_view::npos;
         at = find_folded(text, mark.text, at + 1)) {
      if (!mark.starts_line || at == 0 || text[at - 1] == '\n') last = at;
    }
    if (last == std::string_view::npos) continue;
    const auto line = text.substr(last, std::min<std::size_t>(text.size() - last, 80));
    const auto numbers = numbers_in(line);
    if (numbers.empty()) continue;
    const auto at = numbers.front().begin;
    const bool negative = at > 0 && line[at - 1] == '-';
    return FinalNumber{negative ? -numbers.front().value : numbers.front().value, last, true};
  }
  const auto numbers = numbers_in(text);
  if (numbers.empty()) return std::nullopt;
  return FinalNumber{numbers.back().value, text.size(), false};
}

bool same_number(double a, double b) noexcept {
  return std::abs(a - b) <= 1e-6 * std::max(1.0, std::max(std::abs(a), std::abs(b)));
}

}  // namespace codecrucible::confidence
