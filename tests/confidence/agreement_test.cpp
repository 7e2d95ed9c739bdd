#include "confidence/agreement.hpp"

#include "confidence/numbers.hpp"
#include "confidence/traits.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using confidence::Comparable;
using confidence::normal_form;

TEST_CASE("confidence: calculations and equations") {
  using confidence::calculate;
  CHECK(*calculate("3 x (4 + 2) / 5%") == doctest::Approx(360));
  CHECK(*calculate("$1,250.50 - 50") == doctest::Approx(1200.5));
  CHECK(*calculate("2 \xC3\x97 3") == doctest::Approx(6));
  CHECK_FALSE(calculate("42"));
  CHECK_FALSE(calculate("1 / 0"));
  CHECK_FALSE(calculate("((((((((((((((((((((1+1"));
  const auto found = confidence::equations_in("so 3*4 = 12 and then 12 / 5 = 2.4, but 2 + 2 = 5.");
  REQUIRE(found.size() == 3);
  CHECK(found[0].holds);
  CHECK(found[1].holds);
  CHECK_FALSE(found[2].holds);
  CHECK(confidence::without_marks("3*4=<<3*4=12>>12") == "3*4=12");
  CHECK(confidence::final_number("#### 1,200\n")->value == 1200);
  CHECK(confidence::final_number("The answer is -3.5.")->value == -3.5);
  CHECK_FALSE(confidence::final_number("We get 7 here")->marked);
  CHECK_FALSE(confidence::final_number("nothing"));
}

TEST_CASE("confidence: letters are found however they are given") {
  using confidence::chosen_letter;
  CHECK(chosen_letter("... The answer is (C).") == 'C');
  CHECK(chosen_letter("Answer: B") == 'B');
  CHECK(chosen_letter("**Answer:** D") == 'D');
  CHECK(chosen_letter("C") == 'C');
  CHECK(chosen_letter("C. because") == 'C');
  CHECK(chosen_letter("The answer is Apples") == 0);
  CHECK(chosen_letter("") == 0);
  CHECK(confidence::options_in("Which?\nA. one\nB. two\nC. three").size() == 3);
  CHECK(confidence::options_in("A. alone").empty());
}

TEST_CASE("confidence: commands have a normal form") {
  const auto form = [](const char* answer) {
    return normal_form(Comparable::command, answer).value_or("none");
  };
  CHECK(form("```bash\n$ ls -l  -a /tmp\n```") == form("`ls -al '/tmp'`"));
  CHECK(form("ls -l /tmp") != form("ls -l /var"));
  CHECK(form("rm -r a") != form("rm a"));
  CHECK(form("two\nlines of prose") == "none");
}

TEST_CASE("confidence: JSON labels and code have normal forms") {
  CHECK(normal_form(Comparable::json, R"({"b":1,"a":[1,2]})") ==
        normal_form(Comparable::json, "{ \"a\": [1, 2], \"b\": 1 }"));
  CHECK(normal_form(Comparable::json, "[1,2]") != normal_form(Comparable::json, "[2,1]"));
  CHECK(normal_form(Comparable::label, " **Positive**.") == normal_form(Comparable::label, "positive"));
  const auto one = normal_form(Comparable::code, "```c\nint  f() { // add\n  return 1+1; }\n```");
  const auto other =
      normal_form(Comparable::code, "Here:\n```c\nint f() {\n\n  return 1 + 1; /* two */\n}\n```");
  REQUIRE(one);
  CHECK(*one == *other);
  CHECK(normal_form(Comparable::code, "```c\nputs(\"a b\");\n```") !=
        normal_form(Comparable::code, "```c\nputs(\"ab\");\n```"));
}

TEST_CASE("confidence: word problems are known by their numbers, in digits or in words") {
  const auto kind_of = [](std::string_view prompt) {
    confidence::Facts facts;
    facts.prompt = prompt;
    return confidence::comparable_kind(facts, "");
  };
  for (const char* const problem :
       {"Ben's phone is four times as old as Ann's, which is 1 year old. How old is Ben's phone?",
        "She earns 20 an hour for 35 hours. What's the total amount?",
        "Tom has three apples, Ann twice as many. How many do they have?"}) {
    CAPTURE(problem);
    CHECK(kind_of(problem) == Comparable::number);
  }
  for (const char* const other :
       {"How long does it take to build the two containers?", "How do I compare two files, half by half?",
        "How much memory does a vector of strings need?"}) {
    CAPTURE(other);
    CHECK(kind_of(other) != Comparable::number);
  }
}

TEST_CASE("confidence: what is comparable is told from the request") {
  confidence::Facts facts;
  facts.prompt = "He has 3 apples and eats 1. How many are left?";
  CHECK(confidence::comparable_kind(facts, "") == Comparable::number);
  CHECK(confidence::compare(facts, "2 are left: 3 - 1 = 2. #### 2", "The answer is 2.0").likeness == 1);
  CHECK(confidence::compare(facts, "#### 2", "#### 4").likeness == 0);
  facts.prompt = "Which?\nA. one\nB. two";
  CHECK(confidence::comparable_kind(facts, "") == Comparable::choice);
  facts.prompt = "Give me the shell command to list files";
  CHECK(confidence::comparable_kind(facts, "") == Comparable::command);
  facts.prompt = "Tell me a story";
  CHECK(confidence::comparable_kind(facts, "") == Comparable::prose);
  CHECK(confidence::compare(facts, "once upon a time", "once upon a time").likeness == doctest::Approx(1));
  facts.format.kind = core::Format::Kind::json;
  CHECK(confidence::comparable_kind(facts, "") == Comparable::json);
}
