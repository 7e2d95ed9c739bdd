// The classifier's third layer: a small model that is asked about requests of which the first two are unsure.
#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

const std::string unsure = "numbers for the lake and the boats";
const std::string sure = "Fix the crash: TypeError: 'int' object is not callable";

// Every answer comes from LM Studio; the judge is the strong model of Ollama.
std::string with_judge(const std::string& more = {}) {
  return "security:\n  adminKey: sesame\nrouting:\n  judge:\n    enabled: true\n    model: " +
         std::string(large) + "\n" + more +
         "  escalation:\n    enabled: false\n  rules:\n    - name: all-to-lmstudio\n      target: lmstudio\n";
}

Plan judged(const std::string& more = {}) {
  Plan plan;
  plan.more = with_judge(more);
  return plan;
}

Reply ask_auto(House& home, const std::string& prompt, bool stream = false) {
  return ask(home.port(), "POST", "/v1/chat/completions",
             question(Dialect::openai_chat, "auto", prompt, stream));
}

json explained(House& home, const std::string& prompt) {
  const auto reply =
      ask(home.port(), "POST", "/admin/explain", question(Dialect::openai_chat, "auto", prompt, false),
          {{"Authorization", "Bearer sesame"}});
  CHECK_MESSAGE(reply.status == 200, reply.body);
  return json::parse(reply.body, nullptr, false);
}

bool mentions(const json& page, const std::string& words) {
  return page.dump().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("judge: asked once about an unsure request, its word counts, is remembered and is explained") {
  House home(judged());
  REQUIRE(mentions(explained(home, unsure), "the judge would be asked"));
  CHECK(home.ollama().stats().requests == 0);  // explaining sends nothing to a model

  const auto first = ask_auto(home, unsure);
  CHECK(first.status == 200);
  CHECK(first.header("x-codecrucible-provider") == "lmstudio");
  REQUIRE(home.ollama().stats().requests == 1);
  const auto asked = json::parse(home.ollama().bodies().back());
  CHECK(asked["model"] == large);
  CHECK(asked["format"]["required"] == json::array({"type", "complexity"}));
  CHECK(asked["options"]["temperature"] == 0);
  CHECK(asked["stream"] == false);
  // What a simulated server says in the judge's schema.
  CHECK(first.header("x-codecrucible-task") == "edit");

  const auto second = ask_auto(home, unsure, true);
  CHECK(second.header("x-codecrucible-task") == "edit");
  CHECK(home.ollama().stats().requests == 1);
  const auto page = explained(home, unsure);
  CHECK(mentions(page, R"("judge")"));
  CHECK(!mentions(page, "the judge would be asked"));
}

TEST_CASE("judge: a request that the first layers are sure of, or that names its model, does not meet it") {
  House home(judged());
  CHECK(ask_auto(home, sure).status == 200);
  const auto named =
      ask(home.port(), "POST", "/v1/chat/completions", question(Dialect::openai_chat, coder, unsure, false));
  CHECK(named.status == 200);
  CHECK(home.ollama().stats().requests == 0);
}

TEST_CASE("judge: off unless it is switched on") {
  Plan plan;
  plan.more =
      "routing:\n  escalation:\n    enabled: false\n  rules:\n    - name: all-to-lmstudio\n      target: "
      "lmstudio\n";
  House home(plan);
  CHECK(ask_auto(home, unsure).status == 200);
  CHECK(home.ollama().stats().requests == 0);
}

TEST_CASE("judge: whatever goes wrong with it, the request is answered by the first layers' verdict") {
  using Kind = simulator::Fault::Kind;
  House home(judged("    timeout: 150ms\n"));
  int number = 0;
  for (const auto kind : {Kind::hang, Kind::error500, Kind::reset, Kind::garbage, Kind::overloaded}) {
    CAPTURE(simulator::name(kind));
    const std::string prompt = unsure + std::string(static_cast<std::size_t>(++number), '.');
    REQUIRE(mentions(explained(home, prompt), "the judge would be asked"));
    home.ollama().inject({kind, 0}, 2, large);  // a connection that was in use before is replaced once
    const auto reply = ask_auto(home, prompt);
    CHECK(reply.status == 200);
    CHECK(reply.header("x-codecrucible-provider") == "lmstudio");
    CHECK(mentions(explained(home, prompt), "the judge would be asked"));  // nothing wrong was remembered
    home.ollama().forgive();
  }
}

TEST_CASE("judge: one that is not in memory is not loaded for its opinion") {
  auto plan = judged();
  House home(plan);
  home.ollama().unload(large);
  const bool seen = eventually([&home] {
    const auto fleet = home.fleet();
    return std::none_of(fleet->models.begin(), fleet->models.end(),
                        [](const auto& model) { return model.id == large && model.resident; });
  });
  REQUIRE(seen);
  const auto loads = home.ollama().stats().loads;
  CHECK(ask_auto(home, unsure).status == 200);
  CHECK(home.ollama().stats().requests == 0);
  CHECK(home.ollama().stats().loads == loads);
}
