#include "config/load.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace codecrucible;
using config::load;
using config::Loaded;
using config::Surroundings;
using std::chrono::milliseconds;

namespace {

Loaded read(const std::string& text, const Surroundings& around = {}) {
  return load({"hybrid.yaml", text}, around);
}

config::Settings good(const std::string& text, const Surroundings& around = {}) {
  Loaded loaded = read(text, around);
  for (const auto& problem : loaded.problems) INFO(to_string(problem));
  const std::string first = loaded.problems.empty() ? "" : to_string(loaded.problems[0]);
  REQUIRE_MESSAGE(loaded.ok(), first);
  return *loaded.settings;
}

std::string first_problem(const std::string& text, const Surroundings& around = {}) {
  const Loaded loaded = read(text, around);
  CHECK_FALSE(loaded.ok());
  return loaded.problems.empty() ? "" : to_string(loaded.problems[0]);
}

Surroundings with(std::map<std::string, std::string> variables) {
  Surroundings around;
  around.variable = [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return around;
}

}  // namespace

TEST_CASE("config: the form that users wrote works as it stands") {
  const auto settings = good(R"(hybrid:
  lmStudio:
    maxConcurrent: 4
    models: ["codellama-13b-instruct", "qwen2.5-coder-7b"]
  ollama:
    maxConcurrent: 2
    models: ["codellama:34b", "qwen2.5:72b"]
  routing:
    escalationThreshold: 0.6
    rules:
      - condition: "taskType == 'template'"
        target: "lmstudio"
        confidence: 0.9
        description: "Templates are fast tasks best handled by LM Studio"
      - condition: "complexity == 'complex'"
        target: "ollama"
        confidence: 0.95
        description: "Complex tasks require Ollama's reasoning capabilities"
)");
  REQUIRE(settings.providers.size() == 2);
  CHECK(settings.providers[0].name == "lmstudio");
  CHECK(settings.providers[0].configured);
  CHECK(settings.providers[0].models ==
        std::vector<std::string>{"codellama-13b-instruct", "qwen2.5-coder-7b"});
  CHECK(settings.fleet.hosts[1].max_concurrent == 2);
  CHECK(settings.fleet.hosts[1].preferred_models[1] == "qwen2.5:72b");
  REQUIRE(settings.routing.rules.size() == 2);
  CHECK(settings.routing.rules[0].condition == "taskType == 'template'");
  CHECK(settings.routing.rules[0].target == "lmstudio");
  CHECK(settings.routing.rules[0].line == 11);
  CHECK(settings.routing.rules[0].column == 21);
  CHECK(settings.routing.rules[1].confidence == 0.95);
  CHECK(settings.routing.providers[0].models[1] == "qwen2.5-coder-7b");
}

TEST_CASE("config: an empty file means the defaults") {
  CHECK(diff(good(""), config::defaults()).empty());
  CHECK(diff(good("hybrid:\n"), config::defaults()).empty());
  CHECK(diff(good("# nothing\n"), config::defaults()).empty());
  CHECK_FALSE(config::defaults().providers[0].configured);
  CHECK(config::defaults().routing.rules.size() >= 2);
}

TEST_CASE("config: an unknown key is told with place and nearest known one") {
  CHECK(first_problem("hybrid:\n  lmStudio:\n    maxConcurent: 4\n") ==
        "hybrid.yaml:3:5: error: lmStudio: unknown key 'maxConcurent'; did you mean 'maxConcurrent'?");
  CHECK(first_problem("hybrid:\n  escalationThreshold: 0.5\n") ==
        "hybrid.yaml:2:3: error: unknown key 'escalationThreshold'; it belongs under 'routing'");
  CHECK(first_problem("routing: {}\n") ==
        "hybrid.yaml:1:1: error: unknown key 'routing'; everything stands under the key 'hybrid:'");
  CHECK(good("x-shared: &s {port: 1}\nhybrid:\n  server: *s\n").server.port == 1);
}

TEST_CASE("config: indentation by tabs is named as such") {
  const auto told = first_problem("hybrid:\n\tlmStudio:\n\t\tmaxConcurrent: 2\n");
  CHECK_MESSAGE(told.find("line 2 is indented with a tab") != std::string::npos, told);
  CHECK(first_problem("hybrid: {a: [}\n").find("tab") == std::string::npos);
}

TEST_CASE("config: wrong types and ranges are told with what is allowed") {
  CHECK(first_problem("hybrid:\n  server:\n    port: eighty\n") ==
        "hybrid.yaml:3:11: error: server.port: 'eighty' does not fit here; expected a whole number from 0 to "
        "65535");
  CHECK(first_problem("hybrid:\n  server: {port: 65536}\n") ==
        "hybrid.yaml:2:18: error: server.port: '65536' is out of range; expected a whole number from 0 to "
        "65535");
  CHECK(first_problem("hybrid:\n  server: {port: \"80\"}\n").find("the text \"80\" does not fit") !=
        std::string::npos);
  CHECK(first_problem("hybrid:\n  routing: {escalationThreshold: 1.5}\n").find("from 0 to 1") !=
        std::string::npos);
  CHECK(first_problem("hybrid:\n  routing: {parserType: esemble}\n").find("did you mean 'ensemble'?") !=
        std::string::npos);
  CHECK(first_problem("hybrid:\n  lmStudio: [1]\n").find("expected a map of keys") != std::string::npos);
  CHECK(first_problem("hybrid:\n  providers:\n    - {name: a}\n").find("'url' is missing") !=
        std::string::npos);
  CHECK(first_problem("hybrid:\n  ollama: {url: \"localhost:11434\"}\n").find("2:17") != std::string::npos);
  CHECK(first_problem("hybrid:\n  server: {workers: 1, workers: 2}\n").find("stands here twice") !=
        std::string::npos);
}

TEST_CASE("config: durations and sizes take units and a documented bare unit") {
  const auto settings = good(R"(hybrid:
  server: {headerTimeout: 1.5s, idleTimeout: 2m, bodyTimeout: 250, maxBodySize: 8MiB, maxHeaderSize: 64 KB}
  fallback: {timeouts: {total: 2h, idle: 0}}
)");
  CHECK(settings.server.header_timeout == milliseconds{1500});
  CHECK(settings.server.idle_timeout == milliseconds{120'000});
  CHECK(settings.server.body_timeout == milliseconds{250});
  CHECK(settings.server.max_body_bytes == 8UL * 1024 * 1024);
  CHECK(settings.server.max_header_bytes == 64'000);
  CHECK(settings.fleet.timeouts.total == milliseconds{7'200'000});
  CHECK(first_problem("hybrid: {server: {idleTimeout: 5 parsecs}}\n").find("is no duration") !=
        std::string::npos);
  CHECK(first_problem("hybrid: {server: {maxBodySize: 99999999999GiB}}\n").find("is no size") !=
        std::string::npos);
}

TEST_CASE("config: environment variables are put in and never shown") {
  const auto around = with({{"PORT", "9000"}, {"KEY", "sk-very-secret"}, {"EMPTY", ""}});
  const auto settings = good(R"(hybrid:
  server: {port: "${PORT}", address: "${ADDRESS:-0.0.0.0}", workers: "${EMPTY:-3}"}
  lmStudio: {apiKey: "${KEY}", url: "http://127.0.0.1:${LM_PORT:-1234}"}
  logging: {file: "a$$b"}
)",
                             around);
  CHECK(settings.server.port == 9000);
  CHECK(settings.server.address == "0.0.0.0");
  CHECK(settings.server.workers == 3);
  CHECK(settings.providers[0].api_key == "sk-very-secret");
  CHECK(settings.fleet.hosts[0].api_key == "sk-very-secret");
  CHECK(settings.logging.file == "a$b");
  CHECK(to_yaml(settings).find("very-secret") == std::string::npos);
  for (const auto& change : diff(config::defaults(), settings))
    CHECK(to_string(change).find("very-secret") == std::string::npos);
  CHECK(first_problem("hybrid: {server: {address: \"${NOWHERE}\"}}\n", around).find("NOWHERE is not set") !=
        std::string::npos);
  CHECK(first_problem("hybrid: {server: {port: \"${KEY}\"}}\n", around).find("very-secret") ==
        std::string::npos);
  CHECK(first_problem("hybrid: {logging: {level: \"${KEY}\"}}\n", around).find("very-secret") ==
        std::string::npos);
}

TEST_CASE("config: rules take all their forms") {
  const auto settings = good(R"(hybrid:
  routing:
    defaultTier: fast
    rules:
      - name: split
        weights: {lmstudio: 3, ollama/qwen2.5:72b: 1}
        stickBy: user
        cacheTtl: 5m
      - deny: not here
      - deny: {reason: no, status: 400}
        users: [bob]
      - {tier: quality, fallback: [ollama, lmstudio]}
      - tier: quality
        fallback:
          overloaded, refused: [lmstudio]
          any: [ollama]
)");
  const auto& rules = settings.routing.rules;
  REQUIRE(rules.size() == 6);
  CHECK(rules[0].weights[1].target == "ollama/qwen2.5:72b");
  CHECK(rules[0].stick_by == router::StickBy::user);
  CHECK(settings.cache.rule_ttl[0] == std::pair{std::string("split"), milliseconds{300'000}});
  CHECK(rules[1].deny->reason == "not here");
  CHECK(rules[1].deny->status == 403);
  CHECK(rules[2].deny->status == 400);
  CHECK(rules[3].fallback[0].causes.empty());
  CHECK(rules[4].fallback[0].causes == std::vector<std::string>{"overloaded", "refused"});
  CHECK(rules[4].fallback[1].targets[0] == "ollama");
  CHECK(rules[5].tier == "fast");
  // What is shown reads back as the same.
  CHECK(diff(good(to_yaml(settings)), settings).empty());
}

TEST_CASE("config: providers, windows and overrides reach the fleet") {
  const auto settings = good(R"(hybrid:
  ollama: {numCtx: 8192, keepAlive: 30m, windows: {"qwen2.5:72b": 4096}, timeouts: {connect: 1s}, enabled: true}
  lmStudio: {enabled: false, endpoint: "http://lm:1"}
  providers:
    - {name: box, kind: vllm, url: "https://box/v1", local: false, maxConcurrent: 9, keepAlive: "-1"}
  models:
    aliases: {"gpt-4*": auto-quality}
    overrides:
      box/big: {window: 1000, quality: 0.9, taskQuality: {debugging: 0.5}}
)");
  REQUIRE(settings.fleet.hosts.size() == 2);
  const auto& ollama = settings.fleet.hosts[0];
  CHECK(ollama.name == "ollama");
  CHECK(ollama.keep_alive == "\"30m\"");
  CHECK(ollama.num_ctx == 8192);
  CHECK(ollama.models[0].num_ctx == 4096);
  CHECK(settings.providers[0].url == "http://lm:1");
  CHECK(settings.providers[1].timeouts.connect == milliseconds{1000});
  CHECK(settings.providers[1].timeouts.total == settings.fleet.timeouts.total);
  const auto& box = settings.fleet.hosts[1];
  CHECK(box.keep_alive == "-1");
  CHECK(box.models[0].id == "big");
  CHECK(box.models[0].window == 1000);
  CHECK_FALSE(settings.routing.providers[2].local);
  CHECK(settings.routing.models[0].task_quality[static_cast<std::size_t>(core::TaskType::debugging)] == 0.5);
  CHECK(first_problem("hybrid: {models: {overrides: {a: {taskQuality: {debuging: 1}}}}}\n")
            .find("no task type") != std::string::npos);
  CHECK(first_problem("hybrid:\n  providers:\n    - {name: Ollama, url: \"http://a\"}\n").find("3:14") !=
        std::string::npos);
}

TEST_CASE("config: a finding within a condition is told with exact line and column") {
  Surroundings around;
  around.check = [](const config::Settings& settings) {
    std::vector<config::Finding> findings;
    for (std::size_t i = 0; i < settings.routing.rules.size(); ++i) {
      const std::size_t at = settings.routing.rules[i].condition.find("BAD");
      if (at != std::string::npos)
        findings.push_back(
            {true, "routing.rules[" + std::to_string(i) + "].condition", at, "unknown name BAD"});
    }
    return findings;
  };
  const auto place = [&](const std::string& condition) {
    const Loaded loaded = read("hybrid:\n  routing:\n    rules:\n    - condition: " + condition, around);
    REQUIRE(loaded.problems.size() == 1);
    CHECK_FALSE(loaded.ok());
    return std::pair{loaded.problems[0].line, loaded.problems[0].column};
  };
  CHECK(place("a == BAD\n") == std::pair{4, 23});
  CHECK(place("\"a == BAD\"\n") == std::pair{4, 24});
  CHECK(place("'a == ''x'' && BAD'\n") == std::pair{4, 33});
  CHECK(place("\"a == \\\"x\\\" && BAD\"\n") == std::pair{4, 33});
  CHECK(place("\"\\u00e4 BAD\"\n") == std::pair{4, 26});
  CHECK(place("|\n        a &&\n        BAD\n") == std::pair{6, 9});
  CHECK(place("a &&\n        BAD\n") == std::pair{5, 9});
}

TEST_CASE("config: a profile is laid over the file") {
  Surroundings around;
  around.profile = "constrained";
  CHECK(good("hybrid: {ollama: {maxConcurrent: 7}}\n", around).providers[1].max_concurrent == 1);
  CHECK(good("hybrid: {profile: high-end}\n").providers[1].models[0] == "codellama:34b");
  CHECK(good("hybrid: {profile: high-end}\n").profile == "high-end");
  CHECK(first_problem("hybrid:\n  profile: huge\n")
            .find("hybrid.yaml:2:12: error: there is no profile 'huge'") == 0);
  around.profile.clear();
  around.hardware = {.ram_bytes = 8'000'000'000, .vram_bytes = 0, .cores = 8};
  CHECK(good("hybrid: {profile: auto}\n", around).routing.escalation_threshold == 0.8);
  around.hardware = {.ram_bytes = 32'000'000'000, .vram_bytes = 12'000'000'000, .cores = 8};
  CHECK(good("hybrid: {profile: auto}\n", around).profile == "none");
  around.profile = "mine";
  around.profile_source = [](std::string_view) {
    return config::Source{"profiles/mine.yaml", "hybrid:\n  server: {prot: 1}\n"};
  };
  CHECK(first_problem("", around) ==
        "profiles/mine.yaml:2:12: error: server: unknown key 'prot'; did you mean 'port'?");
}

TEST_CASE("config: a diff names each changed value") {
  const auto before = good("hybrid: {routing: {rules: [{condition: a, target: lmstudio}]}}\n");
  const auto after =
      good("hybrid: {server: {port: 1}, routing: {rules: [{condition: a, target: ollama}, {deny: x}]}}\n");
  const auto changes = diff(before, after);
  REQUIRE(changes.size() == 3);
  CHECK(to_string(changes[0]) == "server.port: 8484 -> 1");
  CHECK(to_string(changes[1]) == "routing.rules[0].target: lmstudio -> ollama");
  CHECK(changes[2].path == "routing.rules[1]");
  CHECK(changes[2].after.find("deny: x") != std::string::npos);
  const auto key = good("hybrid: {security: {adminKey: one}}\n");
  const auto other = good("hybrid: {security: {adminKey: two}}\n");
  REQUIRE(diff(key, other).size() == 1);
  CHECK(to_string(diff(key, other)[0]) == "security.adminKey: ******** -> ********");
}
