#include "classifier/ensemble.hpp"
#include "classifier/judge.hpp"
#include "request.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace codecrucible;
using namespace codecrucible::classifier;
using classifier::tests::classify_text;
using classifier::tests::Conversation;
using classifier::tests::shipped_layers;
using core::Complexity;
using core::TaskType;

namespace {

ModelAnswer model_says(TaskType type, float confidence) {
  ModelAnswer answer;
  answer.type = type;
  answer.confidence = confidence;
  answer.types.fill((1 - confidence) / 7);
  answer.types[static_cast<std::size_t>(type)] = confidence;
  answer.complexities = {0.8F, 0.1F, 0.1F};
  return answer;
}
RuleAnswer rules_say(TaskType type, float confidence) {
  RuleAnswer answer;
  answer.type = type;
  answer.confidence = confidence;
  answer.points[static_cast<std::size_t>(type)] = 3;
  return answer;
}
Verdict decided(std::optional<RuleAnswer> rules, std::optional<ModelAnswer> model) {
  Opinions opinions;
  opinions.rules = rules;
  opinions.model = model;
  Verdict verdict;
  decide(opinions, Settings{}, verdict);
  return verdict;
}
bool voted(const Verdict& verdict, Layer layer) {
  return std::any_of(verdict.votes.begin(), verdict.votes.end(),
                     [layer](const Vote& v) { return v.layer == layer; });
}

}  // namespace

TEST_CASE("ensemble: a trained answer above the threshold stands against the rules") {
  const auto verdict = decided(rules_say(TaskType::edit, 0.85F), model_says(TaskType::planning, 0.9F));
  CHECK(verdict.type == TaskType::planning);
  CHECK(verdict.decided_by == Layer::model);
  CHECK(verdict.votes.size() == 2);
}

TEST_CASE("ensemble: below the floor the rules speak if they are surer") {
  const auto verdict = decided(rules_say(TaskType::edit, 0.7F), model_says(TaskType::planning, 0.2F));
  CHECK(verdict.type == TaskType::edit);
  CHECK(verdict.decided_by == Layer::rules);
}

TEST_CASE("ensemble: without model and rules the emergency answer stands") {
  const auto verdict = decided({}, {});
  CHECK(verdict.decided_by == Layer::emergency);
  CHECK(voted(verdict, Layer::emergency));
}

TEST_CASE("classifier: each parser type asks the layers it names") {
  auto layers = shipped_layers();
  REQUIRE(layers.model);
  layers.settings.parser_type = ParserType::rule_based;
  auto verdict = classify_text("add a flag to main.c", layers);
  CHECK(verdict.decided_by == Layer::rules);
  CHECK_FALSE(voted(verdict, Layer::model));
  layers.settings.parser_type = ParserType::ml;
  verdict = classify_text("add a flag to main.c", layers);
  CHECK(verdict.decided_by == Layer::model);
  CHECK_FALSE(voted(verdict, Layer::rules));
  layers.settings.parser_type = ParserType::ensemble;
  verdict = classify_text("add a flag to main.c", layers);
  CHECK(voted(verdict, Layer::rules));
  CHECK(voted(verdict, Layer::model));
}

TEST_CASE("classifier: without a model file the rules answer whatever the parser type") {
  Layers layers;
  layers.settings.parser_type = ParserType::ml;
  CHECK(classify_text("fix the bug", layers).decided_by == Layer::rules);
}

TEST_CASE("judge: asked only when enabled and the layers are unsure or disagree") {
  Settings settings;
  auto verdict = decided(rules_say(TaskType::edit, 0.5F), model_says(TaskType::planning, 0.5F));
  CHECK_FALSE(needs_judge(verdict, settings));
  settings.judge.enabled = true;
  CHECK(needs_judge(verdict, settings));
  CHECK_FALSE(
      needs_judge(decided(rules_say(TaskType::edit, 0.5F), model_says(TaskType::planning, 0.95F)), settings));
  CHECK_FALSE(needs_judge(with_judgement(verdict, {TaskType::planning, Complexity::simple}), settings));
}

TEST_CASE("judge: breaks a tie and leaves a vote") {
  const auto verdict = decided(rules_say(TaskType::edit, 0.5F), model_says(TaskType::planning, 0.4F));
  const auto judged = with_judgement(verdict, {TaskType::edit, Complexity::medium});
  CHECK(judged.type == TaskType::edit);
  CHECK(judged.decided_by == Layer::judge);
  CHECK(voted(judged, Layer::judge));
}

TEST_CASE("judge: reads its schema and nothing else") {
  const auto good = read_judgement(R"({"type":"multi-file","complexity":"complex"})");
  REQUIRE(good.has_value());
  CHECK(good->type == TaskType::multi_file);
  CHECK(good->complexity == Complexity::complex);
  for (const char* bad :
       {"", "edit", "[]", "{}", R"({"type":"edit"})", R"({"type":"poem","complexity":"simple"})",
        R"({"type":"edit","complexity":3})", R"({"type":"edit","complexity":"simple","why":"x"})",
        R"({"type":"edit","complexity":"simple"} and more)"})
    CHECK_FALSE(read_judgement(bad).has_value());
}

TEST_CASE("judge: the question is bounded valid JSON schema and text and its key is stable") {
  std::string huge;
  while (huge.size() < 100'000) huge += "größer als ";
  const Conversation talk(huge);
  const auto question = judge_question(talk.request);
  CHECK(question.user.size() < 5000);
  CHECK(nlohmann::json::parse(question.schema).is_object());
  CHECK_NOTHROW(static_cast<void>(nlohmann::json(question.user).dump()));
  const Conversation again(huge);
  const Conversation other("something else");
  CHECK(judge_cache_key(talk.request) == judge_cache_key(again.request));
  CHECK(judge_cache_key(talk.request) != judge_cache_key(other.request));
}
