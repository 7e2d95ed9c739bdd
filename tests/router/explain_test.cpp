#include "world.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace codecrucible;
using namespace codecrucible::router;
using core::Complexity;
using core::TaskType;

namespace {

classifier::Verdict hard() {
  auto verdict = verdict_of(TaskType::debugging, Complexity::complex);
  verdict.keywords = {"security"};
  verdict.signals = {"stack trace"};
  verdict.votes = {{.layer = classifier::Layer::rules,
                    .type = TaskType::debugging,
                    .complexity = Complexity::complex,
                    .confidence = 0.7F}};
  return verdict;
}

}  // namespace

TEST_CASE("router: an explanation holds everything that decided") {
  const auto verdict = hard();
  auto fleet = desk();
  fleet.models[large_34b].window = 100;
  auto settings = mission();
  settings.rules.push_back(to("stream", "lmstudio"));
  settings.rules.back().users = {"ann"};
  const auto policy = policy_of(settings);
  const Facts facts{.verdict = &verdict, .model = "auto", .prompt_tokens = 500};
  const auto told = explain(facts, policy, fleet, 0.5);
  CHECK(told.provider == "ollama");
  CHECK(told.model == "qwen2.5:72b");
  CHECK(told.decision.ranked[0].model == decide(facts, policy, fleet, 0.5).ranked[0].model);
  REQUIRE(told.rules.size() == 3);
  CHECK_FALSE(told.rules[0].truth);
  CHECK(told.rules[1].truth);
  CHECK(told.rules[1].spoke);
  CHECK_FALSE(told.rules[2].applies);
  REQUIRE(told.candidates.size() == 4);
  CHECK(told.candidates[0].rank == 1);
  CHECK(told.candidates[0].terms.utility ==
        doctest::Approx(told.candidates[0].terms.quality - told.candidates[0].terms.time_price));
  CHECK(told.candidates[3].gate == "window");
  CHECK(told.candidates[3].reason == "window 100 < 756 tokens needed");

  const auto json = nlohmann::json::parse(to_json(told));
  CHECK(json["facts"]["taskType"] == "'debugging'");
  CHECK(json["facts"]["keywords"] == "['security']");
  CHECK(json["facts"]["ollama.healthy"] == "true");
  CHECK(json["votes"][0]["layer"] == "rules");
  CHECK(json["rules"][1]["spoke"] == true);
  CHECK(json["candidates"][0]["terms"]["load_seconds"].get<double>() > 10);
  CHECK(json["candidates"][3]["gate"] == "window");
  CHECK(json["decision"]["model"] == "qwen2.5:72b");
  CHECK(json["decision"]["rule"] == "Complex tasks require Ollama's reasoning capabilities");

  const auto text = to_text(told);
  for (const auto* part : {"Goes to ollama/qwen2.5:72b", "taskType", "stack trace", "complexity == 'complex'",
                           "utility", "shut out by window", "for other users"}) {
    CHECK_MESSAGE(text.find(part) != std::string::npos, part);
  }
}

TEST_CASE("router: a refusal is explained too") {
  const auto told = explain({.model = "nobody\"\n"}, policy_of({}), desk(), 0);
  CHECK(told.resolved == "unknown model");
  const auto json = nlohmann::json::parse(to_json(told));
  CHECK(json["decision"]["refusal"]["cause"] == "model_not_found");
  CHECK(to_text(told).find("Refused (model_not_found)") == 0);
}

TEST_CASE("router: reply headers are short, safe and complete") {
  const auto verdict = hard();
  const auto fleet = desk();
  auto settings = mission();
  settings.rules[1].description = "evil\r\nx-injected: 1 \xc3\xa4";
  const Facts facts{.verdict = &verdict, .model = "auto"};
  const auto decision = decide(facts, policy_of(settings), fleet, 0.5);
  std::string all;
  append_headers(all, decision, facts, fleet);
  std::istringstream lines(all);
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.starts_with("x-codecrucible-"));
    CHECK(line.ends_with("\r"));
    for (const char c : line.substr(0, line.size() - 1)) CHECK((c >= 0x20 && c < 0x7f));
  }
  for (const auto* part : {"provider: ollama\r", "task: debugging\r", "complexity: complex\r",
                           "confidence: 0.95\r", "rule: evil??x-injected"}) {
    CHECK_MESSAGE(all.find(part) != std::string::npos, part);
  }
  std::string none;
  append_headers(none, {}, {}, {}, 3);
  CHECK(none.empty());
}
