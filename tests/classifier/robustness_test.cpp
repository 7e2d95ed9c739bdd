#include "classifier/verdict_json.hpp"
#include "request.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace codecrucible;
using namespace codecrucible::classifier;
using classifier::tests::classify_text;
using classifier::tests::Conversation;
using classifier::tests::shipped_layers;

namespace {

void check_sane(const Verdict& verdict) {
  CHECK(verdict.confidence > 0);
  CHECK(verdict.confidence <= 1);
  CHECK(std::isfinite(verdict.score));
  CHECK(verdict.score >= 0);
  float sum = 0;
  for (const float p : verdict.complexity_scores) sum += p;
  CHECK(sum == doctest::Approx(1).epsilon(0.01));
  CHECK_FALSE(verdict.votes.empty());
}

}  // namespace

TEST_CASE("classifier: empty requests get an answer") {
  const auto layers = shipped_layers();
  check_sane(classify_text("", layers));
  check_sane(classify_text("   \n\t\n", layers));
  const Conversation nothing;
  check_sane(classify(nothing.request, layers));
}

TEST_CASE("classifier: any bytes get an answer") {
  const auto layers = shipped_layers();
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string bytes(random() % 3000, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    check_sane(classify_text(bytes, layers));
  }
  check_sane(classify_text("\xff\xfe\xc3", layers));
  check_sane(classify_text("```\n", layers));
  check_sane(classify_text("`", layers));
  check_sane(classify_text("#", layers));
}

TEST_CASE("classifier: ten megabytes of one line or of many lines are read in bounds") {
  const auto layers = shipped_layers();
  std::string one(10'000'000, 'x');
  check_sane(classify_text(one, layers));
  std::string many;
  while (many.size() < 10'000'000) many += "- do this; then `that`, and (also) {these}\n";
  check_sane(classify_text(many, layers));
  std::string spaces(10'000'000, ' ');
  check_sane(classify_text(spaces, layers));
}

TEST_CASE("classifier: other languages do not fall over and stay themselves when repeated") {
  const auto layers = shipped_layers();
  for (const char* text : {"Объясни, что делает эта функция", "このエラーを修正してください",
                           "帮我写一个Python脚本", "¿Cómo puedo ordenar una lista?", "اشرح هذا الكود",
                           "Schreibe eine Funktion, die zwei Zahlen addiert"}) {
    const auto first = classify_text(text, layers);
    check_sane(first);
    CHECK(to_json(first) == to_json(classify_text(text, layers)));
  }
}

TEST_CASE("classifier: an order at the end of a huge text is still read") {
  Layers layers;
  std::string log;
  while (log.size() < 200'000) log += "2024-01-01 12:00:00 INFO worker finished job in time\n";
  CHECK(classify_text(log + "\nfix the error in this log", layers).type == core::TaskType::debugging);
}
