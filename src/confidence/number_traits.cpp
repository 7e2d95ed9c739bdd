#include "confidence/figures.hpp"
#include "confidence/numbers.hpp"
#include "confidence/text.hpp"
#include "confidence/traits.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace codecrucible::confidence {
namespace {

// Cues of the question and of the answer that small models stumble over or betray themselves by.
constexpr std::array<std::string_view, 16> question_cues{
    "each", "per ",  "half", "times", "than",    "%",     "if ",      "total",
    "left", "every", "same", "hour",  "average", "ratio", "how much", "original"};
constexpr std::array<std::string_view, 10> answer_cues{"let ",   "however", "since", "assum", "therefore",
                                                       "denote", "approx",  "round", "first", "not "};

float most(std::size_t value, std::size_t limit) {
  return static_cast<float>(std::min(value, limit));
}
bool whole(double value) {
  return std::abs(value - std::round(value)) < 1e-6;
}

bool among(const std::vector<double>& known, double value) {
  return std::any_of(known.begin(), known.end(), [&](double one) { return same_number(one, value); });
}

// Numbers that need no source: of time, per cent, and counting.
bool common_constant(double value) {
  for (const double one : {1.0, 2.0, 7.0, 12.0, 24.0, 60.0, 100.0, 30.0, 365.0, 52.0, 1000.0}) {
    if (value == one) return true;
  }
  return false;
}

struct Operands {
  double unknown = 0;
  std::size_t total = 0, results_unused = 0;
  std::vector<double> used;
};

// Where the numbers of the calculations come from: the question, an earlier result, or nowhere.
Operands operands_of(const std::vector<Equation>& equations, const std::vector<double>& given) {
  Operands found;
  std::vector<double> results;
  std::vector<std::vector<double>> lefts;
  for (const auto& equation : equations) {
    auto& left = lefts.emplace_back();
    for (const auto& number : numbers_in(equation.left)) {
      left.push_back(number.value);
      ++found.total;
      if (among(given, number.value) || among(results, number.value)) {
        found.used.push_back(number.value);
      } else if (among(given, number.value * 100)) {
        found.used.push_back(number.value * 100);
      } else {
        found.unknown += common_constant(number.value) ? 0.3 : 1.0;
      }
    }
    results.push_back(equation.written);
  }
  for (std::size_t i = 0; i + 1 < equations.size(); ++i) {
    bool used = false;
    for (std::size_t j = i + 1; j < lefts.size(); ++j) used = used || among(lefts[j], results[i]);
    found.results_unused += used ? 0U : 1U;
  }
  return found;
}

std::unordered_set<std::uint32_t> words_of(std::string_view text, std::size_t* count = nullptr) {
  std::unordered_set<std::uint32_t> words;
  each_word(text, [&](std::string_view word) {
    if (!is_letter(word[0])) return;
    words.insert(hash_folded(word));
    if (count != nullptr) ++*count;
  });
  return words;
}

// The thing that "how many things" asks for, without its plural s.
std::string_view asked_unit(std::string_view prompt) {
  for (const std::string_view lead : {"how many ", "how much "}) {
    const auto at = find_folded(prompt, lead);
    if (at == std::string_view::npos) continue;
    const auto begin = at + lead.size();
    auto end = begin;
    while (end < prompt.size() && is_letter(prompt[end])) ++end;
    auto unit = prompt.substr(begin, end - begin);
    if (unit.size() < 4 || has_folded("does will money more", unit)) return {};
    if (unit.back() == 's') unit.remove_suffix(1);
    return unit;
  }
  return {};
}

}  // namespace

NumberTraits number_traits(std::string_view prompt, std::string_view answer) {
  NumberTraits traits{};
  std::size_t next = 0;
  const auto add = [&](float value) { traits[next++] = value; };

  const auto last = final_number(answer);
  const bool marked = last && last->marked;
  const std::string body = without_marks(marked ? answer.substr(0, last->begin) : answer);
  const auto equations = equations_in(body);
  std::vector<double> given, stated, worded = number_words_in(prompt);
  for (const auto& number : numbers_in(prompt)) {
    if (!among(given, number.value)) given.push_back(number.value);
  }
  for (const auto& number : numbers_in(body)) stated.push_back(number.value);
  auto known = given;
  known.insert(known.end(), worded.begin(), worded.end());
  const auto operands = operands_of(equations, known);

  std::size_t wrong = 0;
  bool fraction = false, long_fraction = false, negative = false;
  std::array<std::size_t, 4> operators{};
  for (const auto& equation : equations) {
    wrong += equation.holds ? 0U : 1U;
    fraction = fraction || !whole(equation.written);
    long_fraction = long_fraction || !whole(equation.written * 100);
    negative = negative || equation.expected < 0;
    for (const char c : equation.left) {
      if (const auto which = std::string_view("+-*/").find(c); which != std::string_view::npos)
        ++operators[which];
      if (lower(c) == 'x') ++operators[2];
    }
  }
  add(flag(!marked));
  add(log1(static_cast<double>(equations.size())));
  add(most(wrong, 3));
  add(flag(wrong > 0));
  add(static_cast<float>(wrong) / static_cast<float>(std::max<std::size_t>(1, equations.size())));
  std::size_t marks = 0;
  for (auto at = answer.find("<<"); at != std::string_view::npos; at = answer.find("<<", at + 2)) ++marks;
  add(log1(static_cast<double>(marks)));
  add(static_cast<float>(std::min(operands.unknown, 4.0)));
  add(flag(operands.unknown >= 1));
  add(static_cast<float>(operands.unknown / static_cast<double>(std::max<std::size_t>(1, operands.total))));
  std::size_t unused = 0, words_unused = 0;
  for (const double number : given)
    unused += among(stated, number) || among(operands.used, number) || among(stated, number / 100) ? 0U : 1U;
  for (const double number : worded)
    words_unused += number == 1 || among(stated, number) || among(operands.used, number) ? 0U : 1U;
  add(most(unused, 4));
  add(static_cast<float>(unused) / static_cast<float>(std::max<std::size_t>(1, given.size())));
  add(flag(unused > 0));
  add(most(words_unused, 3));
  add(most(operands.results_unused, 3));
  const double value = last ? last->value : 0;
  add(flag(last && !whole(value)));
  add(flag(last && value < 0));
  add(flag(last && value == 0));
  add(last ? log1(std::abs(value)) : 0.0F);
  add(flag(last && among(given, value)));
  add(flag(last && !equations.empty() && same_number(equations.back().written, value)));
  add(flag(marked && among(stated, value)));
  add(flag(last && !whole(value * 100)));
  add(flag(marked && !stated.empty() && same_number(stated.back(), value)));
  add(flag(last && !stated.empty() && value >= *std::max_element(stated.begin(), stated.end())));
  add(flag(fraction));
  add(flag(long_fraction));
  add(flag(negative));
  add(log1(static_cast<double>(body.size())));
  add(log1(static_cast<double>(prompt.size())));
  add(log1(static_cast<double>(given.size())));
  add(log1(static_cast<double>(worded.size())));
  add(log1(static_cast<double>(stated.size())));
  add(log1(static_cast<double>(std::count(body.begin(), body.end(), '\n'))));
  add(log1(static_cast<double>(body.size())) - log1(static_cast<double>(prompt.size())));
  add(static_cast<float>(equations.size()) / static_cast<float>(1 + given.size()));
  const auto sentences = static_cast<double>(
      std::count_if(prompt.begin(), prompt.end(), [](char c) { return c == '.' || c == '?' || c == '!'; }));
  add(log1(sentences));
  add(static_cast<float>(static_cast<double>(prompt.size()) / (1 + sentences) / 100));
  std::size_t answer_words = 0;
  const auto in_answer = words_of(body, &answer_words);
  const auto in_prompt = words_of(prompt);
  std::size_t shared = 0;
  for (const auto word : in_answer) shared += in_prompt.contains(word) ? 1U : 0U;
  add(static_cast<float>(shared) / static_cast<float>(std::max<std::size_t>(1, in_answer.size())));
  add(static_cast<float>(shared) / static_cast<float>(std::max<std::size_t>(1, in_prompt.size())));
  add(static_cast<float>(in_answer.size()) / static_cast<float>(std::max<std::size_t>(1, answer_words)));
  const auto unit = asked_unit(prompt);
  const auto line = trimmed(body).substr(std::min(trimmed(body).size(), trimmed(body).rfind('\n') + 1));
  add(flag(!unit.empty()));
  add(flag(!unit.empty() && has_folded(line, lowered(unit))));
  for (const auto count : operators) add(most(count, 3));
  for (const auto cue : question_cues) add(flag(has_word_start(prompt, cue)));
  for (const auto cue : answer_cues) add(flag(has_word_start(body, cue)));
  return traits;
}

}  // namespace codecrucible::confidence
