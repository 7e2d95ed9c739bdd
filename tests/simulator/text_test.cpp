#include "simulator/text.hpp"

#include "simulator/fault.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace codecrucible::simulator;

TEST_CASE("text: an answer depends on prompt and model and on nothing else") {
  CHECK(answer_for("one", "a") == answer_for("one", "a"));
  CHECK(answer_for("one", "a") != answer_for("two", "a"));
  CHECK(answer_for("one", "a") != answer_for("one", "b"));
  const auto mark = answer_mark("one", "a");
  CHECK(mark.size() == 8);
  CHECK(answer_for("one", "a").starts_with("Simulated answer " + mark));
  CHECK(answer_for("one", "a").ends_with("End of " + mark + "."));
}

TEST_CASE("text: marks in the prompt set its length or its words") {
  CHECK(answer_for("x [[say:exactly this]] y", "a") == "exactly this");
  CHECK(tokens_of(answer_for("x [[words:300]]", "a")).size() > 300);
  CHECK(tokens_of(answer_for("x [[words:300]]", "a")).size() < 320);
  CHECK(answer_for("write code for me", "a").find("```") != std::string::npos);
}

TEST_CASE("text: tokens joined are the text") {
  for (const std::string& text : {std::string(), std::string("a"), std::string("  a"),
                                  std::string("a b\nc  d "), answer_for("code", "m")}) {
    std::string joined;
    for (const auto& token : tokens_of(text)) joined += token;
    CHECK(joined == text);
  }
}

TEST_CASE("text: vectors have length one and near texts are near") {
  const auto dot = [](const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  };
  const auto one = vector_for("sort a list of numbers in place", 64);
  CHECK(one.size() == 64);
  CHECK(dot(one, one) == doctest::Approx(1.0));
  const auto near = vector_for("sort a list of numbers in place.", 64);
  const auto far = vector_for("quick brown fox jumps", 64);
  CHECK(dot(one, near) > dot(one, far));
  CHECK(dot(vector_for("", 8), vector_for("", 8)) == doctest::Approx(1.0));
}

TEST_CASE("fault: every kind is found by its own name, with its number") {
  for (int i = 1; i <= static_cast<int>(Fault::Kind::hang); ++i) {
    const auto kind = static_cast<Fault::Kind>(i);
    const auto found = fault_of(std::string(name(kind)) + ":7");
    REQUIRE(found);
    CHECK(found->kind == kind);
    CHECK(found->at == 7);
  }
  CHECK(!fault_of("no-such-fault"));
  CHECK(!fault_of("none"));
  REQUIRE(fault_in("please [[fault:cut:3]] now"));
  CHECK(fault_in("please [[fault:cut:3]] now")->at == 3);
  CHECK(!fault_in("please [[fault:cut:3 now"));
  CHECK(!fault_in("nothing"));
}

TEST_CASE("text: a mark that names no fault is told, one that does is not") {
  CHECK(fault_in("x [[fault:cut:3]]")->at == 3);
  CHECK(!unknown_fault_in("x [[fault:cut:3]]"));
  CHECK(!unknown_fault_in("no mark at all"));
  CHECK(unknown_fault_in("x [[fault:explode]]") == "explode");
  CHECK(fault_names().find("error-in-stream") != std::string::npos);
}
