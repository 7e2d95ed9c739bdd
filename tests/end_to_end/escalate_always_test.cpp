// `x-codecrucible-escalate: always`: held and judged though the pick is safe, and whoever is stronger
// answers.
#include "escalation_support.hpp"
#include "messages_client.hpp"
#include "responses_story.hpp"

#include <nlohmann/json.hpp>

#include <array>

using namespace escalation_support;
using nlohmann::json;

namespace {

const Headers always{{"x-codecrucible-escalate", "always"}};
// Nobody doubts the requests of these tests by themselves: they are easy, and short of no budget.
const std::string easy = "hello there";

// The shipped terms: safe picks flow, few escalations are paid for.
Plan as_shipped(const std::string& models) {
  Plan wanted;
  wanted.more = "routing:\n  rules:\n    - name: small\n      target: lmstudio/small-coder\n" + models;
  wanted.adjust = [](simulator::Settings& settings) {
    if (settings.kind != core::ProviderKind::ollama) return;
    std::erase_if(settings.models, [](const auto& model) { return model.id == ollama_thinker; });
    std::erase_if(settings.resident, [](const auto& id) { return id == ollama_thinker; });
  };
  return wanted;
}

// On easy requests the two differ by little, and the small one is safe.
House& home() {
  static House one(as_shipped("models:\n  overrides:\n    small-coder: {quality: 0.97}\n    \"" +
                              std::string(large) + "\": {quality: 0.985}\n"));
  return one;
}

// Nobody is better than the small coder.
House& alone() {
  static House one(
      as_shipped("models:\n  overrides:\n    \"*\": {quality: 0.7}\n    \"small-coder\": {quality: 0.9}\n"));
  return one;
}

struct Door {
  const char* path;
  std::string (*body)(const std::string& model, const std::string& prompt, bool stream);
};

const std::array doors{
    Door{"/v1/chat/completions",
         [](const std::string& model, const std::string& prompt, bool stream) {
           return question(Dialect::openai_chat, model, prompt, stream);
         }},
    Door{"/v1/completions",
         [](const std::string& model, const std::string& prompt, bool stream) {
           return question(Dialect::openai_completions, model, prompt, stream);
         }},
    Door{"/api/chat", [](const std::string& model, const std::string& prompt,
                         bool stream) { return question(Dialect::ollama_chat, model, prompt, stream); }},
    Door{"/api/generate",
         [](const std::string& model, const std::string& prompt, bool stream) {
           return question(Dialect::ollama_generate, model, prompt, stream);
         }},
    Door{"/v1/messages",
         [](const std::string& model, const std::string& prompt, bool stream) {
           return messages_client::body_of(model, messages_client::user(prompt), stream, "");
         }},
    Door{"/v1/responses",
         [](const std::string& model, const std::string& prompt, bool stream) {
           return json{{"model", model}, {"input", prompt}, {"stream", stream}}.dump();
         }},
};

template <class Check>
void at_all_doors(const Check& check) {
  for (const auto& door : doors) {
    for (const bool stream : {true, false}) {
      const std::string what = std::string(door.path) + (stream ? ", streamed" : ", whole");
      CAPTURE(what);
      check(door, stream);
    }
  }
}

Reply post(House& house, const Door& door, const std::string& model, const std::string& prompt, bool stream,
           const Headers& headers) {
  auto reply = ask(house.port(), "POST", door.path, door.body(model, prompt, stream), headers);
  CHECK_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  CHECK(reply.complete);
  return reply;
}

}  // namespace

TEST_CASE("escalate always: an easy request's bad answer is replaced by a stronger model's, at every door") {
  at_all_doors([](const Door& door, bool stream) {
    const auto prompt = refused_by_small(easy);
    auto reply = post(home(), door, "auto", prompt, stream, {});
    CHECK(reply.header("x-codecrucible-model") == coder);  // a safe pick: nobody judges it
    CHECK(reply.header("x-codecrucible-escalation").empty());
    reply = post(home(), door, "auto", prompt, stream, always);
    CHECK(reply.header("x-codecrucible-complexity") == "simple");
    CHECK(reply.header("x-codecrucible-model") == large);
    CHECK(reply.header("x-codecrucible-escalated") == "true");
    CHECK(reply.header("x-codecrucible-escalation") == "escalated");
    CHECK(reply.header("x-codecrucible-escalation-reason") == "refusal");
    CHECK(reply.body.find("sorry") == std::string::npos);
  });
  CHECK(eventually([] { return home().running() == 0; }));
}

TEST_CASE("escalate always: a good answer stays, and is told how sure it is") {
  at_all_doors([](const Door& door, bool stream) {
    const auto strong = home().ollama().stats().requests;
    const auto reply = post(home(), door, "auto", easy, stream, always);
    CHECK(reply.header("x-codecrucible-model") == coder);
    CHECK(reply.header("x-codecrucible-escalated") == "false");
    CHECK(reply.header("x-codecrucible-escalation").empty());
    CHECK(std::stod(reply.header("x-codecrucible-confidence")) > 0.6);
    CHECK(home().ollama().stats().requests == strong);
  });
}

TEST_CASE("escalate always: what the client named is left, be it a model, a tier or a host") {
  for (const std::string named : {coder, "lmstudio/small-coder", "lmstudio"}) {
    CAPTURE(named);
    House house(as_shipped(
        "models:\n  overrides:\n    small-eyes: {quality: 0.1}\n    small-thinker: {quality: 0.1}\n"));
    const auto prompt = refused_by_small(easy);
    const auto& door = doors.front();
    CHECK(post(house, door, named, prompt, true, {}).header("x-codecrucible-model") == coder);
    const auto reply = post(house, door, named, prompt, true, always);
    CHECK(reply.header("x-codecrucible-model") == large);
    CHECK(reply.header("x-codecrucible-escalation") == "escalated");
  }
}

TEST_CASE("escalate always: where nobody is stronger the first answer is given, and it is said why") {
  at_all_doors([](const Door& door, bool stream) {
    for (const std::string model : {"auto", coder}) {
      CAPTURE(model);
      const auto reply = post(alone(), door, model, refused_by_small(easy), stream, always);
      CHECK(reply.header("x-codecrucible-model") == coder);
      CHECK(reply.body.find("sorry") != std::string::npos);
      CHECK(reply.header("x-codecrucible-attempts") == "1");
      CHECK(reply.header("x-codecrucible-escalated") == "false");
      CHECK(reply.header("x-codecrucible-escalation") == "unavailable");
      CHECK(reply.header("x-codecrucible-escalation-reason") == "no stronger model");
    }
  });
  const auto page = ask(alone().port(), "GET", "/metrics").body;
  CHECK(page.find("codecrucible_escalations_total{result=\"escalated\"} 0") != std::string::npos);
}

TEST_CASE("escalate always: a stronger host that has gone, or is too slow, is said as well") {
  const auto prompt = refused_by_small(easy);
  const auto& door = doors.front();
  {
    House house(as_shipped(""));
    house.ollama().down(true);
    REQUIRE(eventually([&] {
      const auto fleet = house.fleet();
      return std::none_of(fleet->hosts.begin(), fleet->hosts.end(), [](const auto& host) {
        return host.kind == core::ProviderKind::ollama && host.reachable;
      });
    }));
    const auto reply = post(house, door, "auto", prompt, true, always);
    CHECK(reply.header("x-codecrucible-model") == coder);
    CHECK(reply.header("x-codecrucible-escalation") == "unavailable");
    CHECK(reply.header("x-codecrucible-escalation-reason") == "no stronger model");
  }
  auto slow = as_shipped("");
  slow.more.insert(slow.more.find("  rules:"), "  escalation: {extraTime: 1ms}\n");
  const auto with_one = slow.adjust;
  slow.adjust = [with_one](simulator::Settings& settings) {
    with_one(settings);
    if (settings.kind == core::ProviderKind::ollama) settings.resident.clear();
  };
  House house(std::move(slow));
  const auto reply = post(house, door, "auto", prompt, true, always);
  CHECK(reply.header("x-codecrucible-model") == coder);
  CHECK(reply.header("x-codecrucible-escalation") == "unavailable");
  CHECK(reply.header("x-codecrucible-escalation-reason") == "stronger model too slow");
}

TEST_CASE("escalate always: where escalation is off it is said") {
  auto off = as_shipped("");
  off.more.insert(off.more.find("  rules:"), "  escalation: {enabled: false}\n");
  House house(std::move(off));
  const auto reply = post(house, doors.front(), "auto", refused_by_small(easy), true, always);
  CHECK(reply.header("x-codecrucible-model") == coder);
  CHECK(reply.header("x-codecrucible-escalation") == "unavailable");
  CHECK(reply.header("x-codecrucible-escalation-reason") == "escalation is off");
}
