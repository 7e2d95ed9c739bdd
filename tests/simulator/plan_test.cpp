#include "simulator/plan.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible::simulator;
using nlohmann::json;

namespace {

json said(const char* role, const std::string& content) {
  return {{"role", role}, {"content", content}};
}

Plan planned(const json& messages, std::initializer_list<const char*> tools) {
  json body = {{"model", "m"}, {"messages", messages}, {"tools", json::array()}};
  for (const char* const name : tools)
    body["tools"].push_back({{"type", "function"}, {"function", {{"name", name}}}});
  Ask ask;
  REQUIRE(!read_openai(body, true, ask));
  ModelSpec model;
  model.id = "m";
  return plan_for(ask, model);
}

std::string text_of(const Plan& plan) {
  std::string text;
  for (const auto& piece : plan.text) text += piece;
  return text;
}

const json script = said("user", R"(go [[call:read {"path":"a b"}]] then [[call:run {"cmd":"ls"}]])");

}  // namespace

TEST_CASE("plan: a script calls one tool after the other, and then says what they said") {
  const auto first = planned(json::array({script}), {"run", "read"});
  REQUIRE(first.calls.size() == 1);
  CHECK(first.calls[0].name == "read");
  CHECK(first.calls[0].arguments == R"({"path":"a b"})");
  const auto second = planned(json::array({script, said("tool", "one")}), {"run", "read"});
  REQUIRE(second.calls.size() == 1);
  CHECK(second.calls[0].name == "run");
  CHECK(second.calls[0].id != first.calls[0].id);
  const auto last = planned(json::array({script, said("tool", "one"), said("tool", "two")}), {"run", "read"});
  CHECK(last.calls.empty());
  CHECK(text_of(last) == "The tools say: one\ntwo");
}

TEST_CASE("plan: an agent's reminder behind a tool's result does not begin the script anew") {
  const auto next =
      planned(json::array({script, said("tool", "one"), said("user", "a reminder")}), {"run", "read"});
  REQUIRE(next.calls.size() == 1);
  CHECK(next.calls[0].name == "run");
}

TEST_CASE("plan: a script whose tools are not offered is a question like others") {
  const auto plan = planned(json::array({script}), {"other"});
  CHECK(plan.calls.empty());
  CHECK(text_of(plan).starts_with("Simulated answer"));
}

TEST_CASE("plan: calls of a script come all at once where that is asked for") {
  const auto both = said("user", R"([[together]] [[call:read {"path":"a"}]] [[call:read {"path":"b"}]])");
  const auto plan = planned(json::array({both}), {"read"});
  REQUIRE(plan.calls.size() == 2);
  CHECK(plan.calls[1].arguments == R"({"path":"b"})");
  CHECK(plan.calls[0].id != plan.calls[1].id);
}

TEST_CASE("plan: a body that makes no sense is refused, and nobody is kept waiting for an answer to it") {
  for (const char* const body : {R"({"model":"m","messages":[{"role":"tool","content":["text"]}]})",
                                 R"({"model":7,"messages":[{}]})", R"({"model":"m","messages":[7]})",
                                 R"({"model":"m","messages":[{"role":"user","content":"x"}],"n":"x"})"}) {
    CAPTURE(body);
    Ask ask;
    CHECK(read_ask(codecrucible::core::ProviderKind::lmstudio, false, json::parse(body), ask).has_value());
  }
  Ask ask;
  CHECK(read_ask(codecrucible::core::ProviderKind::ollama, false, json::parse(R"({"model":"m","options":7})"),
                 ask)
            .has_value());
}
