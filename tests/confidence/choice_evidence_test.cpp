#include "confidence/choice_evidence.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codecrucible::confidence;
using E = ChoiceEvidence;

namespace {

const Choice planets{"Which planet is the largest?",
                     {"the ringed planet Saturn", "the giant planet Jupiter", "the blue planet Neptune"},
                     "",
                     1};

ChoiceEvidence said(Choice choice, std::string_view answer, std::size_t chosen) {
  choice.answer = answer;
  choice.chosen = chosen;
  return choice_evidence(choice);
}

const Choice sums{"What is 3 x 40?", {"-120", "12", "120", "1200", "240", "77"}, "", 2};

}  // namespace

TEST_CASE("choice evidence: reasoning that speaks of the option named supports it, of another one does not") {
  const std::string answer = "Jupiter is a giant, more than twice as heavy as all others. The answer is (B).";
  const auto right = said(planets, answer, 1), slip = said(planets, answer, 0);
  CHECK(right[E::support] > slip[E::support]);
  CHECK(right[E::support_ahead] > 0);
  CHECK(right[E::support_rank] == 1);
  CHECK(right[E::best_supported] == 1);
  CHECK(slip[E::support_ahead] < 0);
  CHECK(slip[E::best_supported] == 0);
}

TEST_CASE("choice evidence: words that all options have tell nothing, options said in full tell most") {
  const auto shared = said(planets, "It is a planet. The answer is (B).", 1);
  CHECK(shared[E::support_ahead] == 0);
  const auto full = said(planets, "It is the giant planet Jupiter. The answer is (B).", 1);
  CHECK(full[E::support] > 1);
}

TEST_CASE("choice evidence: the number that the reasoning ends in is near the option or is not") {
  const auto right = said(sums, "3 x 40 = 120. The answer is (C).", 2);
  CHECK(right[E::last_number] == 0);
  CHECK(right[E::last_number_ahead] > 0);
  const auto wrong = said(sums, "3 x 40 = 120. The answer is (F).", 5);
  CHECK(wrong[E::last_number] < 0);
  CHECK(wrong[E::last_number_ahead] < 0);
  const auto minus = said(sums, "3 x 40 = -120. The answer is (A).", 0);
  CHECK(minus[E::last_number] == 0);
  const auto nothing = said(sums, "I know it. The answer is (C).", 2);
  CHECK(nothing[E::last_number] == -9);
}

TEST_CASE("choice evidence: distractors that are made from the option's number are counted") {
  const auto kin = said(sums, "The answer is (C).", 2);
  CHECK(kin[E::opposite_others] == doctest::Approx(1 / 5.0));
  CHECK(kin[E::scaled_others] == doctest::Approx(2 / 5.0));
  CHECK(kin[E::multiple_others] == doctest::Approx(1 / 5.0));
  CHECK(kin[E::sign] == 1);
  const auto stranger = said(sums, "The answer is (F).", 5);
  CHECK(stranger[E::opposite_others] + stranger[E::scaled_others] + stranger[E::multiple_others] == 0);
}

TEST_CASE("choice evidence: an answer that goes in circles, names several letters or ends nowhere shows it") {
  const auto once = said(planets, "Jupiter is larger than Saturn by far. The answer is (B).", 1);
  CHECK(once[E::repeated] == 0);
  CHECK(once[E::letters_named] == 1);
  CHECK(once[E::no_conclusion] == 0);
  CHECK(once[E::ends_in_letter] == 1);
  std::string loop;
  for (int i = 0; i < 20; ++i) loop += "Saturn is larger than Neptune and so (A) or (B) ";
  const auto circles = said(planets, loop, 3);
  CHECK(circles[E::repeated] > 0.8F);
  CHECK(circles[E::most_repeated] == 20);
  CHECK(circles[E::letters_named] == 2);
  CHECK(circles[E::no_conclusion] == 1);
  CHECK(circles[E::ends_in_letter] == 0);
  CHECK(said(planets, "None of these is right. The answer is not listed.", 3)[E::says_none] == 1);
}

TEST_CASE("choice evidence: an option written in another manner than the others stands out") {
  const Choice mixed{
      "Why?", {"because of heat", "because of cold", "Heat, cold, and rain, all at once."}, "", 0};
  const auto odd = said(mixed, "C", 2), like = said(mixed, "A", 0);
  CHECK(odd[E::length_above] > like[E::length_above]);
  CHECK(odd[E::stop_above] > 0);
  CHECK(odd[E::capital_above] > 0);
  CHECK(odd[E::commas_above] > 0);
  CHECK(odd[E::absolute] == 1);
  CHECK(odd[E::same_beginnings] == 0);
  CHECK(like[E::same_beginnings] == doctest::Approx(0.5));
}

TEST_CASE("choice evidence: of the question itself, and of nothing at all") {
  const Choice hard{"All of these hold EXCEPT ____.", {"one", "two"}, "", 0};
  const auto evidence = choice_evidence(hard);
  CHECK(evidence[E::negated] == 1);
  CHECK(evidence[E::blanks] == 4);
  CHECK(evidence[E::ends_telling] == 1);
  CHECK(evidence[E::ends_asking] == 0);
  const auto nothing = choice_evidence({"", {}, "", 0});
  for (const float value : nothing.values) CHECK(value == value);
  CHECK(nothing[E::support] == 0);
}
