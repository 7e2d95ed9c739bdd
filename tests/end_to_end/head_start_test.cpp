#include "escalation_support.hpp"

#include <nlohmann/json.hpp>

using namespace escalation_support;

namespace {

using Kind = simulator::Fault::Kind;

// Good answers are judged between 0.82 and 0.95: at `doubt` they are doubted at half of the window and shown
// at its end, at `never_good` they are given up there.
const std::string doubt = "  escalationThreshold: 0.81\n";
const std::string never_good = "  escalationThreshold: 1\n";

Plan plan_for(const std::string& threshold, const std::string& escalation) {
  const bool shared = escalation.find("headStartShare") != std::string::npos;
  auto wanted = plan(generous + (shared ? "" : "    headStartShare: 1\n") + escalation);
  wanted.more += threshold;
  return wanted;
}

// The coder says half of a window and then nothing more.
void pause_coder(House& house) {
  house.lmstudio().inject({Kind::stall, 25}, 100, coder);
}
constexpr const char* window = "    holdTokens: 40\n    holdTime: 400ms\n";

std::string counted(House& house, const std::string& result) {
  const auto page = ask(house.port(), "GET", "/metrics").body;
  const std::string name = "codecrucible_head_starts_total{result=\"" + result + "\"} ";
  const auto at = page.find(name);
  REQUIRE(at != std::string::npos);
  return page.substr(at + name.size(), page.find('\n', at) - at - name.size());
}

bool all_slots_free(House& house) {
  for (const auto& model : house.fleet()->models) {
    if (model.running != 0) return false;
  }
  return true;
}

constexpr std::array dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                              Dialect::ollama_generate};

}  // namespace

TEST_CASE(
    "head start: on doubt the stronger model begins before the verdict, and its answer is the one shown") {
  House house(plan_for(never_good, window));
  pause_coder(house);
  int taken = 0;
  for (const auto dialect : dialects) {
    CAPTURE(name(dialect));
    const std::string prompt = "Tell me all about " + name(dialect);
    const auto reply = post(house, dialect, question(dialect, "auto", prompt, true));
    const auto answer = read(dialect, true, reply);
    CHECK(answer.text == simulator::answer_for(prompt, large));
    CHECK(answer.ends == 1);
    CHECK(reply.header("x-codecrucible-escalated") == "true");
    CHECK(reply.header("x-codecrucible-model") == large);
    CHECK(reply.header("x-codecrucible-attempts") == "2");
    CHECK(counted(house, "taken") == std::to_string(++taken));
    CHECK(house.ollama().stats().requests == static_cast<std::uint64_t>(taken));
  }
  CHECK(eventually([&] { return house.lmstudio().stats().cancelled == std::uint64_t(taken); }));
  CHECK(eventually([&] { return house.running() == 0 && all_slots_free(house); }));
}

TEST_CASE("head start: the stronger model that is not needed is cancelled, and its slot is free at once") {
  House house(plan_for(doubt, window));
  pause_coder(house);
  house.ollama().inject({Kind::stall, 3}, 100, large);
  std::uint64_t dropped = 0;
  for (const auto dialect : dialects) {
    CAPTURE(name(dialect));
    Client client(house.port());
    client.request("POST", path(dialect), question(dialect, "auto", "Tell me all about it", true));
    CHECK(client.until("Simulated").find("small-coder") != std::string_view::npos);
    ++dropped;
    CHECK(house.ollama().stats().requests == dropped);
    // The first answer still runs; only the other one was hung up.
    CHECK(eventually([&] { return house.ollama().stats().cancelled == dropped; }));
    CHECK(house.lmstudio().stats().running == 1);
    CHECK(counted(house, "dropped") == std::to_string(dropped));
    client.close();
    CHECK(eventually([&] { return house.running() == 0 && all_slots_free(house); }));
  }
  CHECK(counted(house, "taken") == "0");
}

TEST_CASE("head start: a client that leaves cancels both") {
  House house(plan_for(never_good, "    holdTokens: 40\n    holdTime: 60s\n"));
  pause_coder(house);
  house.ollama().inject({Kind::hang, 0}, 100, large);
  for (const bool early : {true, false}) {
    CAPTURE(early);
    if (!early) house.ollama().forgive();
    if (!early) house.ollama().inject({Kind::stall, 2}, 100, large);
    const auto before = house.ollama().stats();
    const auto asked = house.ollama().bodies().size();
    Client client(house.port());
    client.request("POST", path(Dialect::openai_chat),
                   question(Dialect::openai_chat, "auto", "Tell me all about it", true));
    CHECK(eventually([&] { return house.ollama().bodies().size() == asked + 1; }));
    if (!early) CHECK(eventually([&] { return house.ollama().stats().running == 1; }));
    const auto small = house.lmstudio().stats().cancelled;
    client.close();
    CHECK(eventually([&] { return house.ollama().stats().cancelled == before.cancelled + 1; }));
    CHECK(eventually([&] { return house.lmstudio().stats().cancelled == small + 1; }));
    CHECK(eventually([&] { return house.running() == 0 && all_slots_free(house); }));
  }
}

TEST_CASE("head start: if the stronger model fails the first answer is given, and nobody is asked twice") {
  for (const auto kind : {Kind::reset, Kind::overloaded}) {
    auto wanted = plan_for(never_good, "    holdTokens: 40\n    holdTime: 60s\n");
    wanted.time_scale = 1;  // so that the window's two halves are read apart
    House house(std::move(wanted));
    house.ollama().inject({kind, 0}, 100, large);
    const std::string prompt = "Tell me all about it [[words:60]]";
    const auto reply =
        post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, true));
    const auto answer = read(Dialect::openai_chat, true, reply);
    CHECK(answer.text == simulator::answer_for(prompt, coder));
    CHECK(answer.ends == 1);
    CHECK(reply.header("x-codecrucible-escalation") == "kept");
    CHECK(reply.header("x-codecrucible-model") == coder);
    CHECK(counted(house, "taken") == "1");
    CHECK(house.ollama().stats().requests == 1);
    CHECK(house.lmstudio().stats().requests == 1);
    CHECK(eventually([&] { return house.running() == 0 && all_slots_free(house); }));
  }
}

TEST_CASE("head start: time alone brings the doubt, where few words come") {
  House house(plan_for(never_good, "    holdTokens: 4096\n    holdTime: 400ms\n"));
  house.lmstudio().inject({Kind::stall, 2}, 1, coder);
  const std::string prompt = "Tell me all about it";
  const auto answer =
      read(Dialect::openai_chat, true,
           post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, true)));
  CHECK(answer.text == simulator::answer_for(prompt, large));
  CHECK(counted(house, "taken") == "1");
}

TEST_CASE("head start: whole answers too, while a second small answer is waited for") {
  House house(
      plan_for(never_good, "    secondSampleBelow: 1\n    secondSampleShare: 1\n    extraTime: 2s\n"));
  house.llamacpp().inject({Kind::hang, 0}, 1);
  house.lmstudio().inject({Kind::hang, 0}, 1, lm_thinker);
  house.lmstudio().inject({Kind::hang, 0}, 1, lm_vision);
  const std::string prompt =
      "Tom has 3 apples and buys 4 more. How many apples does Tom have? "
      "[[say@small-coder:3 + 4 = 7. The answer is 7.]]";
  const auto reply = post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, false));
  const auto answer = read(Dialect::openai_chat, false, reply);
  CHECK(answer.text == simulator::answer_for(prompt, large));
  CHECK(counted(house, "taken") == "1");
  CHECK(eventually([&] { return house.running() == 0 && all_slots_free(house); }));
}

TEST_CASE("head start: only for the share of requests that was set") {
  House none(plan_for(doubt, std::string(window) + "    headStartShare: 0\n"));
  House few(plan_for(doubt, std::string(window) + "    headStartShare: 0.01\n"));
  for (auto* const house : {&none, &few}) {
    pause_coder(*house);
    for (int i = 0; i < 2; ++i) {
      Client client(house->port());
      client.request("POST", path(Dialect::openai_chat),
                     question(Dialect::openai_chat, "auto", "Tell me all about it", true));
      CHECK(client.until("Simulated").find("Simulated") != std::string_view::npos);
      client.close();
      CHECK(eventually([&] { return house->running() == 0; }));
    }
    CHECK(house->ollama().stats().requests == (house == &none ? 0 : 1));
  }
}

TEST_CASE("head start: nobody waits for a slot, nor is a model loaded, for it") {
  auto wanted = plan_for(doubt, window);
  wanted.concurrent = 1;
  House house(std::move(wanted));
  pause_coder(house);
  house.ollama().inject({Kind::hang, 0}, 1, large);
  Client busy(house.port());
  busy.request("POST", path(Dialect::openai_chat), question(Dialect::openai_chat, large, "Stay", true));
  REQUIRE(eventually([&] { return house.ollama().bodies().size() == 1; }));
  Client client(house.port());
  client.request("POST", path(Dialect::openai_chat),
                 question(Dialect::openai_chat, "auto", "Tell me all about it", true));
  CHECK(client.until("Simulated").find("small-coder") != std::string_view::npos);
  CHECK(house.ollama().bodies().size() == 1);
  client.close();
  busy.close();
  CHECK(eventually([&] { return house.running() == 0; }));
}
