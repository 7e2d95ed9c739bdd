#include "confidence/agreement.hpp"

#include "confidence/normal_forms.hpp"
#include "confidence/numbers.hpp"
#include "confidence/text.hpp"
#include "confidence/traits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <unordered_map>

namespace codecrucible::confidence {
namespace {

constexpr Cues number_cues({"how many",
                            "how much",
                            "calculate",
                            "compute",
                            "what is the sum",
                            "what percent",
                            "what fraction",
                            "how old",
                            "how far",
                            "how long",
                            "what is the total",
                            "what is the average",
                            "how fast",
                            "how tall",
                            "what's the total",
                            "what is the difference",
                            "what is the combined",
                            "what is the percentage",
                            "what is the probability",
                            "what is the cost"});

// Numbers in words, as word problems have them beside those in digits.
constexpr std::array<std::string_view, 20> spelled{
    "two",    "three",  "four",    "five",  "six",  "seven", "eight", "nine",    "ten",   "twelve",
    "twenty", "thirty", "hundred", "dozen", "half", "twice", "third", "quarter", "times", "double"};

bool has_two_numbers(std::string_view prompt) {
  auto count = numbers_in(prompt).size();
  if (count >= 2) return true;
  each_word(prompt, [&](std::string_view word) {
    count += std::any_of(spelled.begin(), spelled.end(), [&](std::string_view one) {
      return word.size() == one.size() && find_folded(word, one) == 0;
    });
  });
  return count >= 2;
}

constexpr Cues label_cues({"classify", "yes or no", "true or false", "one word", "label it",
                           "answer only with", "reply only with"});

constexpr Cues command_cues({"shell command", "bash command", "command to", "command that", "one-liner",
                             "command line", "git command"});

// Cosine of word counts.
float prose_likeness(std::string_view one, std::string_view other) {
  std::unordered_map<std::uint32_t, std::pair<int, int>> counts;
  each_word(one, [&](std::string_view word) { ++counts[hash_folded(word)].first; });
  each_word(other, [&](std::string_view word) { ++counts[hash_folded(word)].second; });
  double dot = 0, a = 0, b = 0;
  for (const auto& [hash, pair] : counts) {
    const double x = pair.first, y = pair.second;
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  return a > 0 && b > 0 ? static_cast<float>(dot / std::sqrt(a * b)) : 0.0F;
}

Comparable asked_kind(const Facts& facts) noexcept {
  if (facts.format.kind != core::Format::Kind::text) return Comparable::json;
  if (options_in(facts.prompt).size() >= 2) return Comparable::choice;
  if (command_cues.any_in(facts.prompt)) return Comparable::command;
  if (!facts.code_wanted && number_cues.any_in(facts.prompt) && has_two_numbers(facts.prompt))
    return Comparable::number;
  if (label_cues.any_in(facts.prompt)) return Comparable::label;
  return facts.code_wanted ? Comparable::code : Comparable::prose;
}

}  // namespace

std::string_view name(Comparable kind) noexcept {
  static constexpr std::string_view names[] = {"prose", "number", "choice", "command",
                                               "json",  "label",  "code"};
  return names[static_cast<std::size_t>(kind)];
}

Comparable comparable_kind(const Facts& facts, std::string_view answer) noexcept {
  const auto asked = facts.asked ? *facts.asked : asked_kind(facts);
  const bool shown = asked == Comparable::prose && answer.find("```") != std::string_view::npos;
  return shown ? Comparable::code : asked;
}

Agreement compare(const Facts& facts, std::string_view one, std::string_view other) {
  Agreement agreement;
  agreement.kind = comparable_kind(facts, one);
  if (agreement.kind == Comparable::prose) {
    agreement.known = !trimmed(one).empty() && !trimmed(other).empty();
    agreement.likeness = prose_likeness(one, other);
    return agreement;
  }
  const auto mine = normal_form(agreement.kind, one), theirs = normal_form(agreement.kind, other);
  agreement.known = mine && theirs;
  if (!agreement.known) return agreement;
  const bool same = agreement.kind == Comparable::number ? same_number(std::stod(*mine), std::stod(*theirs))
                                                         : *mine == *theirs;
  agreement.likeness = same                                 ? 1.0F
                       : agreement.kind == Comparable::code ? prose_likeness(*mine, *theirs) * 0.9F
                                                            : 0.0F;
  return agreement;
}

std::optional<std::string> normal_form(Comparable kind, std::string_view answer) {
  switch (kind) {
    case Comparable::prose: {
      const auto text = trimmed(answer);
      return text.empty() ? std::nullopt : std::optional(lowered(text));
    }
    case Comparable::number: {
      const auto number = final_number(answer);
      if (!number) return std::nullopt;
      char text[48];
      std::snprintf(text, sizeof text, "%.9g", number->value);
      return std::string(text);
    }
    case Comparable::choice: {
      const char letter = chosen_letter(answer);
      return letter == 0 ? std::nullopt : std::optional(std::string(1, letter));
    }
    case Comparable::command:
      return normal_command(answer);
    case Comparable::json:
      return normal_json(answer);
    case Comparable::label:
      return normal_label(answer);
    case Comparable::code:
      return normal_code(answer);
  }
  return std::nullopt;
}

}  // namespace codecrucible::confidence
