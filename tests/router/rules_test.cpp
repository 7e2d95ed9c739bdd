#include "world.hpp"

#include <map>

using namespace codecrucible;
using namespace codecrucible::router;
using core::Cause;
using core::Complexity;
using core::TaskType;

namespace {

std::size_t first(const Facts& facts, const Settings& settings, double dice = 0) {
  const auto decision = decide(facts, policy_of(settings), desk(), dice);
  REQUIRE_FALSE(decision.ranked.empty());
  return decision.ranked[0].model;
}

}  // namespace

TEST_CASE("router: the first true rule wins and targets are read in all forms") {
  const Facts facts{.model = "auto"};
  CHECK(first(facts, settings_of({to("false", "lmstudio"), to("true", "codellama:34b")})) == large_34b);
  CHECK(first(facts, settings_of({to("", "ollama/qwen2.5:72b")})) == large_72b);
  CHECK(first(facts, settings_of({to("", "LMStudio/Codellama-13B-instruct")})) == small_13b);
  Rule both;
  both.target = "ollama";
  both.model = "codellama:34b";
  CHECK(first(facts, settings_of({both})) == large_34b);
  Rule tier;
  tier.tier = "big";
  Settings settings = settings_of({tier});
  settings.tiers = {{"big", {"qwen2.5:72b"}}};
  CHECK(first(facts, settings) == large_72b);
  CHECK(decide(facts, policy_of(settings), desk(), 0).tier == "big");
  settings.tiers.clear();
  settings.models = {{.match = "codellama:34b", .tier = "big"}};
  CHECK(first(facts, settings) == large_34b);
}

TEST_CASE("router: rules for users, times and switched off rules") {
  Rule rule = to("hour >= 22 || hour < 6", "qwen2.5:72b");
  rule.users = {"ann"};
  const auto settings = settings_of({rule, to("", "qwen2.5-coder-7b")});
  CHECK(first({.user = "ann", .hour = 23}, settings) == large_72b);
  CHECK(first({.user = "ann", .hour = 12}, settings) == warm_7b);
  CHECK(first({.user = "bob", .hour = 23}, settings) == warm_7b);
  rule.enabled = false;
  CHECK(first({.user = "ann", .hour = 23}, settings_of({rule, to("", "qwen2.5-coder-7b")})) == warm_7b);
}

TEST_CASE("router: weights split by conversation and keep each on its side") {
  Rule rule;
  rule.weights = {{"qwen2.5-coder-7b", 3}, {"qwen2.5:72b", 1}};
  const auto policy = policy_of(settings_of({rule}));
  const auto fleet = desk();
  std::map<std::size_t, int> seen;
  for (std::uint64_t conversation = 1; conversation <= 2000; ++conversation) {
    const Facts facts{.model = "auto", .conversation = conversation};
    const auto decision = decide(facts, policy, fleet, 0.1);
    ++seen[decision.ranked[0].model];
    CHECK(decide(facts, policy, fleet, 0.9).ranked[0].model == decision.ranked[0].model);
    CHECK(decision.propensity == doctest::Approx(decision.ranked[0].model == warm_7b ? 0.75 : 0.25));
  }
  CHECK(seen[warm_7b] > 1400);
  CHECK(seen[warm_7b] < 1600);
  CHECK(seen[warm_7b] + seen[large_72b] == 2000);
  // By user: the conversation does not matter.
  rule.stick_by = StickBy::user;
  const auto by_user = policy_of(settings_of({rule}));
  const auto pick = [&](std::uint64_t conversation) {
    return decide({.user = "ann", .conversation = conversation}, by_user, fleet, 0).ranked[0].model;
  };
  for (std::uint64_t conversation = 1; conversation < 50; ++conversation)
    CHECK(pick(conversation) == pick(0));
  // Without any key the dice decide.
  CHECK(decide({.model = "auto"}, policy, fleet, 0.74).ranked[0].model == warm_7b);
  CHECK(decide({.model = "auto"}, policy, fleet, 0.76).ranked[0].model == large_72b);
}

TEST_CASE("router: fallback lists by cause come before the ranking") {
  Rule rule = to("", "qwen2.5-coder-7b");
  rule.fallback = {{{"overloaded"}, {"qwen2.5:72b"}}, {{}, {"codellama:34b", "codellama-13b-instruct"}}};
  const auto policy = policy_of(settings_of({rule}));
  const auto fleet = desk();
  const auto decision = decide({.model = "auto"}, policy, fleet, 0);
  const auto model = [&](std::optional<std::size_t> position) {
    return position ? decision.ranked[*position].model : std::size_t{99};
  };
  std::vector<std::size_t> tried{0};
  CHECK(model(next_candidate(decision, fleet, tried, Cause::overloaded)) == large_72b);
  const auto second = next_candidate(decision, fleet, tried, Cause::refused);
  CHECK(model(second) == large_34b);
  tried.push_back(*second);
  CHECK(model(next_candidate(decision, fleet, tried, Cause::cut)) == small_13b);
  CHECK_FALSE(next_candidate(decision, fleet, tried, Cause::bad_request));
  CHECK_FALSE(next_candidate(decision, fleet, tried, Cause::client_gone));
  tried = {0, 1, 2, 3};
  CHECK_FALSE(next_candidate(decision, fleet, tried, Cause::refused));
}

TEST_CASE("router: too long an answer moves to a larger window only") {
  auto fleet = desk();
  fleet.models[large_34b].window = 32768;
  const auto decision = decide({.model = "auto"}, policy_of(settings_of({to("", "lmstudio")})), fleet, 0);
  const std::vector<std::size_t> tried{0};
  const auto next = next_candidate(decision, fleet, tried, Cause::context_length);
  REQUIRE(next);
  CHECK(decision.ranked[*next].model == large_34b);
  const std::vector<std::size_t> then{0, *next};
  CHECK_FALSE(next_candidate(decision, fleet, then, Cause::context_length));
}

TEST_CASE("router: only keeps a request with its target") {
  Rule rule = to("", "lmstudio");
  rule.only = true;
  const auto policy = policy_of(settings_of({rule}));
  auto fleet = desk();
  CHECK(decide({.model = "auto"}, policy, fleet, 0).ranked.size() == 2);
  fleet.hosts[0].reachable = false;
  CHECK(decide({.model = "auto"}, policy, fleet, 0).refusal.cause == Cause::no_backend);
}

TEST_CASE("router: deny, thresholds and wishes of a rule reach the decision") {
  Rule deny;
  deny.condition = "promptTokens > 100";
  deny.deny = Deny{.reason = "too long for us", .status = 400};
  auto decision = decide({.prompt_tokens = 200}, policy_of(settings_of({deny})), desk(), 0);
  CHECK(decision.refusal.cause == Cause::bad_request);
  CHECK(decision.rule == "rule 1");
  Rule rule;
  rule.name = "careful";
  rule.escalation_threshold = 0.8;
  rule.prefer = Prefer::quality;
  auto verdict = verdict_of(TaskType::edit, Complexity::simple);
  decision = decide({.verdict = &verdict}, policy_of(settings_of({rule})), desk(), 0);
  CHECK(decision.escalation_threshold == doctest::Approx(0.8));
  CHECK(desk().models[decision.ranked[0].model].host == 1);
  CHECK(decision.rule == "careful");
  CHECK(decide({.verdict = &verdict}, policy_of({}), desk(), 0).ranked[0].model == warm_7b);
}

TEST_CASE("router: a tier's threshold stands before the general one, the rule's own before both") {
  Rule rule;
  rule.tier = "fast";
  auto settings = settings_of({rule});
  settings.tiers = {{"fast", {"lmstudio"}}, {"quality", {"ollama"}}};
  settings.escalation_threshold = 0.5;
  settings.tier_thresholds = {{"Fast", 0.7}};
  CHECK(decide({}, policy_of(settings), desk(), 0).escalation_threshold == doctest::Approx(0.7));
  settings.rules[0].tier = "quality";
  CHECK(decide({}, policy_of(settings), desk(), 0).escalation_threshold == doctest::Approx(0.5));
  settings.rules[0].tier = "fast";
  settings.rules[0].escalation_threshold = 0.9;
  CHECK(decide({}, policy_of(settings), desk(), 0).escalation_threshold == doctest::Approx(0.9));
  settings.tier_thresholds = {{"slow", 0.7}};
  CHECK(check(settings, {}).size() == 1);
}

TEST_CASE("router: rules that can never speak are warned about") {
  const auto warnings = [](std::vector<Rule> rules) {
    return policy_of(settings_of(std::move(rules))).warnings.size();
  };
  CHECK(warnings({to("stream", "lmstudio"), to("hasTools", "ollama")}) == 0);
  CHECK(warnings({to("", "lmstudio"), to("hasTools", "ollama")}) == 1);
  CHECK(warnings({to("true || stream", "lmstudio"), to("hasTools", "ollama")}) == 0);  // not seen as constant
  CHECK(warnings({to("stream && hour>5", "lmstudio"), to("hour > 5 && stream", "ollama")}) == 1);
  CHECK(warnings({to("stream", "lmstudio"), to("stream && hasTools", "ollama")}) == 1);
  CHECK(warnings({to("stream || hasTools", "lmstudio"), to("hasTools", "ollama")}) == 1);
  CHECK(warnings({to("stream && hasTools", "lmstudio"), to("stream", "ollama")}) == 0);
  CHECK(warnings({to("stream", "lmstudio"), to("", "ollama")}) == 0);
  CHECK(warnings({to("1 > 2", "lmstudio")}) == 1);
  Rule mine = to("", "lmstudio");
  mine.users = {"ann"};
  CHECK(warnings({mine, to("stream", "ollama")}) == 0);
  Rule always = to("stream", "ollama");
  always.always = true;
  CHECK(warnings({to("stream", "lmstudio"), always}) == 0);
}

TEST_CASE("router: conditions that no value can fulfil are warned about") {
  const auto warning = [](const std::string& condition) -> std::string {
    const auto policy = policy_of(settings_of({to(condition, "lmstudio")}));
    return policy.warnings.empty() ? "" : policy.warnings.front().message;
  };
  CHECK(warning("hour >= 25") == "this condition is never true: hour >= 25, but hour is 0 to 23");
  CHECK(warning("25 <= hour") == "this condition is never true: hour >= 25, but hour is 0 to 23");
  CHECK(warning("!(hour <= 23)") == "this condition is never true: hour > 23, but hour is 0 to 23");
  CHECK(warning("hour == 24 && stream").find("never true") != std::string::npos);
  CHECK(warning("hour > 23") != "");
  CHECK(warning("hour in [24, 25]") != "");
  CHECK(warning("classifierConfidence > 1").find("0 to 1") != std::string::npos);
  CHECK(warning("complexity > 'complex'") != "");
  CHECK(warning("promptTokens < 0") != "");
  CHECK(warning("stream || hour >= 25") ==
        "a part of this condition is never true: hour >= 25, but hour is 0 to 23");
  CHECK(warning("hour >= 22 && hour < 6") ==
        "this condition is never true: hour >= 22 and hour < 6 are never true together; a span over midnight "
        "is written with ||");
  CHECK(warning("hour > 5 && hour < 6") != "");
  // What can be true stays without a word.
  for (const char* fine :
       {"hour >= 22 || hour < 6", "hour == 23", "hour > 22", "hour in [0, 24]", "classifierConfidence >= 1",
        "complexity >= 'complex'", "promptTokens <= 0", "complexityScore > 11", "hour != 25",
        "weekday > 'sat'", "hour >= 8 && hour < 18 && weekday <= 5", "!(hour >= 25) && stream"}) {
    CAPTURE(fine);
    CHECK(warning(fine) == "");
  }
}

TEST_CASE("router: a target that is nearly a provider or a tier is warned about, a model's name is not") {
  router::Settings settings;
  settings.tiers.push_back({"quality", {"ollama"}});
  for (const char* target : {"ollamaa", "qualty", "llama3", "mistral", "ollama/anything", "qwen2.5:7b"})
    settings.rules.emplace_back().target = target;
  router::KnownNames known;
  known.providers = {"lmstudio", "ollama"};
  std::vector<std::string> warned;
  for (const auto& problem : router::check(settings, known)) {
    CHECK(!problem.fatal);
    if (problem.place.ends_with(".target")) warned.push_back(problem.place + problem.message);
  }
  REQUIRE(warned.size() == 2);
  CHECK(warned[0].find("rules[0].target") != std::string::npos);
  CHECK(warned[0].find("Did you mean 'ollama'?") != std::string::npos);
  CHECK(warned[1].find("Did you mean 'quality'?") != std::string::npos);
}

TEST_CASE("router: a condition that cannot be read makes no other rule unreachable") {
  router::Settings settings;
  settings.rules.emplace_back().condition = "taskType = 'edit'";
  settings.rules.emplace_back().condition = "complexity == 'simple'";
  const auto problems = router::check(settings, {});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].fatal);
}

TEST_CASE("router: wrong settings are refused with their place") {
  const auto problem = [](const Settings& settings) {
    const auto policy = compile(settings, {.providers = {"lmstudio", "ollama"}, .models = {"qwen2.5:72b"}});
    return policy.has_error() ? policy.error().detail : std::string();
  };
  const auto has = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  Rule rule = to("taskType == 'templat'", "ollama");
  rule.line = 40;
  rule.column = 20;
  auto detail = problem(settings_of({rule}));
  CHECK(has(detail, "routing.rules[0].condition (line 40, column 32)"));
  CHECK(has(detail, "'template'"));
  rule = to("", "ollama");
  rule.tier = "fast";
  CHECK(has(problem(settings_of({rule})), "only one of"));
  rule = {};
  rule.tier = "fats";
  Settings settings = settings_of({rule});
  settings.tiers = {{"fast", {"lmstudio"}}};
  CHECK(has(problem(settings), "Did you mean 'fast'?"));
  rule = to("", "ollama");
  rule.confidence = 1.5;
  CHECK(has(problem(settings_of({rule})), "between 0 and 1"));
  rule = to("", "ollama");
  rule.fallback = {{{"overlaoded"}, {"lmstudio"}}};
  CHECK(has(problem(settings_of({rule})), "'overloaded'"));
  rule = {};
  rule.weights = {{"ollama", 0}};
  CHECK(has(problem(settings_of({rule})), "greater than 0"));
  settings = {};
  settings.aliases = {{"auto", "ollama"}};
  CHECK(has(problem(settings), "virtual model"));
  settings = {};
  settings.utility.time_scale = {};
  CHECK(has(problem(settings), "timeScale"));
  // A model nobody has yet is only a warning: it may be pulled later.
  const auto policy =
      compile(settings_of({to("", "qwen2.5:27b")}), {.providers = {"ollama"}, .models = {"qwen2.5:72b"}});
  REQUIRE(policy.has_value());
  REQUIRE(policy->warnings.size() == 1);
  CHECK(has(policy->warnings[0].message, "qwen2.5:72b"));
}
