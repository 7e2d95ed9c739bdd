#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace codecrucible::confidence {

// Small readings of text that several judges share. Letters are ASCII's; other bytes count as letters of a
// word.
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_letter(char c) noexcept {
  const char low = lower(c);
  return (low >= 'a' && low <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

std::string_view trimmed(std::string_view text) noexcept;
std::string lowered(std::string_view text);

// Position of `word` (given in lower case) in `text`, letters compared without case; npos if absent.
std::size_t find_folded(std::string_view text, std::string_view word, std::size_t from = 0) noexcept;
inline bool has_folded(std::string_view text, std::string_view word) noexcept {
  return find_folded(text, word) != std::string_view::npos;
}
// The same, but only where a word begins.
bool has_word_start(std::string_view text, std::string_view word) noexcept;

// Several words or phrases of two letters or more (given in lower case), each looked for where a word begins;
// one pass over the text for all of them.
template <std::size_t Count>
class Cues {
 public:
  consteval explicit Cues(const std::string_view (&cues)[Count]) {
    static_assert(Count <= 32);
    for (std::size_t i = 0; i < Count; ++i) {
      cues_[i] = cues[i];
      starting_[static_cast<unsigned char>(cues[i][0])] |= 1U << i;
      going_on_[static_cast<unsigned char>(cues[i][1])] |= 1U << i;
    }
  }
  bool any_in(std::string_view text) const noexcept {
    bool inside = false;
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {
      // Two letters tell most words from all cues: no branch that cannot be foreseen.
      const char c = lower(text[at]);
      const auto likely = starting_[static_cast<unsigned char>(c)] &
                          going_on_[static_cast<unsigned char>(lower(text[at + 1]))] & (inside ? 0U : ~0U);
      if (likely != 0 && begins(text.substr(at), likely)) return true;
      inside = is_letter(c);
    }
    return false;
  }

 private:
  bool begins(std::string_view text, std::uint32_t likely) const noexcept {
    for (; likely != 0; likely &= likely - 1) {
      const auto cue = cues_[static_cast<std::size_t>(std::countr_zero(likely))];
      std::size_t same = 0;
      while (same < cue.size() && same < text.size() && lower(text[same]) == cue[same]) ++same;
      if (same == cue.size()) return true;
    }
    return false;
  }
  std::array<std::string_view, Count> cues_{};
  std::array<std::uint32_t, 256> starting_{}, going_on_{};
};

constexpr std::uint32_t mix(std::uint32_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(c)) * 16777619U;  // FNV-1a
}
inline constexpr std::uint32_t hash_seed = 2166136261U;

// Calls `use(word)` for each run of letters and each number; punctuation comes one character at a time.
template <class Use>
void each_word(std::string_view text, Use&& use) {
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (is_space(c)) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    if (is_letter(c)) {
      while (end < text.size() && is_letter(text[end])) ++end;
    } else if (is_digit(c)) {
      while (end < text.size() &&
             (is_digit(text[end]) || (text[end] == '.' && end + 1 < text.size() && is_digit(text[end + 1]))))
        ++end;
    }
    use(text.substr(at, end - at));
    at = end;
  }
}

inline std::uint32_t hash_folded(std::string_view word, std::uint32_t seed = hash_seed) noexcept {
  for (const char c : word) seed = mix(seed, lower(c));
  return seed;
}

}  // namespace codecrucible::confidence
