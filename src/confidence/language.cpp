#include "confidence/facts.hpp"
#include "confidence/text.hpp"

#include <array>
#include <bit>

namespace codecrucible::confidence {
namespace {

struct Common {
  Language language;
  std::string_view words;  // with a blank on both sides of each
};
// Words that are frequent in one language and rare in the others.
constexpr std::array<Common, 6> common{{
    {Language::english, " the and is of to that with for are this you it how what from have can was which "},
    {Language::german,
     " der die das und ist nicht ein eine ich mit auf für von wie den dem zu sie wird auch bitte "},
    {Language::french, " le les et est une des pour dans que qui pas avec sur vous je du au comment cette "},
    {Language::spanish, " el los las y es una por con para que del como cómo su se pero más esta en está "},
    {Language::italian, " il gli di che è un per non con una sono della come questo nel anche più ma lo "},
    {Language::portuguese, " o os as um uma não com para que do da em como é você mais isso dos por está "},
}};

// The words above by a hash of their bytes, with a bit per language that uses them. Words are at most eight
// bytes long, so that they are compared as one number.
using Key = std::uint64_t;
constexpr std::size_t longest = 8;
constexpr Key key_of(std::string_view word) noexcept {
  Key key = 0;
  for (std::size_t i = 0; i < word.size(); ++i)
    key |= static_cast<Key>(static_cast<unsigned char>(lower(word[i]))) << 8 * i;
  return key;
}
struct Entry {
  Key key = 0;
  std::uint8_t languages = 0;
};
constexpr std::size_t table_size = 512;
constexpr std::size_t place_of(Key key) noexcept {
  return static_cast<std::size_t>((key * 0x9E3779B97F4A7C15ULL) >> 55);
}
constexpr std::array<Entry, table_size> table = [] {
  std::array<Entry, table_size> made{};
  for (std::size_t language = 0; language < common.size(); ++language) {
    auto words = common[language].words.substr(1);
    while (!words.empty()) {
      const auto word = words.substr(0, words.find(' '));
      words.remove_prefix(word.size() + 1);
      auto at = place_of(key_of(word));
      while (made[at].key != 0 && made[at].key != key_of(word)) at = (at + 1) % table_size;
      made[at].key = key_of(word);
      made[at].languages |= static_cast<std::uint8_t>(1U << language);
    }
  }
  return made;
}();

std::uint8_t languages_of(std::string_view word) noexcept {
  if (word.size() > longest) return 0;
  const auto key = key_of(word);
  for (auto at = place_of(key); table[at].key != 0; at = (at + 1) % table_size) {
    if (table[at].key == key) return table[at].languages;
  }
  return 0;
}

Language script_of(std::uint32_t c) noexcept {
  if (c >= 0x0400 && c < 0x0530) return Language::russian;
  if (c >= 0x0370 && c < 0x0400) return Language::greek;
  if (c >= 0x0590 && c < 0x0600) return Language::hebrew;
  if (c >= 0x0600 && c < 0x0700) return Language::arabic;
  if (c >= 0x0900 && c < 0x0980) return Language::hindi;
  if (c >= 0x0E00 && c < 0x0E80) return Language::thai;
  if (c >= 0x3040 && c < 0x3100) return Language::japanese;
  if (c >= 0xAC00 && c < 0xD7B0) return Language::korean;
  if (c >= 0x4E00 && c < 0xA000) return Language::chinese;
  return Language::unknown;
}

std::uint32_t next_character(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at++]);
  if (lead < 0xC0) return lead;
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  std::uint32_t c = lead & (0x3FU >> more);
  for (int i = 0; i < more && at < text.size(); ++i)
    c = c << 6 | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return c;
}

}  // namespace

std::string_view name(Language language) noexcept {
  static constexpr std::array<std::string_view, 16> names{
      "unknown", "english", "german", "french", "spanish", "italian", "portuguese", "russian",
      "greek",   "hebrew",  "arabic", "hindi",  "thai",    "chinese", "japanese",   "korean"};
  return names[static_cast<std::size_t>(language)];
}

Language language_of(std::string_view text) noexcept {
  text = text.substr(0, 2048);
  std::array<int, 16> scripts{};
  int latin = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      latin += text[at++] > 0x40 ? 1 : 0;
      continue;
    }
    const auto c = next_character(text, at);
    if (c < 0x250) {
      latin += c > 0x40 ? 1 : 0;
    } else {
      ++scripts[static_cast<std::size_t>(script_of(c))];
    }
  }
  // Han signs are Japanese where kana stand among them.
  auto& japanese = scripts[static_cast<std::size_t>(Language::japanese)];
  if (japanese > 0) japanese += scripts[static_cast<std::size_t>(Language::chinese)];
  std::size_t most = 0;
  for (std::size_t i = 1; i < scripts.size(); ++i) {
    if (scripts[i] > (most == 0 ? 0 : scripts[most])) most = i;
  }
  // A sign of such scripts says about as much as three Latin letters.
  if (most != 0 && scripts[most] >= 4 && scripts[most] * 3 > latin) return static_cast<Language>(most);
  std::array<int, common.size()> hits{};
  each_word(text, [&](std::string_view word) {
    for (unsigned which = languages_of(word); which != 0; which &= which - 1)
      ++hits[static_cast<std::size_t>(std::countr_zero(which))];
  });
  std::size_t best = 0, second = 0;
  for (std::size_t i = 1; i < hits.size(); ++i) {
    if (hits[i] > hits[best]) {
      best = i;
    }
  }
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (i != best && hits[i] > static_cast<int>(second)) second = static_cast<std::size_t>(hits[i]);
  }
  const bool clear = hits[best] >= 3 && hits[best] * 2 >= static_cast<int>(second) * 3;
  return clear ? common[best].language : Language::unknown;
}

}  // namespace codecrucible::confidence
