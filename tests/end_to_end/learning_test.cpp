#include "house/answer.hpp"
#include "house/exposition.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

// `learning` and `routing`: more lines of these sections. The rounds are asked for, so that no test waits for
// the clock.
Plan learning_plan(const std::string& learning = "",
                   const std::string& routing = "  escalation:\n    enabled: false\n") {
  Plan plan;
  plan.more = "history:\n  signals:\n    pause: 0ms\nlearning:\n  enabled: true\n  snapshot: 1h\n" +
              learning + "routing:\n" + routing;
  return plan;
}
// Every answer of the small model is judged; `rule`: more lines of the rule that picks it.
Plan judging_plan(const std::string& rule = "") {
  return learning_plan("",
                       "  escalation:\n    safeAbove: 1\n    share: 1\n    burst: 1000\n  rules:\n"
                       "    - name: all to the small one\n      target: lmstudio/small-coder\n" +
                           rule);
}

Reply greet(const House& home, const std::string& path = "/v1/chat/completions") {
  const json body = {{"model", "auto"}, {"messages", {{{"role", "user"}, {"content", "Hello there"}}}}};
  return ask(home.port(), "POST", path, body.dump());
}

json policies(const House& home, const std::string& method = "GET", const std::string& verb = "",
              const std::string& body = "{}") {
  const auto reply = ask(home.port(), method, "/admin/policies" + verb, method == "GET" ? "" : body);
  CHECK_MESSAGE(reply.status == 200, reply.body);
  return json::parse(reply.body, nullptr, false);
}

struct Asked {
  std::string id, model;
};
Asked chat(const House& home, Headers headers = {{"x-codecrucible-explore", "no"}}) {
  const json body = {
      {"model", "auto"},
      {"messages", {{{"role", "user"}, {"content", "Find the bug: it crashes with a null pointer"}}}}};
  headers.emplace_back("x-codecrucible-session", std::to_string(std::rand()));
  const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump(), headers);
  CHECK(reply.status == 200);
  return {reply.header("x-request-id"), reply.header("x-codecrucible-model")};
}

void say(const House& home, const std::string& id, double score) {
  const json body = {{"request_id", id}, {"score", score}};
  Reply reply;
  CHECK(eventually([&] {
    reply = ask(home.port(), "POST", "/v1/feedback", body.dump());
    return reply.status == 200;
  }));
}

json record_of(const House& home, const std::string& id) {
  json record;
  CHECK(eventually([&] {
    const auto reply = ask(home.port(), "GET", "/admin/history/" + id);
    record = json::parse(reply.body, nullptr, false);
    return reply.status == 200;
  }));
  return record;
}

// A policy that thinks nothing of the model that the rules take; its number.
int learn_against(const House& home, const std::string& model, int words = 40) {
  for (int i = 0; i < words; ++i) {
    const auto asked = chat(home);
    say(home, asked.id, asked.model == model ? 0 : 1);
  }
  return policies(home, "POST", "/learn")["newest"].get<int>();
}

}  // namespace

TEST_CASE("learning: words about answers move the choice once their policy is in force, and back again") {
  House home(learning_plan());
  CHECK(policies(home)["in_force"] == 0);
  const auto first = chat(home).model;
  for (int i = 0; i < 40; ++i) {
    const auto asked = chat(home);
    say(home, asked.id, asked.model == first ? 0 : 1);
  }
  const auto learned = policies(home, "POST", "/learn");
  CHECK(learned["newest"] >= 1);
  // What was learned first is a canary against the rules.
  CHECK(learned["in_force"] == 0);
  CHECK(learned["release"]["stage"] == "running");
  CHECK(learned["release"]["percentage"] == 5);
  const auto newest = learned["newest"].get<int>();
  const auto shown = policies(home, "GET", "/" + std::to_string(newest));
  CHECK(shown["models"][first]["debugging"]["medium"]["learned"] <
        shown["models"][first]["debugging"]["medium"]["rules"]);

  policies(home, "POST", "/activate", json{{"number", newest}}.dump());
  CHECK(policies(home)["in_force"] == newest);
  const auto after = chat(home);
  CHECK(after.model != first);
  const auto metrics = ask(home.port(), "GET", "/metrics").body;
  CHECK(metrics.find("policy_version " + std::to_string(newest)) != std::string::npos);
  json record;
  CHECK(eventually([&] {
    const auto reply = ask(home.port(), "GET", "/admin/history/" + after.id);
    record = json::parse(reply.body, nullptr, false);
    return reply.status == 200;
  }));
  CHECK(record["policy_version"] == newest);

  CHECK(policies(home, "POST", "/rollback")["in_force"] == 0);
  CHECK(chat(home).model == first);
}

TEST_CASE("learning: a configuration that is applied keeps what was learned in force") {
  House home(learning_plan());
  const auto first = chat(home).model;
  for (int i = 0; i < 40; ++i) say(home, chat(home).id, 0);
  const auto newest = policies(home, "POST", "/learn")["newest"].get<int>();
  policies(home, "POST", "/activate", json{{"number", newest}}.dump());
  REQUIRE(home.apply(learning_plan().more + "performance:\n  monitoring:\n    maxModels: 50\n").has_value());
  CHECK(policies(home)["in_force"] == newest);
  CHECK(chat(home).model != first);
}

TEST_CASE("learning: what is said of a model's answers moves how sure its next ones are judged to be") {
  House home(judging_plan());
  const auto before = greet(home);
  REQUIRE(before.header("x-codecrucible-model") == coder);
  const double sure = std::stod(before.header("x-codecrucible-confidence"));
  CHECK(before.header("x-codecrucible-confidence-offset").empty());
  for (int i = 0; i < 12; ++i) say(home, greet(home).header("x-request-id"), 0);
  const auto learned = policies(home, "POST", "/learn")["confidence_offsets"];
  CHECK(learned[coder]["outcomes"] >= 12);  // asking the same again says something, too
  CHECK(learned[coder]["shift"] < -0.5);
  // Heard once, however often the history is read.
  CHECK(policies(home, "POST", "/learn")["confidence_offsets"] == learned);

  const auto after = greet(home);
  CHECK(std::stod(after.header("x-codecrucible-confidence")) < sure - 0.01);
  CHECK(std::stod(after.header("x-codecrucible-confidence-offset")) < -0.5);
  CHECK(greet(home, "/admin/explain").body.find(" words about them") != std::string::npos);
}

TEST_CASE("learning: orders that make no sense are refused with a reason; off, it says so") {
  House home(learning_plan());
  const auto refused = [&](const char* verb, const std::string& body) {
    return ask(home.port(), "POST", std::string("/admin/policies/") + verb, body).status;
  };
  CHECK(refused("activate", "{}") == 400);
  CHECK(refused("activate", R"({"number": 99})") == 404);
  CHECK(refused("activate", R"({"number": 0, "strategy": "hope"})") == 400);
  CHECK(refused("dance", "{}") == 404);
  CHECK(refused("rollback", "{}") == 400);
  House plain;
  CHECK(ask(plain.port(), "GET", "/admin/policies").status == 404);
}

TEST_CASE("learning: what is in force tries others within the budget, and their propensity is on record") {
  for (const std::string algorithm : {"thompson", "linucb"}) {
    CAPTURE(algorithm);
    House home(
        learning_plan("  algorithm: " + algorithm + "\n",
                      "  escalation:\n    enabled: false\n  exploration:\n    budget: 0.4\n    maxGap: 1\n"));
    const auto first = chat(home).model;
    // A few middling words: who is best stays open.
    for (int i = 0; i < 6; ++i) say(home, chat(home).id, 0.6);
    const auto newest = policies(home, "POST", "/learn")["newest"].get<int>();
    policies(home, "POST", "/activate", json{{"number", newest}}.dump());
    int explored = 0;
    for (int i = 0; i < 80; ++i) {
      const auto record = record_of(home, chat(home, {}).id);
      const double propensity = record["propensity"].get<double>();
      CHECK(propensity > 0);
      CHECK(propensity <= 1);
      if (record["explored"] != 1) {
        CHECK(propensity >= 0.6 - 1e-9);
        continue;
      }
      CHECK(propensity <= 0.4 + 1e-9);
      ++explored;
    }
    CHECK(explored < 60);
    // By hope only where somebody's doubt is the larger one; by chance always.
    if (algorithm == "thompson") CHECK(explored > 0);
    CHECK(read_exposition(ask(home.port(), "GET", "/metrics").body).sum("codecrucible_explored_total") ==
          explored);
    for (int i = 0; i < 20; ++i) CHECK(record_of(home, chat(home).id)["explored"] == 0);
    policies(home, "POST", "/rollback");
    for (int i = 0; i < 20; ++i) CHECK(chat(home, {}).model == first);
  }
}

TEST_CASE("learning: a shadow answers a second time, and the client sees nothing of it") {
  House home(learning_plan("  strategy: shadow\n  shadow:\n    percentage: 100\n    tokens: 5\n"));
  const auto first = chat(home).model;
  const auto newest = learn_against(home, first);
  const auto shown = policies(home);
  CHECK(shown["release"]["strategy"] == "shadow");
  CHECK(shown["in_force"] == 0);
  const auto copies = [&] {
    return read_exposition(ask(home.port(), "GET", "/metrics").body)
        .sum("codecrucible_shadow_requests_total", {{"result", "answered"}});
  };
  for (int i = 0; i < 5; ++i) CHECK(chat(home).model == first);
  CHECK(copies() == 0);  // not with `x-codecrucible-explore: no`
  std::string id;
  for (int i = 1; i <= 5; ++i) {
    const auto asked = chat(home, {});
    CHECK(asked.model == first);
    id = asked.id;
    CHECK(eventually([&] { return copies() == i; }));
  }
  const auto served = record_of(home, id), copy = record_of(home, id + "-shadow");
  CHECK(served["variant"] == "shadowed");
  CHECK(served["model"] == first);
  CHECK(served["confidence"].is_number());
  CHECK(copy["variant"] == "shadow");
  CHECK(copy["model"] != first);
  CHECK(copy["policy_version"] == newest);
  CHECK(copy["confidence"].is_number());
  CHECK(copy["completion_tokens"].get<int>() <= 5);
  CHECK(copy["conversation"].is_null());
  // A list of requests does not show copies unless they are asked for.
  const auto list = [&](const std::string& query) {
    return json::parse(ask(home.port(), "GET", "/admin/history?limit=1000" + query).body)["records"];
  };
  for (const auto& record : list("")) CHECK(record["variant"] != "shadow");
  CHECK(list("&variant=shadow").size() == 5);
  const auto release = policies(home, "POST", "/learn")["release"];
  CHECK(release["stage"] == "running");
  CHECK(release["rated"]["candidate"] == 5);
  CHECK(release["rated"]["current"] == 5);
  // It never comes into force by itself; somebody may bring it.
  policies(home, "POST", "/activate", json{{"number", newest}}.dump());
  CHECK(chat(home).model != first);
}

TEST_CASE("learning: followed before anything was learned, the first version is released when it is there") {
  House home(learning_plan());
  auto page = policies(home, "POST", "/follow");
  CHECK(page["release"]["stage"] == "released");
  CHECK(page["in_force"] == 0);
  CHECK(page["following"] == true);
  const auto newest = learn_against(home, chat(home).model, 10);
  page = policies(home);
  CHECK(page["release"]["stage"] == "running");
  CHECK(page["release"]["current"] == 0);
  CHECK(page["release"]["candidate"] == newest);
  // The rules by hand can be taken back, too.
  policies(home, "POST", "/activate", json{{"number", newest}}.dump());
  policies(home, "POST", "/activate", json{{"number", 0}}.dump());
  CHECK(policies(home, "POST", "/rollback")["in_force"] == newest);
}

TEST_CASE("learning: what somebody activates and takes back is counted") {
  House home(learning_plan());
  const auto newest = learn_against(home, chat(home).model, 10);
  const auto sum = [&](const std::string& name) {
    return read_exposition(ask(home.port(), "GET", "/metrics").body).sum("codecrucible_policy_" + name);
  };
  CHECK(sum("activations_total") == 0);
  policies(home, "POST", "/activate", json{{"number", newest}, {"strategy", "canary"}}.dump());
  CHECK(sum("activations_total") == 1);
  CHECK(sum("version") == 0);
  CHECK(sum("candidate_version") == newest);
  CHECK(sum("candidate_percentage") == 5);
  policies(home, "POST", "/rollback");
  CHECK(sum("rollbacks_total") == 1);
  CHECK(sum("candidate_version") == 0);
}

TEST_CASE("learning: rules and escalation thresholds follow what is said, by version, and go back with it") {
  House home(judging_plan("      confidence: 0.8\n"));
  const auto explained = [&] {
    return json::parse(greet(home, "/admin/explain?format=json").body, nullptr, false);
  };
  const auto before = record_of(home, greet(home).header("x-request-id"));
  CHECK(before["escalation_threshold"].get<double>() == doctest::Approx(0.6));
  CHECK(before["rule_confidence"].get<double>() == doctest::Approx(0.8));
  for (int i = 0; i < 15; ++i) say(home, greet(home).header("x-request-id"), 0);
  const auto newest = policies(home, "POST", "/learn")["newest"].get<int>();
  const auto shown = policies(home, "GET", "/" + std::to_string(newest));
  const auto& threshold = shown["escalation_thresholds"]["general"];
  CHECK(threshold["judged"] >= 15);
  CHECK(threshold["configured"].get<double>() == doctest::Approx(0.6));
  const double learned = threshold["learned"].get<double>();
  CHECK(learned > 0.65);
  CHECK(learned <= 0.8 + 1e-6);
  CHECK(shown["escalation_thresholds"]["planning"]["learned"].get<double>() == doctest::Approx(0.6));
  REQUIRE(shown["rules"].size() == 1);
  CHECK(shown["rules"][0]["rule"] == "all to the small one");
  CHECK(shown["rules"][0]["configured"].get<double>() == doctest::Approx(0.8));
  CHECK(shown["rules"][0]["learned"].get<double>() < 0.7);

  // Only with the policy.
  CHECK(record_of(home, greet(home).header("x-request-id"))["escalation_threshold"].get<double>() ==
        doctest::Approx(0.6));
  policies(home, "POST", "/activate", json{{"number", newest}}.dump());
  const auto after = record_of(home, greet(home).header("x-request-id"));
  CHECK(after["escalation_threshold"].get<double>() == doctest::Approx(learned).epsilon(0.001));
  CHECK(after["rule_confidence"].get<double>() < 0.7);
  CHECK(explained()["decision"]["threshold_learned"] == true);
  CHECK(explained()["decision"]["rule_shortfall"].get<double>() > 0.1);
  policies(home, "POST", "/rollback");
  const auto back = record_of(home, greet(home).header("x-request-id"));
  CHECK(back["escalation_threshold"].get<double>() == doctest::Approx(0.6));
  CHECK(back["rule_confidence"].get<double>() == doctest::Approx(0.8));
}

TEST_CASE("learning: somebody's word about an answer is heard, also after its judgement was") {
  House home(judging_plan());
  const auto id = greet(home).header("x-request-id");
  REQUIRE(record_of(home, id)["confidence"].is_number());
  const auto outcomes = [&] {
    const auto page = policies(home, "POST", "/learn");
    return page["policies"].empty() ? 0 : page["policies"][0]["outcomes"].get<int>();
  };
  CHECK(outcomes() == 1);
  CHECK(outcomes() == 1);
  say(home, id, 0);
  CHECK(outcomes() == 2);
  CHECK(outcomes() == 2);
}

TEST_CASE("learning: with exploration switched off by hand a learned policy tries nobody") {
  for (const std::string word : {"false", "auto"}) {
    CAPTURE(word);
    House home(learning_plan("", "  escalation:\n    enabled: false\n  exploration:\n    enabled: " + word +
                                     "\n    budget: 0.5\n    maxGap: 1\n"));
    for (int i = 0; i < 6; ++i) say(home, chat(home).id, 0.6);
    const auto newest = policies(home, "POST", "/learn")["newest"].get<int>();
    policies(home, "POST", "/activate", json{{"number", newest}}.dump());
    int explored = 0;
    for (int i = 0; i < 40; ++i) explored += record_of(home, chat(home, {}).id)["explored"].get<int>();
    if (word == "false") CHECK(explored == 0);
    if (word == "auto") CHECK(explored > 0);
  }
}
