// Who may ask: API keys, what each may use, and how often.
#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

// "blue" is given by the SHA-256 of "blue-secret".
Plan with_keys() {
  Plan plan;
  plan.more =
      "security:\n  keys:\n    - {name: red, key: red-secret, admin: true}\n"
      "    - {name: blue, sha256: 353765e7cd696e444218c2c4d1aff536e6048287229e23d9e2918b611cae9df3, models: "
      "[\"" +
      std::string(coder) +
      "\"]}\n    - {name: slow, key: slow-secret, requestsPerMinute: 2}\n"
      "    - {name: small, key: small-secret, tokensPerMinute: 40, priority: batch}\n"
      "    - {name: daily, key: daily-secret, tokensPerDay: 20}\n";
  return plan;
}

House& home() {
  static House one(with_keys());
  return one;
}

Reply chat(const char* model, const Headers& headers) {
  return ask(home().port(), "POST", "/v1/chat/completions",
             question(Dialect::openai_chat, model, "hello", false), headers);
}

}  // namespace

TEST_CASE("door: without a key, or with a wrong one, nothing is served, in each dialect's own shape") {
  for (const Headers& headers :
       {Headers{}, Headers{{"authorization", "Bearer wrong"}}, Headers{{"x-api-key", ""}}}) {
    const auto reply = chat(coder, headers);
    CHECK(reply.status == 401);
    CHECK(reply.header("www-authenticate") == "Bearer");
    CHECK(json::parse(reply.body)["error"]["message"].is_string());
  }
  const auto ollama =
      ask(home().port(), "POST", "/api/chat", question(Dialect::ollama_chat, coder, "x", false));
  CHECK(ollama.status == 401);
  CHECK(json::parse(ollama.body)["error"].is_string());
  const auto messages = ask(home().port(), "POST", "/v1/messages", "{}");
  CHECK(messages.status == 401);
  CHECK(json::parse(messages.body)["error"]["type"] == "authentication_error");
  CHECK(ask(home().port(), "GET", "/v1/models").status == 401);
  CHECK(ask(home().port(), "POST", "/v1/embeddings", R"({"model":"auto","input":"x"})").status == 401);
  CHECK(ask(home().port(), "GET", "/healthz").status == 200);
  CHECK(ask(home().port(), "GET", "/metrics").status == 200);
}

TEST_CASE("door: a known key is let in, as a bearer or as Anthropic's clients send it") {
  CHECK(chat(coder, {{"authorization", "Bearer red-secret"}}).status == 200);
  CHECK(chat(coder, {{"x-api-key", "red-secret"}}).status == 200);
  CHECK(chat(coder, {{"authorization", "Bearer blue-secret"}}).status == 200);
}

TEST_CASE("door: a key asks only the models it may use") {
  const Headers blue{{"authorization", "Bearer blue-secret"}};
  CHECK(chat(large, blue).status == 403);
  CHECK(chat("auto-quality", blue).header("x-codecrucible-model") == coder);
  CHECK(chat(large, {{"authorization", "Bearer red-secret"}}).status == 200);
}

TEST_CASE("door: a key with a limit is told when to come again") {
  const Headers slow{{"authorization", "Bearer slow-secret"}};
  CHECK(chat(coder, slow).header("x-ratelimit-remaining-requests") == "1");
  CHECK(chat(coder, slow).header("x-ratelimit-remaining-requests") == "0");
  const auto third = chat(coder, slow);
  CHECK(third.status == 429);
  CHECK(!third.header("retry-after").empty());
  CHECK(chat(coder, {{"authorization", "Bearer red-secret"}}).status == 200);
}

TEST_CASE("door: a key that says so may use the admin surface from anywhere") {
  Client client(home().port());
  client.send("GET /admin/fleet HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer red-secret\r\n\r\n");
  CHECK(client.reply().status == 200);
  Client other(home().port());
  other.send("GET /admin/fleet HTTP/1.1\r\nHost: gateway.test\r\nAuthorization: Bearer blue-secret\r\n\r\n");
  CHECK(other.reply().status == 403);
}

TEST_CASE(
    "door: tokens are limited by the minute and by the day, told in each dialect with when to come again") {
  const auto ask_as = [](const char* path, const std::string& key) {
    return ask(
        home().port(), "POST", path,
        R"({"model":"small-coder","max_tokens":500,"stream":false,"messages":[{"role":"user","content":"x [[words:60]]"}]})",
        {{"authorization", "Bearer " + key}});
  };
  // Tokens are taken off when the reply has gone out.
  const auto counted = [](const std::string& key) {
    return eventually([&] {
      const auto page = ask(home().port(), "GET", "/metrics").body;
      return page.find("codecrucible_key_tokens_total{key=\"" + key + "\",token_type=\"output\"} 0\n") ==
             std::string::npos;
    });
  };
  CHECK(ask_as("/v1/chat/completions", "small-secret").status == 200);
  CHECK(counted("small"));
  const auto openai = ask_as("/v1/chat/completions", "small-secret");
  CHECK(openai.status == 429);
  CHECK(std::atoi(openai.header("retry-after").c_str()) >= 1);
  CHECK(json::parse(openai.body)["error"]["code"] == "rate_limit_exceeded");
  const auto anthropic = ask_as("/v1/messages", "small-secret");
  CHECK(anthropic.status == 429);
  CHECK(!anthropic.header("retry-after").empty());
  CHECK(json::parse(anthropic.body)["error"]["type"] == "rate_limit_error");
  const auto ollama = ask_as("/api/chat", "small-secret");
  CHECK(ollama.status == 429);
  CHECK(json::parse(ollama.body)["error"].get<std::string>().find("40 tokens a minute") != std::string::npos);

  CHECK(ask_as("/v1/chat/completions", "daily-secret").status == 200);
  CHECK(counted("daily"));
  const auto tomorrow = ask_as("/v1/chat/completions", "daily-secret");
  CHECK(tomorrow.status == 429);
  // Waiting until midnight is nothing that an SDK does.
  CHECK((tomorrow.header("x-should-retry") == "false" ||
         std::atoi(tomorrow.header("retry-after").c_str()) <= 60));

  const auto metrics = ask(home().port(), "GET", "/metrics").body;
  CHECK(metrics.find("codecrucible_key_requests_total{key=\"small\"} 1\n") != std::string::npos);
  CHECK(metrics.find("codecrucible_key_refused_total{key=\"small\",limit=\"tokensPerMinute\"} 3\n") !=
        std::string::npos);
  CHECK(metrics.find("codecrucible_key_tokens_left_today{key=\"daily\"} 0\n") != std::string::npos);
  CHECK(metrics.find("-secret") == std::string::npos);
}
