#include "confidence/text.hpp"
#include "confidence/watches.hpp"

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
  last_[at_] = c;
  at_ = (at_ + 1) % window;
  if (seen_ < window) ++seen_;
  const auto ends_with = [&](std::string_view phrase) {
    if (phrase.back() != c || phrase.size() > seen_) return false;
    for (std::size_t i = 1; i <= phrase.size(); ++i) {
      if (last_[(at_ + window - i) % window] != phrase[phrase.size() - i]) return false;
    }
    return phrase.size() == seen_ || !is_letter(last_[(at_ + 2 * window - phrase.size() - 1) % window]);
  };
  for (const auto phrase : refusal_phrases) refusals_ += ends_with(phrase) ? 1U : 0U;
  for (const auto phrase : hedge_phrases) hedges_ += ends_with(phrase) ? 1U : 0U;
}

}  // namespace codecrucible::confidence
