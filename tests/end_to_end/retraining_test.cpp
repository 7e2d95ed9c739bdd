#include "house/answer.hpp"
#include "house/exposition.hpp"
#include "house/house.hpp"
#include "places.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

Plan retraining_plan(const std::string& more = {}) {
  Plan plan;
  plan.time_scale = 0;
  plan.more =
      "history:\n  storeContent: full\nlearning:\n  enabled: true\n  snapshot: 1h\n  retrain:\n    data: "
      "[\"" +
      source_dir() + "/data/training/part-02.jsonl\"]\n" + more;
  return plan;
}

json classifiers(const House& home, const std::string& verb = "", const std::string& body = "{}") {
  const auto reply =
      ask(home.port(), verb.empty() ? "GET" : "POST", "/admin/classifiers" + verb, verb.empty() ? "" : body);
  CHECK_MESSAGE(reply.status == 200, reply.body);
  return json::parse(reply.body, nullptr, false);
}

// Words that nobody can know the meaning of; even numbers are planning.
std::string prompt(int number) {
  std::string text = number % 2 == 0 ? "zorble the quuxes" : "frobnicate that gnarl";
  for (int word = 0; word < 6; ++word) text += " item" + std::to_string(number * 6 + word);
  return text;
}

void teach(const House& home, int begin, int end) {
  for (int i = begin; i < end; ++i) {
    const json body = {
        {"model", coder}, {"max_tokens", 1}, {"messages", {{{"role", "user"}, {"content", prompt(i)}}}}};
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump());
    REQUIRE(reply.status == 200);
    const bool planning = i % 2 == 0;
    const json word = {{"request_id", reply.header("x-request-id")},
                       {"score", 1},
                       {"label", planning ? "planning/medium" : "debugging/medium"}};
    CHECK(eventually([&] { return ask(home.port(), "POST", "/v1/feedback", word.dump()).status == 200; }));
  }
}

// Training has the lowest priority: on a busy machine it takes its time.
template <class Condition>
bool in_the_end(const Condition& condition) {
  for (int i = 0; i < 30; ++i) {
    if (eventually(condition)) return true;
  }
  return false;
}

// What the last round said, once it is over.
std::string trained(const House& home) {
  json page;
  CHECK(in_the_end([&] {
    page = classifiers(home);
    return page["training"] == false && page["last_round"]["at"].get<std::int64_t>() > 0;
  }));
  return page["last_round"]["said"].get<std::string>();
}

std::string task_of(const House& home, const std::string& text) {
  const json body = {
      {"model", "auto"}, {"max_tokens", 1}, {"messages", {{{"role", "user"}, {"content", text}}}}};
  return ask(home.port(), "POST", "/v1/chat/completions", body.dump()).header("x-codecrucible-task");
}

}  // namespace

TEST_CASE("retraining: what labels teach is offered, put in use, kept over a new configuration, taken back") {
  House home(retraining_plan());
  CHECK(classifiers(home)["in_use"] == 0);
  CHECK(classifiers(home)["classifiers"].empty());
  teach(home, 0, 10);
  classifiers(home, "/train");
  CHECK(trained(home).find("too few labelled prompts") != std::string::npos);
  teach(home, 10, 160);
  const auto before = task_of(home, prompt(1001));
  CHECK(classifiers(home, "/train")["training"] == true);
  // Requests go on while it is trained.
  CHECK_FALSE(task_of(home, prompt(1003)).empty());
  REQUIRE(in_the_end([&] { return !classifiers(home)["classifiers"].empty(); }));
  const auto offered = classifiers(home);
  CHECK(offered["in_use"] == 0);
  CHECK(offered["classifiers"][0]["number"] == 1);
  CHECK(offered["classifiers"][0]["held"] >= 20);
  CHECK(offered["classifiers"][0]["after"]["type"].get<double>() >
        offered["classifiers"][0]["before"]["type"].get<double>());
  CHECK(task_of(home, prompt(1001)) == before);

  CHECK(classifiers(home, "/activate", R"({"number": 1})")["in_use"] == 1);
  CHECK(task_of(home, prompt(1000)) == "planning");
  CHECK(task_of(home, prompt(1001)) == "debugging");
  CHECK(read_exposition(ask(home.port(), "GET", "/metrics").body).sum("codecrucible_classifier_version") ==
        1);
  REQUIRE(
      home.apply(retraining_plan().more + "performance:\n  monitoring:\n    maxModels: 50\n").has_value());
  CHECK(task_of(home, prompt(1000)) == "planning");
  CHECK(classifiers(home, "/rollback")["in_use"] == 0);
  CHECK(task_of(home, prompt(1001)) == before);

  const auto refused = [&](const char* verb, const std::string& body) {
    return ask(home.port(), "POST", std::string("/admin/classifiers/") + verb, body).status;
  };
  CHECK(refused("activate", R"({"number": 7})") == 404);
  CHECK(refused("activate", "{}") == 400);
  CHECK(refused("dance", "{}") == 404);
  House plain;
  CHECK(ask(plain.port(), "GET", "/admin/classifiers").status == 404);
}

TEST_CASE("retraining: on a schedule, and what is better comes into use by itself if the settings say so") {
  House home(retraining_plan());
  teach(home, 0, 160);
  // A quarter is held back; nothing is surely better twice.
  const auto more = retraining_plan("    every: 200ms\n    activate: true\n").more;
  REQUIRE(home.apply(more).has_value());
  REQUIRE(in_the_end([&] { return classifiers(home)["in_use"] == 1; }));
  CHECK(task_of(home, prompt(1000)) == "planning");
  // No new labels: the next rounds are left out.
  CHECK(in_the_end([&] {
    return classifiers(home)["last_round"]["said"].get<std::string>().find("too few new labels") !=
           std::string::npos;
  }));
  CHECK(classifiers(home)["classifiers"].size() == 1);
}

TEST_CASE("retraining: labels that the classifier knew already make no model that is offered") {
  House home(retraining_plan());
  for (int i = 0; i < 120; ++i) {
    const json body = {
        {"model", "auto"}, {"max_tokens", 1}, {"messages", {{{"role", "user"}, {"content", prompt(i)}}}}};
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump());
    REQUIRE(reply.status == 200);
    const json word = {{"request_id", reply.header("x-request-id")},
                       {"score", 1},
                       {"label", reply.header("x-codecrucible-task")}};
    CHECK(eventually([&] { return ask(home.port(), "POST", "/v1/feedback", word.dump()).status == 200; }));
  }
  classifiers(home, "/train");
  CHECK(trained(home) == "not surely better on the prompts held back");
  CHECK(classifiers(home)["classifiers"].empty());
}
