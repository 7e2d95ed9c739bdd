#include "confidence/choice_evidence.hpp"

#include "confidence/figures.hpp"
#include "confidence/numbers.hpp"
#include "confidence/text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

namespace codecrucible::confidence {
namespace {

using E = ChoiceEvidence;

constexpr Cues none_cues({"none of the", "none of these", "not listed", "not given", "no option", "not among",
                          "not provided"});
constexpr Cues rounding_cues({"approx", "about", "roughly", "closest", "nearest", "round"});
constexpr Cues guessing_cues({"assum", "suppose", "let us", "guess", "likely", "probably", "may ", "might"});
constexpr std::array<std::string_view, 4> therefore{"therefore", "thus", "hence", "so,"};

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
struct Lead {
  float own = 0, ahead = 0, rank = 0.5F;
};
Lead lead_of(const std::vector<double>& figures, std::size_t chosen) {
  Lead lead;
  if (chosen >= figures.size() || figures.size() < 2) return lead;
  double best = -1e9, below = 0;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (i == chosen) continue;
    best = std::max(best, figures[i]);
    below += figures[i] < figures[chosen] ? 1.0 : figures[i] == figures[chosen] ? 0.5 : 0.0;
  }
  lead.own = static_cast<float>(figures[chosen]);
  lead.ahead = static_cast<float>(figures[chosen] - best);
  lead.rank = part_of(below, static_cast<double>(figures.size() - 1));
  return lead;
}

bool has(const std::vector<std::uint32_t>& words, std::uint32_t word) {
  return std::binary_search(words.begin(), words.end(), word);
}

class Reasoning {
 public:
  Reasoning(const Choice& choice, ChoiceEvidence& evidence)
      : choice_(choice), reasoning_(reasoning_of(choice.answer)), evidence_(evidence) {}

  void weigh() {
    way();
    support();
    numbers();
  }

 private:
  template <class Value>
  void set(E::Place place, Value value) {
    evidence_[place] = static_cast<float>(value);
  }

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
    set(E::repeated, part_of(static_cast<double>(again), static_cast<double>(words) - 3));
    set(E::most_repeated, static_cast<float>(most));
    set(E::sentences, sentences);
    set(E::letters_named, static_cast<std::size_t>(std::count(named.begin(), named.end(), true)));
    set(E::no_conclusion, flag(reasoning_.size() == answer.size()));
    set(E::says_none, flag(none_cues.any_in(answer)));
    set(E::rounds, flag(rounding_cues.any_in(answer)));
    set(E::guesses, flag(guessing_cues.any_in(answer)));
    set(E::ends_in_letter, flag(trimmed(answer).ends_with(").")));
    set(E::conclusions, conclusions);
    set(E::words_per_sentence,
        part_of(static_cast<double>(words), static_cast<double>(std::max<std::size_t>(1, sentences))));
  }

  // How much of each option's words the reasoning has, those that few options have counting more.
  void support() {
    const auto said = hashed_words(reasoning_), at_last = hashed_words(last_sentence(reasoning_)),
               asked = hashed_words(choice_.stem);
    std::vector<std::vector<std::uint32_t>> words;
    std::unordered_map<std::uint32_t, std::uint32_t> options_with;
    for (const auto option : choice_.options) {
      words.push_back(hashed_words(option));
      for (const auto word : words.back()) ++options_with[word];
    }
    std::vector<double> figures;
    const auto reasoning = lowered(reasoning_);
    for (std::size_t i = 0; i < words.size(); ++i) {
      double all = 0, there = 0, there_at_last = 0;
      for (const auto word : words[i]) {
        const double rare = 1.0 / options_with[word], weight = has(asked, word) ? rare / 2 : rare;
        all += weight;
        there += has(said, word) ? weight : 0;
        there_at_last += has(at_last, word) ? rare : 0;
      }
      auto whole = lowered(choice_.options[i]);
      while (!whole.empty() && (whole.back() == '.' || whole.back() == ' ')) whole.pop_back();
      const bool quoted = whole.size() > 2 && reasoning.find(whole) != std::string::npos;
      // Rounded, that options with the same words are level in whatever order these are summed.
      const double figure = (all > 0 ? (there + there_at_last / 2) / all : 0) + (quoted ? 1 : 0);
      figures.push_back(std::round(figure * 1e6) / 1e6);
    }
    const auto lead = lead_of(figures, choice_.chosen);
    set(E::support, lead.own);
    set(E::support_ahead, lead.ahead);
    set(E::support_rank, lead.rank);
    set(E::best_supported, flag(choice_.known() && figures[choice_.chosen] >=
                                                       *std::max_element(figures.begin(), figures.end())));
  }

  // How near the options are to the numbers that the reasoning ends in.
  void numbers() {
    std::vector<std::optional<double>> numbers;
    for (const auto option : choice_.options) {
      const auto own = signed_numbers(option);
      numbers.push_back(own.empty() ? std::nullopt : std::optional(own.front()));
    }
    const auto values = signed_numbers(reasoning_);
    for (const std::size_t few : {std::size_t{4}, std::size_t{1}}) {
      std::vector<double> nearness;
      for (const auto& number : numbers) {
        double nearest = 9;
        for (std::size_t i = values.size() > few ? values.size() - few : 0; number && i < values.size(); ++i)
          nearest = std::min(nearest, distance(*number, values[i]));
        nearness.push_back(-nearest);
      }
      const auto lead = lead_of(nearness, choice_.chosen);
      const bool late = few > 1;
      set(late ? E::late_number : E::last_number, choice_.known() ? lead.own : -9.0F);
      set(late ? E::late_number_ahead : E::last_number_ahead, lead.ahead);
    }
  }

  const Choice& choice_;
  std::string_view reasoning_;
  ChoiceEvidence& evidence_;
};

}  // namespace

std::vector<std::uint32_t> hashed_words(std::string_view text) {
  std::vector<std::uint32_t> words;
  each_word(text, [&](std::string_view word) {
    if (is_digit(word[0]) || (is_letter(word[0]) && word.size() > 3)) words.push_back(hash_folded(word));
  });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::vector<double> signed_numbers(std::string_view text) {
  std::vector<double> values;
  for (const auto& number : numbers_in(text)) {
    const bool minus =
        number.begin > 0 && text[number.begin - 1] == '-' &&
        (number.begin == 1 || !(is_letter(text[number.begin - 2]) || is_digit(text[number.begin - 2])));
    values.push_back(minus ? -number.value : number.value);
  }
  return values;
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

void weigh_reasoning(const Choice& choice, ChoiceEvidence& evidence) {
  Reasoning(choice, evidence).weigh();
}

ChoiceEvidence choice_evidence(const Choice& choice) {
  ChoiceEvidence evidence;
  weigh_reasoning(choice, evidence);
  weigh_options(choice, evidence);
  return evidence;
}

}  // namespace codecrucible::confidence
