#include "world.hpp"

#include <map>

using namespace codecrucible;
using namespace codecrucible::router;
using core::Complexity;
using core::TaskType;

namespace {

std::size_t first(const classifier::Verdict& verdict, const core::FleetView& fleet,
                  const Settings& settings = {}, Prefer prefer = Prefer::balanced) {
  const auto decision = decide({.verdict = &verdict, .prefer = prefer}, policy_of(settings), fleet, 0);
  REQUIRE_FALSE(decision.ranked.empty());
  return decision.ranked[0].model;
}

// Two models alone, one warm and small, one cold and big.
core::FleetView pair_of(std::string small, std::string big) {
  core::FleetView fleet = desk();
  fleet.models = {model_of(0, std::move(small), true), model_of(1, std::move(big), false)};
  return fleet;
}

}  // namespace

TEST_CASE("router: parameters are read from ids") {
  const auto total = [](std::string_view id) { return size_from_id(id).total; };
  CHECK(total("qwen2.5:72b") == 72);
  CHECK(total("codellama-13b-instruct") == 13);
  CHECK(total("deepseek-r1:1.5b") == doctest::Approx(1.5));
  CHECK(total("Meta-Llama-3.1-70B-Instruct-Q4_K_M") == 70);
  CHECK(total("gemma-3-270m") == doctest::Approx(0.27));
  CHECK(total("mixtral-8x7b") == doctest::Approx(46.7).epsilon(0.01));
  CHECK(size_from_id("mixtral:8x7b").active == doctest::Approx(12.9).epsilon(0.01));
  CHECK(total("qwen3-30b-a3b") == 30);
  CHECK(size_from_id("Qwen3-30B-A3B-Instruct").active == 3);
  CHECK(total("phi-3-mini-128k") == 0);
  CHECK(total("gpt-4o") == 0);
  CHECK(total("") == 0);
}

TEST_CASE("router: simple work stays with the warm small model, hard work goes to the big one") {
  const auto fleet = pair_of("qwen2.5-coder-7b", "qwen2.5:72b");
  for (const auto type : {TaskType::template_, TaskType::format, TaskType::edit, TaskType::general}) {
    CHECK(first(verdict_of(type, Complexity::simple), fleet) == 0);
    CHECK(first(verdict_of(type, Complexity::complex), fleet) == 1);
  }
  for (const auto type :
       {TaskType::analysis, TaskType::planning, TaskType::debugging, TaskType::multi_file}) {
    CHECK(first(verdict_of(type, Complexity::medium), fleet) == 1);
    CHECK(first(verdict_of(type, Complexity::complex), fleet) == 1);
  }
}

TEST_CASE("router: wishes move the weight of time") {
  const auto fleet = pair_of("qwen2.5-coder-7b", "qwen2.5:72b");
  const auto medium = verdict_of(TaskType::analysis, Complexity::medium);
  CHECK(first(medium, fleet, {}, Prefer::fast) == 0);
  CHECK(first(medium, fleet, {}, Prefer::quality) == 1);
  CHECK(first(verdict_of(TaskType::format, Complexity::simple), fleet, {}, Prefer::quality) == 1);
}

TEST_CASE("router: waiting, loading and slow speeds cost") {
  auto fleet = pair_of("one-14b", "two-14b");
  const auto verdict = verdict_of(TaskType::general, Complexity::medium);
  CHECK(first(verdict, fleet) == 0);  // warm before cold
  fleet.models[1].resident = true;
  fleet.models[0].running = 1;
  CHECK(first(verdict, fleet) == 1);  // free before busy
  fleet.models[0].running = 0;
  fleet.models[0].speed.decode_tokens_per_second = 3;
  CHECK(first(verdict, fleet) == 1);  // fast before slow
  fleet.models[1].speed.queue_seconds = 1000;
  CHECK(first(verdict, fleet) == 0);
  fleet = pair_of("one-14b", "two-14b");
  fleet.models[0].resident = false;
  fleet.models[0].speed.load_seconds = 60;
  CHECK(first(verdict, fleet) == 1);
  fleet.models[1].loading = true;
  CHECK(first(verdict, fleet) == 1);
  // Loading would push out what is generating there.
  fleet = pair_of("one-14b", "two-14b");
  fleet.models[0].resident = false;
  fleet.hosts[0].vram_free = 1 << 30;
  fleet.models[0].size_bytes = fleet.models[1].size_bytes = 9LL << 30;
  fleet.hosts[0].running = 1;
  CHECK(first(verdict, fleet) == 1);
}

TEST_CASE("router: what the operator says of a model counts more than its name") {
  auto fleet = pair_of("tiny-1b", "huge-70b");
  const auto verdict = verdict_of(TaskType::debugging, Complexity::medium);
  CHECK(first(verdict, fleet) == 1);
  Settings settings;
  settings.models = {{.match = "tiny*", .quality = 0.99}};
  CHECK(first(verdict, fleet, settings) == 0);
  settings.models = {{.match = "lmstudio/tiny-1b", .parameters_billion = 200, .active_billion = 20}};
  CHECK(first(verdict, fleet, settings) == 0);
  settings.models = {{.match = "huge-70b", .hidden = true}};
  CHECK(first(verdict, fleet, settings) == 0);
  CHECK(decide({.model = "huge-70b"}, policy_of(settings), fleet, 0).ranked.size() == 1);
  ModelOverride at_debugging{.match = "tiny-1b"};
  at_debugging.task_quality[static_cast<std::size_t>(TaskType::debugging)] = 0.98;
  settings.models = {at_debugging};
  CHECK(first(verdict, fleet, settings) == 0);
  CHECK(first(verdict_of(TaskType::analysis, Complexity::medium), fleet, settings) == 1);
}

TEST_CASE("router: auto uses the listed models only, where they are there") {
  auto fleet = desk();
  fleet.models.push_back(model_of(0, "unlisted-70b", true));
  auto settings = mission();
  const auto used = [&] {
    std::size_t hits = 0;
    for (const auto& each : decide({.model = "auto"}, policy_of(settings), fleet, 0).ranked)
      hits += each.model == 5;
    return hits;
  };
  CHECK(used() == 0);
  settings.providers[0].models = {"not-there"};
  CHECK(used() == 1);
}

TEST_CASE("router: learned quality outweighs the prior as it grows") {
  const auto fleet = pair_of("qwen2.5-coder-7b", "qwen2.5:72b");
  const auto verdict = verdict_of(TaskType::debugging, Complexity::medium);
  auto policy = policy_of({});
  auto table = std::make_shared<QualityTable>();
  const Facts facts{.verdict = &verdict};
  table->set("ollama", "qwen2.5:72b", TaskType::debugging, Complexity::medium, {.mean = 0.1F, .weight = 2});
  policy.learned = table;
  CHECK(decide(facts, policy, fleet, 0).ranked[0].model == 1);
  auto more = std::make_shared<QualityTable>(*table);
  more->set("ollama", "qwen2.5:72b", TaskType::debugging, Complexity::medium, {.mean = 0.1F, .weight = 200});
  policy.learned = more;
  CHECK(decide(facts, policy, fleet, 0).ranked[0].model == 0);
  REQUIRE(more->find("ollama", "QWEN2.5:72b") != nullptr);
  CHECK(more->find("lmstudio", "qwen2.5:72b") == nullptr);
}

TEST_CASE("router: escalation goes to the best of those clearly better") {
  const auto fleet = desk();
  const auto verdict = verdict_of(TaskType::debugging, Complexity::medium);
  const auto decision =
      decide({.verdict = &verdict}, policy_of(settings_of({to("", "qwen2.5-coder-7b")})), fleet, 0);
  const std::vector<std::size_t> tried{0};
  const auto next = stronger_candidate(decision, tried, 0);
  REQUIRE(next);
  CHECK(decision.ranked[*next].quality > decision.ranked[0].quality);
  CHECK(fleet.models[decision.ranked[*next].model].host == 1);
  const auto concrete = decide({.verdict = &verdict, .model = "qwen2.5-coder-7b"}, policy_of({}), fleet, 0);
  CHECK_FALSE(stronger_candidate(concrete, tried, 0));
}

TEST_CASE("router: exploration keeps its budget and its propensities sum to one") {
  auto fleet = desk();
  for (auto& model : fleet.models) model.resident = true;
  const auto verdict = verdict_of(TaskType::edit, Complexity::simple);
  for (const auto mode : {ExplorationMode::epsilon, ExplorationMode::softmax}) {
    Settings settings;
    settings.exploration = {
        .enabled = Exploring::always, .mode = mode, .budget = 0.1, .temperature = 0.05, .max_gap = 0.5};
    const auto policy = policy_of(settings);
    std::map<std::size_t, std::pair<double, int>> seen;  // model -> propensity, times
    constexpr int rounds = 10000;
    for (int i = 0; i < rounds; ++i) {
      const auto decision = decide({.verdict = &verdict}, policy, fleet, (i + 0.5) / rounds);
      auto& [propensity, times] = seen[decision.ranked[0].model];
      if (times++ > 0) CHECK(propensity == doctest::Approx(decision.propensity));
      propensity = decision.propensity;
    }
    CHECK(seen.size() > 2);
    double sum = 0, best = 0;
    for (const auto& [model, told] : seen) {
      sum += told.first;
      best = std::max(best, told.first);
      CHECK(told.first == doctest::Approx(static_cast<double>(told.second) / rounds).epsilon(0.02));
    }
    CHECK(sum == doctest::Approx(1));
    CHECK(best >= 0.9 - 1e-9);
    // Never for these.
    for (const Facts& facts :
         {Facts{.verdict = &verdict, .may_explore = false}, Facts{.verdict = &verdict, .tool_loop = true},
          Facts{.verdict = &verdict, .running = true}, Facts{.verdict = &verdict, .model = "qwen2.5:72b"}}) {
      const auto decision = decide(facts, policy, fleet, 0.9999);
      CHECK_FALSE(decision.explored);
      CHECK(decision.propensity == 1);
    }
  }
}

TEST_CASE(
    "router: what was learned says who is tried: by the chance to be best, or by hope, within the budget") {
  auto fleet = desk();
  for (auto& model : fleet.models) model.resident = true;
  const auto verdict = verdict_of(TaskType::edit, Complexity::simple);
  const auto decided = [&](Trial trial, float doubt, double random, Facts facts = {}) {
    Settings settings;
    settings.exploration.budget = 0.2;  // exploring goes with learning unless it is off
    auto policy = policy_of(settings);
    auto table = std::make_shared<QualityTable>();
    table->trial = trial;
    for (const auto& model : fleet.models)
      table->set({}, model.id, TaskType::edit, Complexity::simple, {.mean = 0, .weight = 0, .doubt = doubt});
    policy.learned = std::move(table);
    facts.verdict = &verdict;
    return decide(facts, policy, fleet, random);
  };
  const auto best = decided(Trial::none, 0.5F, 0.999).ranked[0].model;
  for (const auto trial : {Trial::thompson, Trial::linucb}) {
    std::map<std::size_t, std::pair<double, int>> seen;  // model -> propensity, times
    constexpr int rounds = 2000;
    for (int i = 0; i < rounds; ++i) {
      const auto decision = decided(trial, 0.1F, (i + 0.5) / rounds);
      auto& [propensity, times] = seen[decision.ranked[0].model];
      propensity = decision.propensity;
      ++times;
      CHECK(decision.explored == (decision.ranked[0].model != best));
    }
    double sum = 0;
    for (const auto& [model, told] : seen) {
      sum += told.first;
      CHECK(told.first == doctest::Approx(static_cast<double>(told.second) / rounds).epsilon(0.02));
    }
    CHECK(sum == doctest::Approx(1));
    CHECK(seen[best].first >= 0.8 - 1e-9);
    // Who is sure tries nobody; nor does anybody in these.
    CHECK_FALSE(decided(trial, 0.0001F, 0.9999).explored);
    for (const Facts& facts : {Facts{.may_explore = false}, Facts{.tool_loop = true}, Facts{.running = true},
                               Facts{.model = "qwen2.5:72b"}}) {
      CHECK_FALSE(decided(trial, 0.1F, 0.9999, facts).explored);
    }
  }
  // More doubt, more tries, up to the budget.
  CHECK(decided(Trial::thompson, 0.005F, 0).propensity > decided(Trial::thompson, 0.1F, 0).propensity);
  CHECK(decided(Trial::thompson, 5, 0).propensity == doctest::Approx(0.8));
}

TEST_CASE("router: a learned threshold moves the general one of its task, not what a rule or a tier says") {
  const auto fleet = desk();
  const auto decided = [&](const Settings& settings, TaskType task) {
    auto policy = policy_of(settings);
    auto table = std::make_shared<QualityTable>();
    table->thresholds[static_cast<std::size_t>(TaskType::edit)] = 0.7F;
    policy.learned = std::move(table);
    const auto verdict = verdict_of(task, Complexity::simple);
    return decide({.verdict = &verdict}, policy, fleet, 0);
  };
  const auto learned = decided({}, TaskType::edit);
  CHECK(learned.escalation_threshold == doctest::Approx(0.7));
  CHECK(learned.threshold_learned);
  const auto other = decided({}, TaskType::planning);
  CHECK(other.escalation_threshold == doctest::Approx(0.6));
  CHECK_FALSE(other.threshold_learned);
  Settings never;
  never.escalation_threshold = 0;
  CHECK(decided(never, TaskType::edit).escalation_threshold == 0);
  Settings by_rule;
  Rule rule;
  rule.name = "all";
  rule.escalation_threshold = 0.5;
  by_rule.rules.push_back(rule);
  CHECK(decided(by_rule, TaskType::edit).escalation_threshold == doctest::Approx(0.5));
}

TEST_CASE("router: a rule is as sure as its owner says and as what came of it tells") {
  const auto fleet = desk();
  const auto verdict = verdict_of(TaskType::edit, Complexity::simple);
  Settings settings;
  Rule rule;
  rule.name = "edits";
  rule.model = fleet.models[0].id;
  rule.confidence = 0.8;
  settings.rules.push_back(rule);
  auto policy = policy_of(settings);
  const auto plain = decide({.verdict = &verdict}, policy, fleet, 0);
  CHECK(plain.confidence == doctest::Approx(0.8));
  CHECK(plain.rule_shortfall == 0);
  const auto told = [&](float good, float weight) {
    auto table = std::make_shared<QualityTable>();
    table->set_rule("others", {0, 100});
    table->set_rule("edits", {0, 1});
    table->set_rule("edits", {good, weight});
    policy.learned = std::move(table);
    return decide({.verdict = &verdict}, policy, fleet, 0);
  };
  // Twenty words weigh as much as the owner's.
  CHECK(told(0, 20).confidence == doctest::Approx(0.4));
  CHECK(told(0, 20).rule_shortfall == doctest::Approx(0.4));
  CHECK(told(1, 20).confidence == doctest::Approx(0.9));
  CHECK(told(1, 20).rule_shortfall == 0);
}

TEST_CASE("router: who switched exploring off is not explored, whatever was learned") {
  auto fleet = desk();
  for (auto& model : fleet.models) model.resident = true;
  const auto verdict = verdict_of(TaskType::edit, Complexity::simple);
  const auto explored = [&](Exploring enabled, Trial trial) {
    Settings settings;
    settings.exploration.enabled = enabled;
    settings.exploration.budget = 0.5;
    settings.exploration.max_gap = 10;
    auto policy = policy_of(settings);
    auto table = std::make_shared<QualityTable>();
    table->trial = trial;
    for (const auto& model : fleet.models)
      table->set({}, model.id, TaskType::edit, Complexity::simple, {.mean = 0, .weight = 0, .doubt = 1});
    policy.learned = std::move(table);
    return decide({.verdict = &verdict}, policy, fleet, 0.999).explored;
  };
  CHECK_FALSE(explored(Exploring::never, Trial::thompson));
  CHECK_FALSE(explored(Exploring::never, Trial::none));
  CHECK(explored(Exploring::with_learning, Trial::thompson));
  CHECK_FALSE(explored(Exploring::with_learning, Trial::none));
  CHECK(explored(Exploring::always, Trial::none));
}
