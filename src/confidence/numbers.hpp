#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

struct Number {
  double value = 0;
  std::size_t begin = 0, end = 0;
};
// Numbers as written ("1,250.50", ".5"), not those inside words.
std::vector<Number> numbers_in(std::string_view text);
// Numbers written as words: "twelve", "half", "dozen", "twice" …
std::vector<double> number_words_in(std::string_view text);

// Value of "3 x (4 + 2) / 5%"; nothing if it is no calculation.
std::optional<double> calculate(std::string_view text);

struct Equation {
  std::string left;  // the calculation as written
  double expected = 0, written = 0;
  bool holds = true;  // within the rounding that the written result shows
};
// "a op b = c" wherever it stands, each of a chain.
std::vector<Equation> equations_in(std::string_view text);

// The answer without the calculator marks that some models print: <<3*4=12>>.
std::string without_marks(std::string_view text);

// The number that an answer ends in: after "####", in \boxed{}, after "answer is" or a leading "A:", in this
// order. `marked` is false where only the last number of the text could be taken.
struct FinalNumber {
  double value = 0;
  std::size_t begin = 0;  // where the mark begins
  bool marked = false;
};
std::optional<FinalNumber> final_number(std::string_view text);

// Same number for every purpose of comparison.
bool same_number(double a, double b) noexcept;

}  // namespace codecrucible::confidence
