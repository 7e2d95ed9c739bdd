#include "confidence/choice_evidence.hpp"

#include "confidence/numbers.hpp"
#include "confidence/text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace codecrucible::confidence {
namespace {

using Words = std::unordered_set<std::uint32_t>;
using Values = std::vector<double>;

constexpr Cues none_cues({"none of the", "none of these", "not listed", "not given", "no option", "not among",
                          "not provided"});
constexpr Cues rounding_cues({"approx", "about", "roughly", "closest", "nearest", "round"});
constexpr Cues guessing_cues({"assum", "suppose", "let us", "guess", "likely", "probably", "may ", "might"});
constexpr Cues absolute_cues({"all", "always", "never", "only", "every", "must"});
constexpr std::array<std::string_view, 4> therefore{"therefore", "thus", "hence", "so,"};

float flag(bool value) {
  return value ? 1.0F : 0.0F;
}
float share(double part, double all) {
  return all > 0 ? static_cast<float>(part / all) : 0.0F;
}

Words words_of(std::string_view text) {
  Words words;
  each_word(text, [&](std::string_view word) {
    if (is_digit(word[0]) || (is_letter(word[0]) && word.size() > 3)) words.insert(hash_folded(word));
  });
  return words;
}

// Numbers with their sign.
Values values_of(std::string_view text) {
  Values values;
  for (const auto& number : numbers_in(text)) {
    const bool minus =
        number.begin > 0 && text[number.begin - 1] == '-' &&
        (number.begin == 1 || !(is_letter(text[number.begin - 2]) || is_digit(text[number.begin - 2])));
    values.push_back(minus ? -number.value : number.value);
  }
  return values;
}

// How far apart, on the scale of the larger one; 9 = cannot be compared.
double distance(double a, double b) {
  const double size = std::max({std::abs(a), std::abs(b), 1e-12});
  return std::min(std::log1p(1000 * std::abs(a - b) / size), 9.0);
}

bool ends_sentence(std::string_view text, std::size_t at) {
  if (text[at] == '\n') return true;
  const bool mark = text[at] == '.' || text[at] == '!' || text[at] == '?';
  return mark && (at + 1 == text.size() || is_space(text[at + 1]));
}

std::size_t sentences_in(std::string_view text) {
  std::size_t count = 0;
  bool said = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool end = ends_sentence(text, at);
    count += end && said ? 1U : 0U;
    said = !end && (said || !is_space(text[at]));
  }
  return count + (said ? 1U : 0U);
}

std::string_view last_sentence(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2) return text;
  for (std::size_t at = text.size() - 1; at-- > 0;) {
    if (ends_sentence(text, at)) return trimmed(text.substr(at + 1));
  }
  return text;
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = find_folded(text, word); at != std::string_view::npos; at = find_folded(text, word, at + 1))
    ++count;
  return count;
}

// The reasoning, without the sentence that names the letter.
std::string_view reasoning_of(std::string_view answer) {
  std::size_t last = std::string_view::npos;
  for (auto at = find_folded(answer, "answer is"); at != std::string_view::npos;
       at = find_folded(answer, "answer is", at + 1))
    last = at;
  return last == std::string_view::npos ? answer : answer.substr(0, last);
}

// One figure of each option, and how the chosen one stands in it: its own, ahead of the best other, and the
// share of the others that it is ahead of.
struct Standing {
  float own = 0, ahead = 0, rank = 0.5F;
};
Standing standing_of(const std::vector<double>& figures, std::size_t chosen) {
  Standing standing;
  if (chosen >= figures.size() || figures.size() < 2) return standing;
  double best = -1e9, below = 0;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (i == chosen) continue;
    best = std::max(best, figures[i]);
    below += figures[i] < figures[chosen] ? 1.0 : figures[i] == figures[chosen] ? 0.5 : 0.0;
  }
  standing.own = static_cast<float>(figures[chosen]);
  standing.ahead = static_cast<float>(figures[chosen] - best);
  standing.rank = share(below, static_cast<double>(figures.size() - 1));
  return standing;
}

class Gathering {
 public:
  explicit Gathering(const Choice& choice) : choice_(choice), reasoning_(reasoning_of(choice.answer)) {}

  ChoiceEvidence all() {
    way();
    support();
    numbers();
    kin();
    manner();
    question();
    return evidence_;
  }

 private:
  void add(float value) { evidence_[next_++] = value; }
  void add(double value) { add(static_cast<float>(value)); }
  void add(std::size_t value) { add(static_cast<float>(value)); }

  // Loops, length, and what the answer says of itself.
  void way() {
    std::unordered_map<std::uint64_t, std::uint32_t> seen;
    std::array<std::uint32_t, 4> last{};
    std::size_t words = 0, again = 0;
    std::uint32_t most = 0;
    for (std::size_t at = 0; at < reasoning_.size();) {
      if (is_space(reasoning_[at])) {
        ++at;
        continue;
      }
      std::size_t end = at;
      while (end < reasoning_.size() && !is_space(reasoning_[end])) ++end;
      std::rotate(last.begin(), last.begin() + 1, last.end());
      last.back() = hash_folded(reasoning_.substr(at, end - at));
      at = end;
      if (++words < last.size()) continue;
      std::uint64_t four = 0;
      for (const auto word : last) four = four * 0x9E3779B97F4A7C15ULL + word;
      const auto count = ++seen[four];
      again += count > 1 ? 1U : 0U;
      most = std::max(most, count);
    }
    const auto sentences = sentences_in(reasoning_);
    std::array<bool, 26> named{};
    const auto answer = choice_.answer;
    for (std::size_t at = 0; at + 2 < answer.size(); ++at) {
      if (answer[at] == '(' && answer[at + 1] >= 'A' && answer[at + 1] <= 'Z' && answer[at + 2] == ')')
        named[static_cast<std::size_t>(answer[at + 1] - 'A')] = true;
    }
    std::size_t conclusions = 0;
    for (const auto word : therefore) conclusions += count_of(answer, word);
    add(share(static_cast<double>(again), static_cast<double>(words) - 3));
    add(static_cast<float>(most));
    add(sentences);
    add(static_cast<std::size_t>(std::count(named.begin(), named.end(), true)));
    add(flag(reasoning_.size() == answer.size()));
    add(flag(none_cues.any_in(answer)));
    add(flag(rounding_cues.any_in(answer)));
    add(flag(guessing_cues.any_in(answer)));
    add(flag(trimmed(answer).ends_with(").")));
    add(conclusions);
    add(share(static_cast<double>(words), static_cast<double>(std::max<std::size_t>(1, sentences))));
  }

  // How much of each option's words the reasoning has, those that few options have counting more.
  void support() {
    const auto said = words_of(reasoning_), at_last = words_of(last_sentence(reasoning_)),
               asked = words_of(choice_.stem);
    std::vector<Words> words;
    for (const auto option : choice_.options) {
      words.push_back(words_of(option));
      for (const auto word : words.back()) ++options_with_[word];
    }
    std::vector<double> figures;
    const auto reasoning = lowered(reasoning_);
    for (std::size_t i = 0; i < words.size(); ++i) {
      double all = 0, there = 0, there_at_last = 0;
      for (const auto word : words[i]) {
        const double rare = 1.0 / options_with_[word], weight = asked.contains(word) ? rare / 2 : rare;
        all += weight;
        there += said.contains(word) ? weight : 0;
        there_at_last += at_last.contains(word) ? rare : 0;
      }
      auto whole = lowered(choice_.options[i]);
      while (!whole.empty() && (whole.back() == '.' || whole.back() == ' ')) whole.pop_back();
      const bool quoted = whole.size() > 2 && reasoning.find(whole) != std::string::npos;
      figures.push_back((all > 0 ? (there + there_at_last / 2) / all : 0) + (quoted ? 1 : 0));
    }
    const auto standing = standing_of(figures, choice_.chosen);
    add(standing.own);
    add(standing.ahead);
    add(standing.rank);
    add(flag(choice_.known() &&
             figures[choice_.chosen] >= *std::max_element(figures.begin(), figures.end())));
  }

  // How near the options are to the numbers that the reasoning ends in.
  void numbers() {
    for (const auto option : choice_.options) {
      const auto values = values_of(option);
      numbers_.push_back(values.empty() ? std::nullopt : std::optional(values.front()));
    }
    const auto values = values_of(reasoning_);
    for (const std::size_t few : {std::size_t{4}, std::size_t{1}}) {
      std::vector<double> nearness;
      for (const auto& number : numbers_) {
        double nearest = 9;
        for (std::size_t i = values.size() > few ? values.size() - few : 0; number && i < values.size(); ++i)
          nearest = std::min(nearest, distance(*number, values[i]));
        nearness.push_back(-nearest);
      }
      const auto standing = standing_of(nearness, choice_.chosen);
      add(choice_.known() ? standing.own : -9.0F);
      add(standing.ahead);
    }
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
    for (const auto count : {opposite, scaled, multiple, alike})
      add(share(static_cast<double>(count), static_cast<double>(others)));
    std::vector<double> digits;
    for (const auto option : choice_.options)
      digits.push_back(static_cast<double>(std::count_if(option.begin(), option.end(), is_digit)));
    const double own_digits = choice_.known() ? digits[choice_.chosen] : 0;
    std::sort(digits.begin(), digits.end());
    add(choice_.known() ? own_digits - digits[digits.size() / 2] : 0.0);
    add(own ? (*own > 0 ? 1.0F : *own < 0 ? -1.0F : 0.0F) : 0.0F);
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
      add((lengths[choice_.chosen] - length) / (spread + 1));
      add(share(static_cast<double>(shorter), count));
      add(static_cast<double>(stop(own)) - stops);
      add(static_cast<double>(capital(own)) - capitals);
      add(share(static_cast<double>(same_begin), count - 1));
      add(share(static_cast<double>(same_end), count - 1));
      add(flag(absolute_cues.any_in(own)));
      add(comma(own) - commas);
    } else {
      next_ += 8;
    }
    std::size_t all = 0;
    for (const auto& [word, with] : options_with_) all += with;
    add(length);
    add(spread);
    add(share(static_cast<double>(options_with_.size()), static_cast<double>(all)));
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
    add(flag(negated));
    add(flag(has_folded(stem, "statement")));
    add(static_cast<std::size_t>(std::count(stem.begin(), stem.end(), '_')));
    add(sentences_in(stem));
    add(flag(has_word_start(asks.substr(0, 5), "which") || has_word_start(asks.substr(0, 4), "what")));
    add(flag(has_word_start(stem, "why") || has_word_start(stem, "explain") || has_word_start(stem, "best")));
    add(share(static_cast<double>(letters), static_cast<double>(words)));
    add(share(static_cast<double>(std::count_if(stem.begin(), stem.end(), is_digit)),
              static_cast<double>(stem.size())));
    add(flag(asks.ends_with('?')));
    add(flag(asks.ends_with('.')));
  }

  const Choice& choice_;
  std::string_view reasoning_;
  std::unordered_map<std::uint32_t, std::uint32_t> options_with_;  // how many options have a word
  std::vector<std::optional<double>> numbers_;                     // the first number of each option
  ChoiceEvidence evidence_{};
  std::size_t next_ = 0;
};

}  // namespace

ChoiceEvidence choice_evidence(const Choice& choice) {
  return Gathering(choice).all();
}

}  // namespace codecrucible::confidence
