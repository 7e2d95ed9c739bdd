#include "confidence/figures.hpp"
#include "confidence/numbers.hpp"
#include "confidence/text.hpp"
#include "confidence/traits.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace codecrucible::confidence {
namespace {

using Words = std::unordered_set<std::uint32_t>;

Words words_of(std::string_view text) {
  Words words;
  each_word(text, [&](std::string_view word) {
    if (is_letter(word[0]) && word.size() > 3) words.insert(hash_folded(word));
  });
  return words;
}

std::vector<double> values_of(std::string_view text) {
  std::vector<double> values;
  for (const auto& number : numbers_in(text)) values.push_back(number.value);
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

float share_in(const Words& part, const Words& all) {
  if (part.empty()) return 0;
  std::size_t both = 0;
  for (const auto word : part) both += all.contains(word) ? 1U : 0U;
  return static_cast<float>(both) / static_cast<float>(part.size());
}

float share_in(const std::vector<double>& part, const std::vector<double>& all) {
  if (part.empty()) return 0;
  std::size_t both = 0;
  for (const double value : part)
    both += std::any_of(all.begin(), all.end(), [&](double other) { return same_number(value, other); }) ? 1U
                                                                                                         : 0U;
  return static_cast<float>(both) / static_cast<float>(part.size());
}

float likeness(const Words& a, const Words& b) {
  if (a.empty() && b.empty()) return 0;
  std::size_t both = 0;
  for (const auto word : a) both += b.contains(word) ? 1U : 0U;
  return static_cast<float>(both) / static_cast<float>(a.size() + b.size() - both);
}

struct Standing {
  float overlap = 0, best_other_overlap = 0, kinship = 0, kinship_rank = 0, rank = 0.5F, numeric = 0;
};

// How the chosen option stands among the others: distractors are made from the right one, so it is like them
// all; and the middle of a row of numbers is right more often than its ends.
Standing standing_of(std::size_t chosen, const std::vector<std::string_view>& options,
                     const Words& in_answer) {
  Standing standing;
  std::vector<Words> words;
  std::vector<double> numbers;
  for (const auto option : options) {
    words.push_back(words_of(option));
    const auto values = numbers_in(option);
    if (!values.empty()) numbers.push_back(values.front().value);
  }
  standing.numeric = static_cast<float>(numbers.size()) / static_cast<float>(options.size());
  std::vector<float> kin(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    for (std::size_t j = 0; j < options.size(); ++j) kin[i] += i == j ? 0.0F : likeness(words[i], words[j]);
    kin[i] /= static_cast<float>(std::max<std::size_t>(1, options.size() - 1));
    if (i != chosen)
      standing.best_other_overlap = std::max(standing.best_other_overlap, share_in(words[i], in_answer));
  }
  standing.overlap = share_in(words[chosen], in_answer);
  standing.kinship = kin[chosen];
  std::size_t below = 0;
  for (const float one : kin) below += one < kin[chosen] ? 1U : 0U;
  standing.kinship_rank = static_cast<float>(below) / static_cast<float>(options.size());
  const auto own = numbers_in(options[chosen]);
  if (!own.empty() && numbers.size() > 2) {
    std::size_t smaller = 0;
    for (const double number : numbers) smaller += number < own.front().value ? 1U : 0U;
    standing.rank = static_cast<float>(smaller) / static_cast<float>(numbers.size() - 1);
  }
  return standing;
}

}  // namespace

std::vector<std::string_view> options_in(std::string_view prompt) {
  std::vector<std::string_view> options;
  std::size_t at = 0;
  while (at < prompt.size()) {
    auto end = prompt.find('\n', at);
    if (end == std::string_view::npos) end = prompt.size();
    auto line = trimmed(prompt.substr(at, end - at));
    at = end + 1;
    if (line.starts_with('(')) line.remove_prefix(1);
    const char letter = static_cast<char>('A' + options.size());
    if (line.size() > 2 && line[0] == letter && (line[1] == '.' || line[1] == ')' || line[1] == ':'))
      options.push_back(trimmed(line.substr(2)));
  }
  if (options.size() < 2) options.clear();
  return options;
}

char chosen_letter(std::string_view answer) {
  const auto letter_after = [&](std::size_t at) -> char {
    while (at < answer.size() && std::string_view(" (*:\"'\\{").find(answer[at]) != std::string_view::npos)
      ++at;
    if (at >= answer.size() || answer[at] < 'A' || answer[at] > 'Z') return 0;
    return at + 1 >= answer.size() || !is_letter(answer[at + 1]) ? answer[at] : '\0';
  };
  for (const std::string_view mark : {"answer is", "answer:", "\\boxed", "option"}) {
    char found = 0;
    for (auto at = find_folded(answer, mark); at != std::string_view::npos;
         at = find_folded(answer, mark, at + 1)) {
      if (const char letter = letter_after(at + mark.size()); letter != 0) found = letter;
    }
    if (found != 0) return found;
  }
  const auto bare = trimmed(answer);
  return bare.size() <= 3 || (bare.size() > 1 && !is_letter(bare[1]) && bare[1] != ' ')
             ? letter_after(static_cast<std::size_t>(bare.data() - answer.data()))
             : '\0';
}

ChoiceTraits choice_traits(std::string_view prompt, std::string_view answer) {
  ChoiceTraits traits{};
  std::size_t next = 0;
  const auto add = [&](float value) { traits[next++] = value; };

  const auto options = options_in(prompt);
  const char letter = chosen_letter(answer);
  const auto index = static_cast<std::size_t>(letter - 'A');
  const bool known = letter != 0 && index < options.size();
  const auto option = known ? options[index] : std::string_view{};
  const auto stem = options.empty()
                        ? prompt
                        : prompt.substr(0, static_cast<std::size_t>(options.front().data() - prompt.data()));
  const auto in_answer = words_of(answer);
  const auto standing = known ? standing_of(index, options, in_answer) : Standing{};
  const auto answer_values = values_of(answer), stem_values = values_of(stem),
             option_values = values_of(option);
  std::size_t longest = 0, shortest = prompt.size();
  for (const auto one : options) {
    longest = std::max(longest, one.size());
    shortest = std::min(shortest, one.size());
  }
  std::size_t words = 0;
  Words unique;
  each_word(answer, [&](std::string_view word) {
    ++words;
    unique.insert(hash_folded(word));
  });
  const auto equations = equations_in(answer);
  std::size_t wrong = 0;
  for (const auto& equation : equations) wrong += equation.holds ? 0U : 1U;

  add(flag(!known));
  add(flag(letter != 0 && !known));
  add(static_cast<float>(known ? index : 0));
  add(log1(static_cast<double>(answer.size())));
  add(log1(static_cast<double>(prompt.size())));
  add(log1(static_cast<double>(stem.size())));
  add(static_cast<float>(options.size()));
  add(known ? standing.numeric : 0.0F);
  add(static_cast<float>(std::min<std::size_t>(stem_values.size(), 20)));
  add(log1(static_cast<double>(answer_values.size())));
  add(log1(static_cast<double>(std::count(answer.begin(), answer.end(), '='))));
  add(standing.overlap);
  add(standing.best_other_overlap - standing.overlap);
  add(standing.kinship);
  add(standing.kinship_rank);
  add(standing.rank);
  add(std::abs(standing.rank - 0.5F));
  add(flag(known && has_folded(answer, lowered(option))));
  add(flag(!option_values.empty()));
  add(share_in(option_values, answer_values));
  add(share_in(answer_values, stem_values));
  add(share_in(stem_values, answer_values));
  add(static_cast<float>(unique.size()) / static_cast<float>(std::max<std::size_t>(1, words)));
  add(log1(static_cast<double>(longest)));
  add(log1(static_cast<double>(shortest)));
  add(log1(static_cast<double>(option.size())));
  add(flag(known && option.size() == longest));
  add(flag(known && option.size() == shortest));
  add(flag(has_folded(option, "none of")));
  add(flag(has_folded(option, "all of")));
  add(flag(prompt.find('$') != std::string_view::npos));
  add(flag(prompt.find('\\') != std::string_view::npos));
  add(log1(static_cast<double>(std::count(answer.begin(), answer.end(), '\n'))));
  add(flag(!trimmed(answer).empty() && trimmed(answer).back() != '.'));
  add(log1(static_cast<double>(equations.size())));
  add(static_cast<float>(std::min<std::size_t>(wrong, 3)));
  add(static_cast<float>(wrong) / static_cast<float>(std::max<std::size_t>(1, equations.size())));
  for (const std::string_view cue : {"however", "closest", "assum", "cannot", "not "})
    add(flag(has_word_start(answer, cue)));
  add(flag(stem.find('_') != std::string_view::npos));
  add(flag(has_word_start(stem, "not ") || has_word_start(stem, "except")));
  add(share_in(words_of(stem), in_answer));
  const auto last_values = numbers_in(answer);
  bool last_is_option = false;
  for (std::size_t i = last_values.size() > 3 ? last_values.size() - 3 : 0; i < last_values.size(); ++i) {
    for (const double value : option_values)
      last_is_option = last_is_option || same_number(value, last_values[i].value);
  }
  add(flag(last_is_option));
  const auto evidence = choice_evidence({stem, options, answer, known ? index : options.size()});
  std::copy(evidence.values.begin(), evidence.values.end(), traits.end() - ChoiceEvidence::count);
  return traits;
}

}  // namespace codecrucible::confidence
