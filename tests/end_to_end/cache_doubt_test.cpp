// What the cache makes of answers that were doubted.
#include "escalation_support.hpp"

#include <nlohmann/json.hpp>

#include <thread>
#include <utility>

using namespace escalation_support;
using nlohmann::json;

namespace {

using Kind = simulator::Fault::Kind;

Reply ask_cold(House& house, const std::string& prompt, bool stream, const Headers& headers = {}) {
  return post(house, Dialect::openai_chat,
              question(Dialect::openai_chat, "auto", prompt, stream, R"(,"temperature":0)"), headers);
}

std::string cache_of(const Reply& reply) {
  return reply.header("x-codecrucible-cache");
}

}  // namespace

TEST_CASE("cache: of a doubted answer nothing is kept, the stronger one's answer is told again") {
  House house(plan(generous));
  const auto prompt = refused_by_small("Do it");
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    const auto reply = ask_cold(house, prompt, stream);
    CHECK(read(Dialect::openai_chat, stream, reply).text == simulator::answer_for(prompt, large));
    CHECK(cache_of(reply) == (stream ? "miss" : "hit"));
    CHECK(reply.header("x-codecrucible-model") == large);
  }
  CHECK(house.lmstudio().stats().requests == 1);
}

TEST_CASE("cache: an answer that was given only because the stronger model failed is not told again") {
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    House house(plan(generous));
    const auto prompt = refused_by_small("Do it");
    house.ollama().inject({Kind::overloaded, 0}, 1, large);
    auto reply = ask_cold(house, prompt, stream);
    CHECK(reply.header("x-codecrucible-escalation") == "kept");
    CHECK(read(Dialect::openai_chat, stream, reply).text == refusal);
    CHECK(eventually([&] { return house.running() == 0; }));
    reply = ask_cold(house, prompt, stream);
    CHECK(cache_of(reply) == "miss");
    CHECK(read(Dialect::openai_chat, stream, reply).text == simulator::answer_for(prompt, large));
    const auto page = ask(house.port(), "GET", "/metrics").body;
    CHECK(page.find("codecrucible_cache_stores_refused_total{cause=\"doubted\"} 1") != std::string::npos);
  }
}

TEST_CASE("cache: nor is one for which no budget was left to ask a stronger model") {
  House house(plan("    share: 0\n    burst: 1\n    headStartShare: 0\n"));
  const auto prompt = refused_by_small("Do it");
  // The one that is saved goes to another request.
  CHECK(ask_cold(house, refused_by_small("Another"), false).header("x-codecrucible-model") == large);
  auto reply = ask_cold(house, prompt, false);
  CHECK(read(Dialect::openai_chat, false, reply).text == refusal);
  reply = ask_cold(house, prompt, false, {{"x-codecrucible-escalate", "always"}});
  CHECK(read(Dialect::openai_chat, false, reply).text == simulator::answer_for(prompt, large));
}

TEST_CASE("cache: who joined an answer that was doubted and given after all is told who gave it") {
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    House house(plan(generous + "    extraTime: 1s\n"));
    house.ollama().inject({Kind::hang, 0}, 1, large);
    const auto prompt = refused_by_small("Do it");
    Reply leader;
    std::thread leading([&] { leader = ask_cold(house, prompt, stream); });
    CHECK(eventually([&] { return house.ollama().bodies().size() == 1; }));
    const Reply joiner = ask_cold(house, prompt, stream);
    leading.join();
    CHECK(cache_of(joiner) == "joined");
    for (const Reply* const reply : {&std::as_const(leader), &joiner}) {
      const auto answer = read(Dialect::openai_chat, stream, *reply);
      CHECK(answer.text == refusal);
      CHECK(answer.model == coder);
      CHECK(reply->header("x-codecrucible-model") == coder);
    }
  }
}

TEST_CASE("escalation: the history has an answer that was given after all with its own tokens") {
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    House house(plan(generous));
    house.ollama().inject({Kind::overloaded, 0}, 1, large);
    const std::string text = refusal + " It goes on for a while, so that it is not over when it is judged.";
    const auto reply = post(house, Dialect::openai_chat,
                            question(Dialect::openai_chat, "auto", "Do it [[say@small-coder:" + text + "]]",
                                     stream, stream ? R"(,"stream_options":{"include_usage":true})" : ""));
    const auto answer = read(Dialect::openai_chat, stream, reply);
    CHECK(answer.text == text);
    json record;
    CHECK(eventually([&] {
      const auto page = ask(house.port(), "GET", "/admin/history/" + reply.header("x-request-id"));
      record = json::parse(page.body, nullptr, false);
      return page.status == 200;
    }));
    CAPTURE(record.dump());
    CHECK(record["completion_tokens"] == answer.completion_tokens);
    CHECK(record["prompt_tokens"] == answer.prompt_tokens);
    REQUIRE(record["attempts"].size() == 2);
    CHECK(record["attempts"][1]["model"] == coder);
    CHECK(record["attempts"][1]["completion_tokens"] == answer.completion_tokens);
    CHECK(record["attempts"][0]["model"] == large);
  }
}
