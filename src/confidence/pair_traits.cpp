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

float share(const Set& part, const Set& all) {
  std::size_t both = 0;
  for (const auto one : part) both += all.contains(one) ? 1U : 0U;
  return static_cast<float>(both) / static_cast<float>(std::max<std::size_t>(1, part.size()));
}

std::string_view option_of(const std::vector<std::string_view>& options,
                           const std::optional<std::string>& letter) {
  if (!letter || letter->size() != 1) return {};
  const auto index = static_cast<std::size_t>((*letter)[0] - 'A');
  return index < options.size() ? options[index] : std::string_view{};
}

}  // namespace

PairTraits pair_traits(Comparable kind, std::string_view prompt, std::string_view answer,
                       std::string_view second) {
  const auto mine = normal_form(kind, answer), other = normal_form(kind, second);
  const bool both = mine && other, same = both && *mine == *other;
  const float words = likeness(set_of(answer, false), set_of(second, false));
  const float numbers = likeness(set_of(answer, true), set_of(second, true));
  const auto length = static_cast<float>(std::log1p(static_cast<double>(second.size())));
  const float agrees = same ? 1.0F : 0.0F;
  // What each chose, as far as the other speaks of it: a slip of the letter shows here.
  const auto options = kind == Comparable::choice ? options_in(prompt) : std::vector<std::string_view>{};
  const auto chosen = option_of(options, mine), other_chosen = option_of(options, other);
  const float in_second = share(set_of(chosen, false), set_of(second, false));
  const float in_answer = share(set_of(other_chosen, false), set_of(answer, false));
  const float numbers_in_second = share(set_of(chosen, true), set_of(second, true));
  const float numbers_in_answer = share(set_of(other_chosen, true), set_of(answer, true));
  const auto my_numbers = numbers_in(answer), other_numbers = numbers_in(second);
  const bool same_end = !my_numbers.empty() && !other_numbers.empty() &&
                        same_number(my_numbers.back().value, other_numbers.back().value);
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
          !mine && other ? 1.0F : 0.0F,
          in_second,
          in_answer,
          in_second - in_answer,
          numbers_in_second,
          numbers_in_answer,
          same_end ? 1.0F : 0.0F,
          same_end ? agrees : 0.0F,
          chosen.empty() && other_chosen.empty()
              ? 0.0F
              : likeness(set_of(chosen, false), set_of(other_chosen, false))};
}

}  // namespace codecrucible::confidence
