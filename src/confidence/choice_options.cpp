#include "confidence/choice_evidence.hpp"
#include "confidence/figures.hpp"
#include "confidence/numbers.hpp"
#include "confidence/text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace codecrucible::confidence {
namespace {

using E = ChoiceEvidence;

constexpr Cues absolute_cues({"all", "always", "never", "only", "every", "must"});

class Options {
 public:
  Options(const Choice& choice, ChoiceEvidence& evidence) : choice_(choice), evidence_(evidence) {
    for (const auto option : choice.options) {
      const auto values = signed_numbers(option);
      numbers_.push_back(values.empty() ? std::nullopt : std::optional(values.front()));
    }
  }

  void weigh() {
    kin();
    manner();
    question();
  }

 private:
  template <class Value>
  void set(E::Place place, Value value) {
    evidence_[place] = static_cast<float>(value);
  }

  // Distractors are made from the right number: with another sign, a power of ten apart, a small multiple.
  void kin() {
    std::size_t others = 0, opposite = 0, scaled = 0, multiple = 0, alike = 0;
    const auto own = choice_.known() ? numbers_[choice_.chosen] : std::nullopt;
    for (std::size_t i = 0; own && i < numbers_.size(); ++i) {
      if (i == choice_.chosen || !numbers_[i]) continue;
      ++others;
      const double one = *own, other = *numbers_[i];
      if (one == 0 || other == 0) continue;
      const double ratio = std::abs(other / one), power = std::log10(ratio);
      opposite += same_number(other, -one) ? 1U : 0U;
      scaled += std::abs(power) > 0.5 && std::abs(power - std::round(power)) < 1e-6 ? 1U : 0U;
      for (const double times : {2.0, 0.5, 3.0, 1.0 / 3, 4.0, 0.25})
        multiple += std::abs(ratio - times) < 1e-6 ? 1U : 0U;
      const auto leading = [](double value) {
        return std::floor(value / std::pow(10.0, std::floor(std::log10(value)) - 1));
      };
      alike += leading(std::abs(one)) == leading(std::abs(other)) ? 1U : 0U;
    }
    const auto of_others = [&](std::size_t count) {
      return part_of(static_cast<double>(count), static_cast<double>(others));
    };
    set(E::opposite_others, of_others(opposite));
    set(E::scaled_others, of_others(scaled));
    set(E::multiple_others, of_others(multiple));
    set(E::alike_others, of_others(alike));
    std::vector<double> digits;
    for (const auto option : choice_.options)
      digits.push_back(static_cast<double>(std::count_if(option.begin(), option.end(), is_digit)));
    const double own_digits = choice_.known() ? digits[choice_.chosen] : 0;
    std::sort(digits.begin(), digits.end());
    set(E::digits_above, choice_.known() ? own_digits - digits[digits.size() / 2] : 0.0);
    set(E::sign, own ? (*own > 0 ? 1.0F : *own < 0 ? -1.0F : 0.0F) : 0.0F);
  }

  // Length, capitals, stops and commas of the chosen option against the others', words it begins and ends
  // with.
  void manner() {
    std::vector<double> lengths;
    double stops = 0, capitals = 0, commas = 0, length = 0, square = 0;
    const auto stop = [](std::string_view text) { return flag(trimmed(text).ends_with('.')); };
    const auto capital = [](std::string_view text) {
      return flag(!text.empty() && text[0] >= 'A' && text[0] <= 'Z');
    };
    const auto comma = [](std::string_view text) {
      return static_cast<double>(std::count(text.begin(), text.end(), ','));
    };
    const auto count = static_cast<double>(std::max<std::size_t>(1, choice_.options.size()));
    for (const auto option : choice_.options) {
      lengths.push_back(static_cast<double>(option.size()));
      length += lengths.back() / count;
      stops += static_cast<double>(stop(option)) / count;
      capitals += static_cast<double>(capital(option)) / count;
      commas += comma(option) / count;
    }
    for (const double one : lengths) square += (one - length) * (one - length) / count;
    const double spread = std::sqrt(square);
    if (choice_.known()) {
      const auto own = choice_.options[choice_.chosen];
      std::size_t same_begin = 0, same_end = 0, shorter = 0;
      const auto first = [](std::string_view text) { return text.substr(0, text.find(' ')); };
      const auto last = [](std::string_view text) { return text.substr(text.rfind(' ') + 1); };
      for (std::size_t i = 0; i < choice_.options.size(); ++i) {
        if (i == choice_.chosen) continue;
        same_begin += first(choice_.options[i]) == first(own) ? 1U : 0U;
        same_end += last(choice_.options[i]) == last(own) ? 1U : 0U;
        shorter += choice_.options[i].size() < own.size() ? 1U : 0U;
      }
      set(E::length_above, (lengths[choice_.chosen] - length) / (spread + 1));
      set(E::shorter_others, part_of(static_cast<double>(shorter), count));
      set(E::stop_above, static_cast<double>(stop(own)) - stops);
      set(E::capital_above, static_cast<double>(capital(own)) - capitals);
      set(E::same_beginnings, part_of(static_cast<double>(same_begin), count - 1));
      set(E::same_ends, part_of(static_cast<double>(same_end), count - 1));
      set(E::absolute, flag(absolute_cues.any_in(own)));
      set(E::commas_above, comma(own) - commas);
    }
    std::vector<std::uint32_t> words;
    for (const auto option : choice_.options) {
      const auto own = hashed_words(option);
      words.insert(words.end(), own.begin(), own.end());
    }
    const auto all = static_cast<double>(words.size());
    std::sort(words.begin(), words.end());
    const auto distinct = std::unique(words.begin(), words.end()) - words.begin();
    set(E::mean_length, length);
    set(E::spread_of_length, spread);
    set(E::distinct_words, part_of(static_cast<double>(distinct), all));
  }

  void question() {
    const auto stem = choice_.stem;
    std::size_t letters = 0, words = 0;
    each_word(stem, [&](std::string_view word) {
      if (!is_letter(word[0])) return;
      letters += word.size();
      ++words;
    });
    const bool negated = stem.find("NOT") != std::string_view::npos ||
                         stem.find("EXCEPT") != std::string_view::npos ||
                         stem.find("LEAST") != std::string_view::npos;
    const auto asks = trimmed(stem);
    set(E::negated, flag(negated));
    set(E::of_statements, flag(has_folded(stem, "statement")));
    set(E::blanks, static_cast<std::size_t>(std::count(stem.begin(), stem.end(), '_')));
    set(E::stem_sentences, sentences_in(stem));
    set(E::asks_which,
        flag(has_word_start(asks.substr(0, 5), "which") || has_word_start(asks.substr(0, 4), "what")));
    set(E::asks_why,
        flag(has_word_start(stem, "why") || has_word_start(stem, "explain") || has_word_start(stem, "best")));
    set(E::letters_per_word, part_of(static_cast<double>(letters), static_cast<double>(words)));
    set(E::digits_share, part_of(static_cast<double>(std::count_if(stem.begin(), stem.end(), is_digit)),
                                 static_cast<double>(stem.size())));
    set(E::ends_asking, flag(asks.ends_with('?')));
    set(E::ends_telling, flag(asks.ends_with('.')));
  }

  const Choice& choice_;
  ChoiceEvidence& evidence_;
  std::vector<std::optional<double>> numbers_;  // the first of each option
};

}  // namespace

void weigh_options(const Choice& choice, ChoiceEvidence& evidence) {
  Options(choice, evidence).weigh();
}

}  // namespace codecrucible::confidence
