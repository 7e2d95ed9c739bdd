#include "gateway/replay.hpp"

#include "gateway/history_filter.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

namespace {

core::FleetViewPtr two_hosts() {
  auto fleet = std::make_shared<core::FleetView>();
  for (const char* const name : {"lmstudio", "ollama"}) {
    core::HostView host;
    host.name = name;
    host.reachable = true;
    fleet->hosts.push_back(host);
  }
  const auto model = [&](const char* id, std::size_t host, double billions) {
    core::ModelView view;
    view.id = view.public_id = id;
    view.host = host;
    view.window = 32768;
    view.parameters_billion = billions;
    view.resident = true;
    fleet->models.push_back(view);
  };
  model("small:7b", 0, 7);
  model("large:70b", 1, 70);
  return fleet;
}

router::Policy policy_with(const std::string& condition, const std::string& target) {
  router::Settings settings;
  router::Rule rule;
  rule.name = "the rule";
  rule.condition = condition;
  rule.target = target;
  settings.rules.push_back(rule);
  auto policy = router::compile(settings, {.providers = {"lmstudio", "ollama"}, .models = {}});
  REQUIRE(policy.has_value());
  return *policy;
}

history::Record asked(const std::string& id, core::TaskType task, const char* host, const char* model) {
  history::Record record;
  record.id = id;
  record.surface = "openai-chat";
  record.features.classified = true;
  record.features.task = task;
  record.features.confidence = 0.9F;
  record.features.model_asked = "auto";
  record.features.keywords = "security,performance";
  record.features.prompt_tokens = 100;
  history::Candidate one;
  one.host = host;
  one.model = model;
  one.quality = 0.5;
  one.seconds = 1;
  record.ranked.push_back(one);
  return record;
}

}  // namespace

TEST_CASE("replay: a remembered request is decided again by what routing knew about it") {
  const auto record = asked("req_1", core::TaskType::debugging, "lmstudio", "small:7b");
  classifier::Verdict verdict;
  const auto facts = facts_of(record, verdict);
  CHECK(facts.verdict == &verdict);
  CHECK(verdict.type == core::TaskType::debugging);
  REQUIRE(verdict.keywords.size() == 2);
  CHECK(verdict.keywords[1] == "performance");
  CHECK(facts.model == "auto");
  CHECK(facts.surface == core::Surface::openai_chat);
  CHECK(facts.prompt_tokens == 100);
  CHECK(!facts.may_explore);
}

TEST_CASE("replay: what another configuration would send elsewhere, and what that is expected to change") {
  WhatIf what_if(policy_with("taskType == 'debugging' && keywords.contains('security')", "ollama"),
                 two_hosts());
  what_if.add(asked("req_1", core::TaskType::debugging, "lmstudio", "small:7b"));
  what_if.add(asked("req_2", core::TaskType::debugging, "lmstudio", "small:7b"));
  what_if.add(asked("req_3", core::TaskType::debugging, "ollama", "large:70b"));
  history::Record broken;
  what_if.add(broken);
  const auto& sums = what_if.sums();
  CHECK(sums.decided == 3);
  CHECK(sums.skipped == 1);
  CHECK(sums.same == 1);
  CHECK(sums.elsewhere == 2);
  CHECK(sums.refused == 0);
  REQUIRE(sums.shifts.size() == 1);
  const auto& [way, shift] = *sums.shifts.begin();
  CHECK(way.first == "small:7b @ lmstudio");
  CHECK(way.second == "large:70b @ ollama");
  CHECK(shift.count == 2);
  CHECK(shift.rule == "the rule");
  CHECK(shift.example == "req_1");
  CHECK(shift.quality > 0);  // the larger one is expected to be better, and slower
  CHECK(shift.seconds > 0);
  CHECK(to_text(sums).find("2x  small:7b @ lmstudio  ->  large:70b @ ollama") != std::string::npos);
  CHECK(to_json(sums).find("\"elsewhere\": 2") != std::string::npos);
}

TEST_CASE("replay: what no model could serve is counted as refused, with the reason") {
  WhatIf what_if(policy_with("true", "lmstudio"), two_hosts());
  auto record = asked("req_1", core::TaskType::edit, "lmstudio", "small:7b");
  record.features.prompt_tokens = 1'000'000;
  what_if.add(record);
  CHECK(what_if.sums().refused == 1);
  REQUIRE(what_if.sums().refusals.size() == 1);
  CHECK(!what_if.sums().refusals.begin()->first.empty());
}

TEST_CASE("history filter: spans, times and names are understood, the rest is told") {
  const auto now = history::Wall(std::chrono::seconds(1'800'000'000));
  const auto of = [&](const char* name, const char* value) {
    return history_filter({{name, value}}, now, 1000);
  };
  CHECK(of("since", "90m")->since == now - std::chrono::minutes(90));
  CHECK(of("since", "2027-01-15")->since == history::Wall(std::chrono::seconds(1'799'971'200)));
  CHECK(of("until", "2027-01-15T08:00:00Z")->until == now);
  CHECK(of("task", "multi-file")->task == "multi-file");
  CHECK(of("order", "oldest")->oldest_first);
  CHECK(of("limit", "7")->limit == 7);
  for (const auto& [name, value] : {std::pair{"since", "soon"},
                                    {"task", "x"},
                                    {"limit", "1001"},
                                    {"limit", "-1"},
                                    {"before", "a"},
                                    {"order", "random"},
                                    {"outcome", "meh"},
                                    {"nothing", "1"}}) {
    CAPTURE(name);
    const auto filter = of(name, value);
    REQUIRE(!filter.has_value());
    CHECK(filter.error().param == name);
  }
  CHECK(history_filter({{"since", "2h"}, {"until", "1h"}}, now, 1000).has_value());
  CHECK(!history_filter({{"since", "1h"}, {"until", "2h"}}, now, 1000).has_value());
  const auto parameters = parameters_of("a=1&b=x%2Fy+z&&c");
  REQUIRE(parameters.size() == 3);
  CHECK(parameters[1].second == "x/y z");
  CHECK(parameters[2].first == "c");
}
