#include "router/condition/program.hpp"
#include "router/router.hpp"

#include <doctest/doctest.h>

#include <random>

using namespace codecrucible;
using namespace codecrucible::router;

namespace {

std::string_view team_header(const void*, std::string_view name) {
  return name == "x-team" ? "Red Team" : std::string_view();
}

// One request with everything set, and two providers.
struct Stage {
  Stage() {
    verdict.type = core::TaskType::debugging;
    verdict.complexity = core::Complexity::medium;
    verdict.score = 4.3F;
    verdict.confidence = 0.9F;
    verdict.context_files = 3;
    verdict.needs.code = true;
    verdict.keywords = {"security", "performance"};
    facts.verdict = &verdict;
    facts.model = "auto";
    facts.user = "ann";
    facts.language = "python";
    facts.tools = true;
    facts.stream = true;
    facts.prompt_tokens = 1200;
    facts.max_tokens = 300;
    facts.prompt_length = 4800;
    facts.hour = 22;
    facts.weekday = 6;
    facts.header = team_header;
    core::HostView near{
        .name = "lmstudio", .reachable = true, .vram_total = 24LL << 30, .vram_free = 10LL << 30};
    near.queued = 2;
    core::HostView far{.name = "gpu-box", .reachable = false};
    fleet.hosts = {near, far};
  }
  classifier::Verdict verdict;
  Facts facts;
  core::FleetView fleet;
};

const std::vector<std::string> providers{"lmstudio", "gpu-box"};

bool holds(std::string_view text) {
  const Stage stage;
  condition::Mistake mistake;
  const auto program = condition::parse(text, providers, mistake);
  INFO(std::string(text), ": ", mistake.message);
  REQUIRE(program.has_value());
  return program->holds({stage.facts, stage.fleet});
}

condition::Mistake mistake_in(std::string_view text) {
  condition::Mistake mistake;
  const auto program = condition::parse(text, providers, mistake);
  INFO(std::string(text));
  REQUIRE_FALSE(program.has_value());
  return mistake;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("router: conditions compare every kind of value") {
  for (const auto* text : {"taskType == 'debugging'",
                           "taskType != \"template\"",
                           "'debugging' == taskType",
                           "complexity == 'medium'",
                           "complexity >= 'medium'",
                           "complexity < 'complex'",
                           "'complex' > complexity",
                           "complexityScore == 4.3",
                           "complexityScore > 4",
                           "classifierConfidence >= 0.9",
                           "promptTokens <= 1200",
                           "promptTokens < 1.3e3",
                           "maxTokens == 300",
                           "contextFiles == 3",
                           "promptLength > -5",
                           "hasTools",
                           "!hasImages",
                           "hasCode == true",
                           "hasImages == false",
                           "hasTools != hasImages",
                           "stream",
                           "!structured",
                           "model == 'auto'",
                           "user == 'ann'",
                           "surface == 'openai-chat'",
                           "surface == 'openai_chat'",
                           "prefer == 'balanced'",
                           "hour >= 20",
                           "weekday == 'sat'",
                           "weekday == 'Saturday'",
                           "weekday >= 6",
                           "language == 'python'",
                           "headers['X-Team'] == 'Red Team'",
                           "headers['x-none'] == ''",
                           "!toolLoop",
                           "!running",
                           "",
                           "true",
                           "!false",
                           "(((stream)))"}) {
    CHECK_MESSAGE(holds(text), text);
  }
  for (const auto* text : {"taskType == 'template'", "complexity > 'medium'", "promptTokens > 1200",
                           "!stream", "hasTools == false", "user == 'Ann'", "weekday < 'sat'", "false"}) {
    CHECK_FALSE_MESSAGE(holds(text), text);
  }
}

TEST_CASE("router: conditions look into lists and strings in both call styles") {
  for (const auto* text :
       {"keywords.contains('security')", "keywords contains 'Security'", "'performance' in keywords",
        "taskType in ['debugging', 'multi-file']", "hour in [21, 22]", "user in ['bob', 'ann']",
        "weekday in ['sat', 7]", "complexity in ['simple', 'medium',]", "user.startsWith('a')",
        "user startsWith 'an'", "user endsWith 'n'", "model.contains('ut')", "model matches '^a.*o$'",
        "user.matches('^\\w{3}$')", "headers['x-team'].contains('Team')", "'x-team' in headers",
        "taskType.startsWith('debug')", "!('x-none' in headers)"}) {
    CHECK_MESSAGE(holds(text), text);
  }
  for (const auto* text :
       {"keywords.contains('sql')", "hour in [1]", "user matches '^b'", "user contains 'x'"}) {
    CHECK_FALSE_MESSAGE(holds(text), text);
  }
}

TEST_CASE("router: conditions see the fleet") {
  for (const auto* text :
       {"lmstudio.healthy", "!gpu-box.healthy", "lmstudio.queue == 2", "LMStudio.running == 0",
        "vram.free >= 10", "vram.total == 24", "vram.free < 10.5"}) {
    CHECK_MESSAGE(holds(text), text);
  }
}

TEST_CASE("router: and binds tighter than or, not tighter than both") {
  CHECK(holds("true || false && false"));
  CHECK_FALSE(holds("(true || false) && false"));
  CHECK(holds("!false && true"));
  CHECK_FALSE(holds("!(false || true)"));
  CHECK(holds("false && false || true"));
  CHECK(holds("(hour > 5) == (promptTokens > 5)"));
  CHECK(holds("!hasImages == true"));
}

TEST_CASE("router: a slip in a condition is told with its place and the valid names") {
  auto slip = mistake_in("taskType == 'templat'");
  CHECK(slip.offset == 12);
  CHECK(has(slip.message, "Did you mean 'template'?"));
  CHECK(has(slip.message, "multi-file"));
  slip = mistake_in("complexity == 'hard'");
  CHECK(has(slip.message, "simple, medium, complex"));
  slip = mistake_in("stream && taskTyp == 'edit'");
  CHECK(slip.offset == 10);
  CHECK(has(slip.message, "Did you mean 'taskType'?"));
  CHECK(has(slip.message, "lmstudio.healthy"));
  slip = mistake_in("lmstudi.healthy");
  CHECK(has(slip.message, "Did you mean 'lmstudio.healthy'?"));
  CHECK(has(mistake_in("taskType in ['edit', 'frmat']").message, "'format'"));
  CHECK(mistake_in("taskType in ['edit', 'frmat']").offset == 21);
}

TEST_CASE("router: conditions of wrong types and broken syntax are refused") {
  const std::pair<const char*, const char*> cases[] = {
      {"promptTokens == 'many'", "is a number"},
      {"user == 5", "is a string"},
      {"user < 'b'", "orders numbers"},
      {"taskType < 'edit'", "orders numbers"},
      {"keywords", "not a condition"},
      {"promptTokens", "not a condition"},
      {"headers == 'x'", "headers["},
      {"keywords == 'x'", "use contains or in"},
      {"!user", "! needs a condition"},
      {"!taskType == 'edit'", "write != or"},
      {"user = 'ann'", "write =="},
      {"stream & hasTools", "&&"},
      {"stream and hasTools", "&&"},
      {"1 < hour < 5", "chained"},
      {"user matches '('", "pattern is not valid"},
      {"user matches model", "plain string"},
      {"user.size()", "after '.'"},
      {"'open", "no closing quote"},
      {"(stream", "expected ')'"},
      {"stream)", "expected an operator"},
      {"hour in []", "empty list"},
      {"hour in [1 2]", "','"},
      {"hour in ['x']", "is a number"},
      {"hour in 5", "needs a list"},
      {"stream &&", "missing"},
      {"headers[5] == 'x'", "header's name"},
      {"promptTokens > 8k", "no unit"},
      {"weekday == 8", "1 (mon) to 7"},
      {"hour ; 3", "no meaning"},
      {"(hour > 3) == 5", "cannot be compared"},
      {"[1] == hour", "only after 'in'"},
      {"hour == 1e999", "out of range"},
      {"keywords.startsWith('a')", "contains only"},
  };
  for (const auto& [text, part] : cases) {
    const auto slip = mistake_in(text);
    CHECK_MESSAGE(has(slip.message, part), text, ": ", slip.message);
    CHECK(slip.offset <= std::string_view(text).size());
  }
}

TEST_CASE("router: conditions are bounded in length, depth and size") {
  CHECK(has(mistake_in(std::string(5000, ' ')).message, "longer than"));
  CHECK(has(mistake_in(std::string(200, '(') + "stream").message, "nested"));
  CHECK(has(mistake_in(std::string(200, '!') + "stream").message, "nested"));
  std::string chain = "stream";
  for (int i = 0; i < 300; ++i) chain += "||stream";
  CHECK(has(mistake_in(chain).message, "too large"));
}

TEST_CASE("router: no string of tokens crashes the condition parser or its programs") {
  const std::vector<std::string> words{
      "taskType", "complexity", "hour",   "keywords", "headers", "user",  "stream", "lmstudio", ".",
      "healthy",  "queue",      "vram",   "free",     "(",       ")",     "[",      "]",        ",",
      "==",       "!=",         "<",      "<=",       ">",       ">=",    "&&",     "||",       "!",
      "in",       "contains",   "starts", "matches",  "'edit'",  "'x-a'", "5",      "-1.5",     "true",
      "false",    "weekday",    "'sat'",  "'(a'",     "gpu-box", "\"q\"", "#",      "'",        "prefer"};
  std::mt19937 random(7);
  const Stage stage;
  std::size_t valid = 0;
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    const auto length = 1 + random() % 9;
    for (std::size_t i = 0; i < length; ++i) {
      text += words[random() % words.size()];
      if (random() % 4 != 0) text += ' ';
    }
    if (random() % 8 == 0) text[random() % text.size()] = static_cast<char>(random() % 256);
    condition::Mistake mistake;
    if (const auto program = condition::parse(text, providers, mistake)) {
      ++valid;
      (void)program->holds({stage.facts, stage.fleet});
      (void)program->conjuncts();
    } else {
      REQUIRE_FALSE(mistake.message.empty());
      REQUIRE(mistake.offset <= text.size());
    }
  }
  CHECK(valid > 100);
}

TEST_CASE("router: check_condition tells line and column inside the text") {
  const auto problems =
      check_condition("stream &&\n  taskType == 'templat'", {.providers = providers, .models = {}});
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].fatal);
  CHECK(problems[0].line == 2);
  CHECK(problems[0].column == 15);
  CHECK(check_condition("taskType == 'template'", {}).empty());
}
