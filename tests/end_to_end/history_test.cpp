#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

Plan plan_with(const std::string& more) {
  Plan plan;
  plan.more =
      "security:\n  adminKey: the-key\nrouting:\n  escalation:\n    enabled: false\nhistory:\n  signals:\n   "
      " pause: 0ms\n" +
      more;
  return plan;
}

// The admin surface wants its key, for the tests' client asks for another host than localhost.
Reply admin(const House& home, const std::string& path) {
  return ask(home.port(), "GET", "/admin/history" + path, {}, {{"authorization", "Bearer the-key"}});
}

json page(const House& home, const std::string& query) {
  const auto reply = admin(home, query);
  CHECK_MESSAGE(reply.status == 200, reply.body);
  return json::parse(reply.body, nullptr, false);
}

// The record of a request, as soon as it is there.
json record_of(const House& home, const std::string& id) {
  Reply reply;
  CHECK(eventually([&] {
    reply = admin(home, "/" + id);
    return reply.status == 200;
  }));
  return json::parse(reply.body, nullptr, false);
}

json messages(std::initializer_list<std::pair<const char*, const char*>> said) {
  json out = json::array();
  for (const auto& [role, text] : said) out.push_back({{"role", role}, {"content", text}});
  return out;
}

// One chat; its request id.
std::string chat(const House& home, const json& conversation, const std::string& model = "auto") {
  const json body = {{"model", model}, {"messages", conversation}};
  const auto reply = ask(home.port(), "POST", "/v1/chat/completions", body.dump());
  CHECK(reply.status == 200);
  return reply.header("x-request-id");
}

Reply feedback(const House& home, const std::string& body) {
  return ask(home.port(), "POST", "/v1/feedback", body);
}

std::vector<std::string> kinds(const json& record) {
  std::vector<std::string> out;
  if (!record.contains("signals")) return {"no record"};
  for (const auto& signal : record["signals"]) out.push_back(signal["kind"]);
  return out;
}

}  // namespace

TEST_CASE("history: each request leaves a record with its decision, attempts and outcome") {
  House home(plan_with(""));
  const auto id = chat(home, messages({{"user", "Why does this crash with a null pointer? Fix the bug"}}));
  auto record = record_of(home, id);
  CHECK(record["id"] == id);
  CHECK(record["surface"] == "openai-chat");
  CHECK(record["classified"] == 1);
  CHECK(record["task"] == "debugging");
  CHECK(record["outcome"] == "ok");
  CHECK(record["status"] == 200);
  CHECK(record["finish"] == "stop");
  CHECK(record["propensity"] > 0);
  CHECK(record["completion_tokens"] > 0);
  CHECK(record["duration_us"] > 0);
  CHECK(record["backends_us"] > 0);
  CHECK(record["reason"].is_string());
  REQUIRE(record["ranked"].size() >= 2);
  REQUIRE(record["attempts"].size() == 1);
  CHECK(record["attempts"][0]["model"] == record["ranked"][0]["model"]);
  CHECK(record["attempts"][0]["host"] == record["host"]);
  CHECK(record["prompt"].is_null());
  CHECK(record["answer"].is_null());
  CHECK(record["prompt_hash"].is_null());
  CHECK(record["user"].get<std::string>().size() == 16);
}

TEST_CASE("history: a failed-over attempt, a failure and a broken request are told apart") {
  House home(plan_with(""));
  const auto broken = ask(home.port(), "POST", "/v1/chat/completions", "{");
  CHECK(broken.status == 400);
  CHECK(record_of(home, broken.header("x-request-id"))["outcome"] == "bad_request");
  const auto cut = ask(home.port(), "POST", "/v1/chat/completions",
                       question(Dialect::openai_chat, coder, "x [[fault:error500]]", false));
  auto record = record_of(home, cut.header("x-request-id"));
  CHECK(record["outcome"] != "ok");
  CHECK(record["status"] == cut.status);
  REQUIRE(!record["attempts"].empty());
  CHECK(record["attempts"][0]["failure"].is_string());
  CHECK(page(home, "?outcome=failed")["records"].size() == 2);
}

TEST_CASE("history: it is filtered and paged, and says what it does not understand") {
  House home(plan_with(""));
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(chat(home, messages({{"user", "say hello"}}), i % 2 == 0 ? coder : large));
  auto first = page(home, "?limit=2");
  REQUIRE(first["records"].size() == 2);
  CHECK(first["records"][0]["id"] == ids[4]);
  const auto next = first["next_before"].get<std::int64_t>();
  auto rest = page(home, "?limit=10&before=" + std::to_string(next));
  REQUIRE(rest["records"].size() == 3);
  CHECK(rest["records"][2]["id"] == ids[0]);
  CHECK(rest["next_before"].is_null());
  CHECK(page(home, "?model=large%3A34b")["records"].size() == 2);
  CHECK(page(home, "?provider=lmstudio&since=1h")["records"].size() == 3);
  CHECK(page(home, "?until=2020-01-01")["records"].empty());
  for (const std::string& query :
       {"?since=yesterday", "?limit=0", "?limit=many", "?colour=red", "?task=cooking"}) {
    CAPTURE(query);
    const auto reply = admin(home, query);
    CHECK(reply.status == 400);
    CHECK(!error_of(Dialect::openai_chat, reply).empty());
  }
  CHECK(admin(home, "/req_unknown").status == 404);
}

TEST_CASE("history: feedback is kept with its request") {
  House home(plan_with(""));
  const auto id = chat(home, messages({{"user", "say hello"}}));
  // At once: the record may still be on its way.
  const auto good =
      feedback(home, R"({"request_id":")" + id + R"(","score":0.75,"comment":"nearly","label":"style"})");
  CHECK(good.status == 200);
  CHECK(feedback(home, R"({"request_id":")" + id + R"(","thumbs":"down"})").status == 200);
  auto record = record_of(home, id);
  REQUIRE(record["signals"].size() == 2);
  CHECK(record["signals"][0]["value"] == 0.75);
  CHECK(record["signals"][0]["comment"] == "nearly");
  CHECK(record["signals"][1]["kind"] == "thumbs");
  CHECK(record["reward"] == 0.375);
  const auto unknown = feedback(home, R"({"request_id":"req_nobody","score":1})");
  CHECK(unknown.status == 404);
  CHECK(error_of(Dialect::openai_chat, unknown).find("req_nobody") != std::string::npos);
  for (const std::string& body :
       {"{", "[]", "{}", R"({"request_id":"x"})", R"({"request_id":"x","score":2})",
        R"({"request_id":"x","score":"1"})", R"({"request_id":"x","score":1,"thumbs":"up"})",
        R"({"request_id":"x","thumbs":"sideways"})", R"({"request_id":5,"score":1})",
        R"({"request_id":"x","score":1,"label":7})", R"({"score":1})"}) {
    CAPTURE(body);
    CHECK(feedback(home, body).status == 400);
  }
}

TEST_CASE("history: regenerating and contradicting are seen without anybody saying so") {
  House home(plan_with(""));
  const auto asked = messages({{"user", "sort a list of names in python"}});
  const auto first = chat(home, asked);
  const auto again = chat(home, asked);
  const auto wrong = messages({{"user", "sort a list of names in python"},
                               {"assistant", "names.sort()"},
                               {"user", "No, that's wrong. I need a new list."}});
  const auto third = chat(home, wrong);
  (void)record_of(home, third);
  CHECK(kinds(record_of(home, first)) == std::vector<std::string>{"regenerate"});
  CHECK(kinds(record_of(home, again)) == std::vector<std::string>{"complaint"});
  CHECK(kinds(record_of(home, third)).empty());
}

TEST_CASE("history: a client that leaves in mid-answer is on record") {
  auto plan = plan_with("");
  plan.time_scale = 1;
  House home(plan);
  Client client(home.port());
  client.request("POST", "/v1/chat/completions",
                 question(Dialect::openai_chat, coder, "go on [[words:5000]]", true),
                 {{"x-request-id", "leaver"}});
  REQUIRE(client.until("Simulated").find("Simulated") != std::string_view::npos);
  client.close();
  auto record = record_of(home, "leaver");
  CHECK(record["outcome"] == "client_gone");
  CHECK(record["events"] > 0);
  CHECK(kinds(record) == std::vector<std::string>{"abandoned"});
}

TEST_CASE("history: content is kept as configured, from the same bytes that the client got") {
  for (const char* const word : {"hash", "full"}) {
    for (const bool stream : {false, true}) {
      const std::string mode = word;
      CAPTURE(mode);
      CAPTURE(stream);
      House home(plan_with("  storeContent: " + mode + "\n"));
      const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                             question(Dialect::openai_chat, coder, "tell me about whales", stream),
                             {{"authorization", "Bearer very-secret"}, {"x-personal", "jane@example.org"}});
      const auto answer = read_answer(Dialect::openai_chat, stream, reply);
      REQUIRE(!answer.text.empty());
      auto record = record_of(home, reply.header("x-request-id"));
      CHECK(record["prompt_hash"].get<std::string>().size() == 16);
      CHECK(record["answer_hash"].get<std::string>().size() == 16);
      if (mode == "full") {
        CHECK(record["prompt"] == "[user] tell me about whales");
        CHECK(record["answer"] == answer.text);
      } else {
        CHECK(record["prompt"].is_null());
        CHECK(record["answer"].is_null());
      }
      CHECK(record.dump().find("very-secret") == std::string::npos);
      CHECK(record.dump().find("jane@") == std::string::npos);
    }
  }
}

TEST_CASE("history: switched off it keeps nothing and says so") {
  Plan plan;
  plan.more = "security:\n  adminKey: the-key\nhistory:\n  enabled: false\n";
  House home(plan);
  const auto id = chat(home, messages({{"user", "say hello"}}));
  CHECK(admin(home, "").status == 404);
  const auto reply = feedback(home, R"({"request_id":")" + id + R"(","score":1})");
  CHECK(reply.status == 404);
  CHECK(reply.body.find("history.enabled") != std::string::npos);
}

TEST_CASE("history: its state is on the metrics page") {
  House home(plan_with(""));
  (void)record_of(home, chat(home, messages({{"user", "say hello"}})));
  const auto metrics = ask(home.port(), "GET", "/metrics").body;
  CHECK(metrics.find("codecrucible_history_records_total 1") != std::string::npos);
  CHECK(metrics.find("codecrucible_history_queue_depth 0") != std::string::npos);
  CHECK(metrics.find("codecrucible_history_write_seconds_total") != std::string::npos);
}

TEST_CASE("history: requests for vectors leave a record too") {
  House home(plan_with(""));
  const json body = {{"model", lm_vectors}, {"input", {"one", "three"}}};
  const auto reply = ask(home.port(), "POST", "/v1/embeddings", body.dump());
  REQUIRE(reply.status == 200);
  CHECK(reply.header("x-codecrucible-attempts") == "1");
  const auto record = record_of(home, reply.header("x-request-id"));
  CHECK(record["surface"] == "openai-embeddings");
  CHECK(record["model"] == lm_vectors);
  CHECK(record["model_asked"] == lm_vectors);
  CHECK(record["classified"] == 0);
  CHECK(record["task"].is_null());
  CHECK(record["outcome"] == "ok");
  CHECK(record["prompt_tokens"] > 0);
  CHECK(record["prompt_length"] == 8);
  CHECK(record["backends_us"] > 0);
  CHECK(record["overhead_us"] < record["duration_us"]);
  REQUIRE(record["attempts"].size() == 1);
  const json wrong = {{"model", "nobody"}, {"input", "one"}};
  const auto refused = ask(home.port(), "POST", "/v1/embeddings", wrong.dump());
  CHECK(refused.status == 404);
  CHECK(record_of(home, refused.header("x-request-id"))["outcome"] == "model_not_found");
}

TEST_CASE("history: of a doubted answer that was given after all the tokens are its own") {
  Plan plan = plan_with("");
  plan.more =
      "security:\n  adminKey: the-key\nrouting:\n  escalation:\n    safeAbove: 1\n    extraTime: 20s\n    "
      "share: 1\n"
      "    burst: 1000\n  rules:\n    - name: small\n      target: lmstudio/small-coder\n";
  plan.adjust = [](simulator::Settings& settings) {
    if (settings.kind != core::ProviderKind::ollama) return;
    std::erase_if(settings.models, [](const auto& model) { return model.id == ollama_thinker; });
    std::erase_if(settings.resident, [](const auto& id) { return id == ollama_thinker; });
  };
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    House home(plan);
    home.ollama().inject({simulator::Fault::Kind::reset, 0}, 100, large);
    const std::string prompt =
        "Do it [[say@small-coder:I'm sorry, but I can't assist with that request. It goes on for a while.]]";
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, "auto", prompt, stream,
                                    stream ? R"(,"stream_options":{"include_usage":true})" : ""));
    REQUIRE(reply.status == 200);
    const auto answer = read_answer(Dialect::openai_chat, stream, reply);
    REQUIRE(answer.text.starts_with("I'm sorry"));
    const auto record = record_of(home, reply.header("x-request-id"));
    CHECK(record["model"] == coder);
    CHECK(record["prompt_tokens"] == answer.prompt_tokens);
    CHECK(record["completion_tokens"] == answer.completion_tokens);
    REQUIRE(record["attempts"].size() == 2);
    CHECK(record["attempts"][0]["failure"].is_string());
    CHECK(record["attempts"][1]["completion_tokens"] == answer.completion_tokens);
  }
}
