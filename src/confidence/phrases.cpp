#include "confidence/text.hpp"
#include "confidence/watches.hpp"

#include <array>
#include <bit>

namespace codecrucible::confidence {
namespace {

// Folded; an apostrophe of any kind is left out ("can't" is "cant"). Long enough not to be met by chance.
constexpr std::array<std::string_view, 24> refusal_phrases{
    "i cant help with",    "i cannot help with",    "i cant assist",      "i cannot assist",
    "im unable to",        "i am unable to",        "im sorry, but i",    "i apologize, but i",
    "im not able to",      "i am not able to",      "i cant provide",     "i cannot provide",
    "i can not provide",   "as an ai language",     "as an ai model",     "as an ai assistant",
    "i wont be able to",   "i cannot fulfill",      "i cant fulfill",     "i must decline",
    "dont have access to", "do not have access to", "ich kann dir nicht", "ich kann ihnen nicht",
};
constexpr std::array<std::string_view, 26> hedge_phrases{
    "im not sure",
    "i am not sure",
    "im not certain",
    "i dont know",
    "i do not know",
    "not entirely sure",
    "hard to say",
    "difficult to say",
    "its possible that",
    "it is possible that",
    "might not be",
    "may not be accurate",
    "im guessing",
    "my best guess",
    "not enough information",
    "without more inform",
    "unclear from",
    "cannot be determined",
    "impossible to determine",
    "there seems to be",
    "i may be wrong",
    "i might be wrong",
    "could you clarify",
    "please provide more",
    "none of the options",
    "closest option",
};

constexpr std::string_view phrase(std::size_t which) noexcept {
  return which < refusal_phrases.size() ? refusal_phrases[which]
                                        : hedge_phrases[which - refusal_phrases.size()];
}

// For each byte the phrases that have it at this place from their end, as bits.
using Endings = std::array<std::uint64_t, 256>;
constexpr std::array<Endings, 3> endings = [] {
  static_assert(refusal_phrases.size() + hedge_phrases.size() <= 64);
  std::array<Endings, 3> table{};
  for (std::size_t which = 0; which < refusal_phrases.size() + hedge_phrases.size(); ++which) {
    const auto text = phrase(which);
    for (std::size_t place = 0; place < table.size(); ++place) {
      table[place][static_cast<unsigned char>(text[text.size() - 1 - place])] |= std::uint64_t{1} << which;
    }
  }
  return table;
}();

std::uint64_t ending(char c, std::size_t place) noexcept {
  return endings[place][static_cast<unsigned char>(c)];
}

}  // namespace

void PhraseWatch::feed(std::string_view piece) noexcept {
  for (const char c : piece) {
    // Both forms of the apostrophe vanish: U+2019 is e2 80 99.
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || byte == 0xE2 || byte == 0x80 || byte == 0x99) continue;
    if (is_space(c)) {
      if (blank_) continue;
      blank_ = true;
      one(' ');
    } else {
      blank_ = false;
      one(lower(c));
    }
  }
}

void PhraseWatch::one(char c) noexcept {
  const auto before = [&](std::size_t count) { return last_[(at_ + window - count) % window]; };
  const auto likely = ending(c, 0) & ending(before(1), 1) & ending(before(2), 2);
  last_[at_] = c;
  at_ = (at_ + 1) % window;
  if (seen_ < window) ++seen_;
  // Hardly ever more than none: the last three letters tell most phrases apart.
  for (auto rest = likely; rest != 0; rest &= rest - 1) {
    const auto which = static_cast<std::size_t>(std::countr_zero(rest));
    if (!ends_with(phrase(which))) continue;
    ++(which < refusal_phrases.size() ? refusals_ : hedges_);
  }
}

bool PhraseWatch::ends_with(std::string_view phrase) const noexcept {
  if (phrase.size() > seen_) return false;
  for (std::size_t i = 1; i <= phrase.size(); ++i) {
    if (last_[(at_ + window - i) % window] != phrase[phrase.size() - i]) return false;
  }
  return phrase.size() == seen_ || !is_letter(last_[(at_ + 2 * window - phrase.size() - 1) % window]);
}

}  // namespace codecrucible::confidence
