#include "router/router.hpp"

#include <charconv>

namespace codecrucible::router {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c | 32) >= 'a' && (c | 32) <= 'z';
}

}  // namespace

// Looks for numbers followed by b (or m for millions) that stand apart: "-7b", ":34b", "8x7B", "0.5b",
// "-a3b".
ModelSize size_from_id(std::string_view id) noexcept {
  ModelSize size;
  double experts = 0;
  for (std::size_t i = 0; i < id.size();) {
    if (!is_digit(id[i])) {
      ++i;
      continue;
    }
    const auto start = i;
    while (i < id.size() && (is_digit(id[i]) || (id[i] == '.' && i + 1 < id.size() && is_digit(id[i + 1]))))
      ++i;
    double number = 0;
    std::from_chars(id.data() + start, id.data() + i, number);
    const char unit = i < id.size() ? static_cast<char>(id[i] | 32) : '\0';
    const bool ends = i + 1 >= id.size() || (!is_letter(id[i + 1]) && !is_digit(id[i + 1]));
    if (unit == 'x' && i + 1 < id.size() && is_digit(id[i + 1])) {
      experts = number;
      ++i;
      continue;
    }
    if ((unit != 'b' && unit != 'm') || !ends || number <= 0 || number > 10000) {
      experts = 0;
      continue;
    }
    if (unit == 'm') number /= 1000;
    const char before = start > 0 ? static_cast<char>(id[start - 1] | 32) : '\0';
    const bool marks_active = before == 'a' && start > 1 && !is_letter(id[start - 2]) && size.total > 0;
    if (marks_active) {
      size.active = number;
    } else if (size.total == 0) {
      // Experts share attention and embeddings: Mixtral 8x7B has 46.7 billion, 12.9 at work (two experts).
      size.total = experts > 0 ? number * experts * 0.834 : number;
      size.active = experts > 0 ? number * 1.84 : number;
    }
    experts = 0;
  }
  return size;
}

}  // namespace codecrucible::router
