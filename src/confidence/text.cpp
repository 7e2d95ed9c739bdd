#include "confidence/text.hpp"

namespace codecrucible::confidence {

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::size_t find_folded(std::string_view text, std::string_view word, std::size_t from) noexcept {
  if (word.empty() || text.size() < word.size()) return std::string_view::npos;
  for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
    std::size_t same = 0;
    while (same < word.size() && lower(text[at + same]) == word[same]) ++same;
    if (same == word.size()) return at;
  }
  return std::string_view::npos;
}

bool has_word_start(std::string_view text, std::string_view word) noexcept {
  for (auto at = find_folded(text, word); at != std::string_view::npos;
       at = find_folded(text, word, at + 1)) {
    if (at == 0 || !is_letter(text[at - 1])) return true;
  }
  return false;
}

}  // namespace codecrucible::confidence
