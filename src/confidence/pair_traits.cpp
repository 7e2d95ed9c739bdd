#include "confidence/numbers.hpp"
#include "confidence/text.hpp"
#include "confidence/traits.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace codecrucible::confidence {
namespace {

using Set = std::unordered_set<std::uint32_t>;

Set set_of(std::string_view text, bool numbers) {
  Set set;
  each_word(text, [&](std::string_view word) {
    if (numbers == is_digit(word[0]) && (numbers || (is_letter(word[0]) && word.size() > 3)))
      set.insert(hash_folded(word));
  });
  return set;
}

float likeness(const Set& a, const Set& b) {
  std::size_t both = 0;
  for (const auto one : a) both += b.contains(one) ? 1U : 0U;
  return static_cast<float>(both) / static_cast<float>(std::max<std::size_t>(1, a.size() + b.size() - both));
}

}  // namespace

PairTraits pair_traits(Comparable kind, std::string_view, std::string_view answer, std::string_view second) {
  const auto mine = normal_form(kind, answer), other = normal_form(kind, second);
  const bool both = mine && other, same = both && *mine == *other;
  const float words = likeness(set_of(answer, false), set_of(second, false));
  const float numbers = likeness(set_of(answer, true), set_of(second, true));
  const auto length = static_cast<float>(std::log1p(static_cast<double>(second.size())));
  const float agrees = same ? 1.0F : 0.0F;
  return {agrees,
          both && !same ? 1.0F : 0.0F,
          mine ? 0.0F : 1.0F,
          other ? 0.0F : 1.0F,
          words,
          words * agrees,
          numbers,
          numbers * agrees,
          length,
          length * agrees,
          length - static_cast<float>(std::log1p(static_cast<double>(answer.size()))),
          !mine && other ? 1.0F : 0.0F};
}

}  // namespace codecrucible::confidence
