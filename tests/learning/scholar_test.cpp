#include "learning/scholar.hpp"

#include "learning/replay.hpp"
#include "learning/shelf.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::learning;

namespace {

core::FleetView two_models() {
  core::FleetView fleet;
  core::HostView host;
  host.name = "desk";
  host.reachable = true;
  fleet.hosts = {host};
  for (const auto* id : {"small:7b", "large:70b"}) {
    core::ModelView model;
    model.id = model.public_id = id;
    model.resident = true;
    // As fast as each other, so that quality alone decides.
    model.speed.queue_seconds = 0;
    model.speed.prefill_tokens_per_second = model.speed.decode_tokens_per_second = 1e9;
    fleet.models.push_back(std::move(model));
  }
  return fleet;
}

// A request that was answered by `model`, with a word about it.
history::Kept rated(const std::string& model, core::TaskType task, double quality) {
  history::Kept kept;
  auto& record = kept.record;
  record.features.classified = true;
  record.features.task = task;
  record.features.complexity = core::Complexity::medium;
  record.features.prefer = "balanced";
  record.propensity = 0.5;
  const std::string other = model == "small:7b" ? "large:70b" : "small:7b";
  record.ranked = {{"desk", model, 0, 0.5F, 1, 0.1F}, {"desk", other, 0, 0.5F, 1, 0.1F}};
  record.attempts.emplace_back();
  record.attempts.back().host = "desk";
  record.attempts.back().model = model;
  history::Signal signal;
  signal.value = quality;
  signal.model = model;  // as the ledger fills it in
  kept.signals.push_back(signal);
  return kept;
}

std::string chosen(const router::Policy& policy, core::TaskType task) {
  classifier::Verdict verdict;
  verdict.type = task;
  verdict.complexity = core::Complexity::medium;
  router::Facts facts;
  facts.verdict = &verdict;
  const auto fleet = two_models();
  const auto decision = router::decide(facts, policy, fleet, 0.5);
  REQUIRE(!decision.ranked.empty());
  return fleet.models[decision.ranked.front().model].id;
}

struct Folder {
  Folder() {
    static int count = 0;
    path = std::filesystem::temp_directory_path() /
           ("codecrucible-learning-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("scholar: with nothing learned the router decides as before") {
  const auto priors = priors_of({}, two_models());
  REQUIRE(priors.size() == 2);
  const Scholar scholar{Settings{}};
  auto policy = *router::compile({}, {});
  const auto before = chosen(policy, core::TaskType::debugging);
  policy.learned = scholar.table(priors, {});
  CHECK(policy.learned->find({}, "small:7b") == nullptr);
  CHECK(chosen(policy, core::TaskType::debugging) == before);
  CHECK(before == "large:70b");
}

TEST_CASE(
    "scholar: what is learned of a task turns the router's choice there, and the belief is what it sees") {
  const router::Settings settings;
  const auto fleet = two_models();
  const auto priors = priors_of(settings, fleet);
  Scholar scholar{Settings{}};
  for (int i = 0; i < 80; ++i) {
    scholar.learn(*lesson_of(rated("large:70b", core::TaskType::edit, 0)), priors);
    scholar.learn(*lesson_of(rated("small:7b", core::TaskType::edit, 1)), priors);
    scholar.learn(*lesson_of(rated("large:70b", core::TaskType::debugging, 1)), priors);
    scholar.learn(*lesson_of(rated("small:7b", core::TaskType::debugging, 0)), priors);
  }
  auto policy = *router::compile(settings, {});
  policy.learned = scholar.table(priors, settings);
  CHECK(chosen(policy, core::TaskType::edit) == "small:7b");
  CHECK(chosen(policy, core::TaskType::debugging) == "large:70b");

  classifier::Verdict verdict;
  verdict.type = core::TaskType::edit;
  verdict.complexity = core::Complexity::medium;
  router::Facts facts;
  facts.verdict = &verdict;
  for (const auto& candidate : router::decide(facts, policy, fleet, 0.5).ranked) {
    const auto& id = fleet.models[candidate.model].id;
    const std::size_t arm = scholar.bandit().arms()[0] == id ? 0 : 1;
    const double prior = priors.at(id)[2][1];
    const double belief = scholar.bandit().expect({arm, prior, 0}, {2, 1, {}}).mean;
    CHECK(candidate.quality == doctest::Approx(std::clamp(belief, 0.0, 1.0)).epsilon(0.02));
  }
}

TEST_CASE("scholar: what is hard for all does not make untried models look better than they are") {
  const auto priors = priors_of({}, two_models());
  Scholar scholar{Settings{}};
  for (int i = 0; i < 30; ++i)
    scholar.learn(*lesson_of(rated("large:70b", core::TaskType::edit, 0.3)), priors);
  const Situation edit{2, 1, {}};
  const auto& arms = scholar.bandit().arms();
  REQUIRE(arms.size() == 2);
  const std::size_t small = arms[0] == "small:7b" ? 0 : 1;
  const double prior = priors.at("small:7b")[2][1];
  CHECK(scholar.bandit().expect({small, prior, 0}, edit).mean < prior - 0.1);
  CHECK(scholar.table(priors, {})->find({}, "small:7b") != nullptr);
}

TEST_CASE("scholar: only words about answers teach") {
  CHECK(lesson_of(rated("small:7b", core::TaskType::edit, 0.5))->quality == 0.5);
  auto kept = rated("small:7b", core::TaskType::edit, 1);
  kept.signals.clear();
  CHECK(!lesson_of(kept));
  kept.record.confidence = 0.8;
  CHECK(lesson_of(kept)->weight == 0.25);
  kept.record.failure = core::Cause::timeout;
  CHECK(!lesson_of(kept));
  kept = rated("small:7b", core::TaskType::edit, 1);
  kept.record.features.classified = false;
  CHECK(!lesson_of(kept));
  kept = rated("small:7b", core::TaskType::edit, 1);
  kept.record.source = history::Source::exact_cache;
  CHECK(!lesson_of(kept));
}

TEST_CASE("scholar: rules and thresholds are learned of what the gateway chose, from words of people") {
  const auto priors = priors_of({}, two_models());
  const auto lesson = [](auto change) {
    auto kept = rated("small:7b", core::TaskType::edit, 0);
    kept.record.rule = "edits";
    kept.record.confidence = 0.8;
    change(kept);
    return lesson_of(kept);
  };
  const auto as_it_is = lesson([](auto&) {});
  CHECK(as_it_is->spoken);
  CHECK(as_it_is->judged == 0.8);
  CHECK(as_it_is->rule == "edits");
  CHECK(as_it_is->rule_weight == 1);
  const auto judged = lesson([](auto& kept) { kept.signals.clear(); });
  CHECK_FALSE(judged->spoken);
  CHECK(judged->rule_quality == 0.8);
  CHECK(lesson([](auto& kept) { kept.record.explored = true; })->rule.empty());
  CHECK(lesson([](auto& kept) { kept.record.features.stayed = true; })->rule.empty());
  const auto named = lesson([](auto& kept) { kept.record.concrete = true; });
  CHECK(named->rule.empty());
  CHECK(named->judged < 0);
  // Of an escalation the rule hears what was said of its own choice.
  const auto escalated = lesson([](auto& kept) {
    kept.record.escalated = true;
    kept.record.attempts.push_back(kept.record.attempts.front());
    kept.record.attempts.back().model = "large:70b";
    history::Signal praise;
    praise.value = 1;
    praise.model = "large:70b";
    kept.signals.push_back(praise);
  });
  CHECK(escalated->escalated);
  CHECK(escalated->quality == 1);
  CHECK(escalated->rule_quality == 0);

  Settings settings;
  Scholar scholar(settings);
  for (int i = 0; i < 20; ++i) scholar.learn(*judged, priors);
  CHECK(scholar.thresholds().view(core::TaskType::edit).judged == 0);
  for (int i = 0; i < 30; ++i) scholar.learn(*as_it_is, priors);
  for (int i = 0; i < 5; ++i) scholar.learn(*escalated, priors);
  CHECK(scholar.thresholds().view(core::TaskType::edit).judged == 30);
  CHECK(scholar.thresholds().view(core::TaskType::edit).escalated == 5);
  const auto table = scholar.table(priors, {});
  CHECK(*table->thresholds[2] > 0.7F);
  CHECK(!table->thresholds[0]);
  CHECK(table->rule_confidence("edits", 0.9) < 0.7);
  CHECK(table->rule_confidence("others", 0.9) == 0.9);

  Scholar again(settings);
  REQUIRE(again.read(scholar.written()));
  CHECK(again.written() == scholar.written());
  // What an earlier program kept says nothing of either.
  REQUIRE(again.read(scholar.bandit().written()));
  CHECK(again.bandit().outcomes() == scholar.bandit().outcomes());
  CHECK(again.rules().rules().empty());
  CHECK_FALSE(again.read(scholar.bandit().written() + "\nmore-1 x"));

  settings.threshold_reach = 0;
  settings.rule_confidence = false;
  Scholar none(settings);
  REQUIRE(none.read(scholar.written()));
  CHECK(!none.table(priors, {})->thresholds[2]);
  CHECK(none.table(priors, {})->rule_confidence("edits", 0.9) == 0.9);
}

TEST_CASE("shelf: versions and progress are there after it was closed; the oldest go, spared ones stay") {
  const Folder folder;
  const auto file = (folder.path / "policies.db").string();
  {
    auto shelf = Shelf::open(file);
    REQUIRE(shelf.has_value());
    CHECK(shelf->list().empty());
    CHECK(!shelf->state(1).has_value());
    const std::uint64_t spared[] = {2};
    for (std::size_t i = 1; i <= Shelf::most_versions + 5; ++i) {
      Version about;
      about.outcomes = i;
      const auto number = shelf->keep(about, "state " + std::to_string(i), std::to_string(i), spared);
      REQUIRE(number.has_value());
      CHECK(*number == i);
    }
    CHECK(shelf->put("release", "running").has_value());
  }
  auto shelf = Shelf::open(file);
  REQUIRE(shelf.has_value());
  const auto versions = shelf->list();
  CHECK(versions.size() == Shelf::most_versions + 1);
  CHECK(versions.front().outcomes == Shelf::most_versions + 5);
  CHECK(*shelf->state(2) == "state 2");
  CHECK(!shelf->state(3).has_value());
  CHECK(shelf->get("progress") == std::to_string(Shelf::most_versions + 5));
  CHECK(shelf->get("release") == "running");
  CHECK(shelf->get("nothing").empty());
}

TEST_CASE("replay: a policy that takes the better model is judged better, from records alone") {
  // Both models were taken by halves; the small one is right about edits nine times in ten, the large never.
  std::vector<history::Kept> records;
  for (int i = 0; i < 600; ++i) {
    const bool small = i % 2 == 0;
    records.push_back(
        rated(small ? "small:7b" : "large:70b", core::TaskType::edit, small && i % 20 != 0 ? 1 : 0));
  }
  router::Settings to_small;
  router::Rule rule;
  rule.name = "edits";
  rule.condition = "taskType == 'edit'";
  rule.target = "small:7b";
  to_small.rules.push_back(rule);
  const auto better = replayed(records, *router::compile(to_small, {}));
  CHECK(better.log.size() == 600);
  CHECK(better.same == 300);
  const auto found = evaluate(better.log);
  CHECK(found.can_tell);
  CHECK(found.robust.value == doctest::Approx(0.9).epsilon(0.05));
  CHECK(found.logged.value == doctest::Approx(0.45).epsilon(0.05));
  CHECK(plain_verdict(found).starts_with("Better"));

  auto to_large = to_small;
  to_large.rules[0].target = "large:70b";
  CHECK(plain_verdict(evaluate(replayed(records, *router::compile(to_large, {})).log)).starts_with("Worse"));
}

TEST_CASE("replay: requests without a choice and without a word are counted and left out") {
  std::vector<history::Kept> records(4, rated("small:7b", core::TaskType::edit, 1));
  records[0].record.concrete = true;
  records[1].signals.clear();
  records[2].record.features.stayed = true;
  const auto found = replayed(records, *router::compile({}, {}));
  CHECK(found.seen == 4);
  CHECK(found.fixed == 2);
  CHECK(found.unrated == 1);
  CHECK(found.log.size() == 1);
  CHECK(!evaluate(found.log).can_tell);
}
