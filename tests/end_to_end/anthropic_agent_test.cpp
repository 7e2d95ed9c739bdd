#include "messages_client.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace messages_client;

TEST_CASE("anthropic: what an agent sends works, and its changing header does not reach the model") {
  const auto agent = [](const std::string& mark) {
    return R"({"model":"small-coder","max_tokens":32000,"stream":true,"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.9; cch=)" +
           mark +
           R"(;"},{"type":"text","text":"You are an agent.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Be brief."}],)"
           R"("messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>x</system-reminder>"},{"type":"text","text":"hello agent","cache_control":{"type":"ephemeral"}}]},)"
           R"({"role":"system","content":"Plan mode is on."}],)"
           R"("thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"context_management":{"edits":[]},"metadata":{"user_id":"user_1_session_2"},)"
           R"("tools":[{"name":"Read","input_schema":{"type":"object","properties":{"path":{"type":"string"}}},"defer_loading":true,"eager_input_streaming":true},{"type":"web_search_20250305","name":"web_search"}]})";
  };
  auto headers = as_sdk;
  headers.push_back({"anthropic-beta", "claude-code-20250219,context-management-2025-06-27"});
  headers.push_back({"user-agent", "claude-cli/2.1.9 (external, cli)"});
  headers.push_back({"authorization", "Bearer none"});
  std::vector<std::string> sent;
  for (const std::string mark : {"aaaaa", "bbbbb"}) {
    const auto reply = ask(home().port(), "POST", "/v1/messages?beta=true", agent(mark), headers);
    read(true, reply);
    sent.push_back(home().lmstudio().bodies().back());
  }
  CHECK(sent[0] == sent[1]);
  const Json body = Json::parse(sent[0]);
  CHECK(body["messages"][0]["content"] == "You are an agent.\nBe brief.");
  CHECK(body["messages"].size() == 2);
  CHECK(body["tools"].size() == 1);
  CHECK(body["max_tokens"] < 8192);
  CHECK(body["max_tokens"] > 7000);
  for (const char* key : {"context_management", "cache_control", "metadata", "output_config", "thinking"}) {
    CHECK_FALSE(body.contains(key));
  }
}

TEST_CASE("anthropic: a prompt that does not fit is told in the words that make agents compact") {
  std::string words;
  for (int i = 0; i < 12000; ++i) words += "word ";
  for (const std::string model : {coder, large}) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      const auto reply = post(body_of(model, user(words), stream));
      CHECK(reply.status == 400);
      const auto error = error_in(reply);
      CHECK(error["type"] == "invalid_request_error");
      const std::string message = error["message"];
      CHECK(message.starts_with("prompt is too long: "));
      CHECK(message.find(" maximum") != std::string::npos);
    }
  }
  // The backend's own words for it, too, streamed or not.
  for (const std::string model : models) {
    CAPTURE(model);
    const auto reply = post(body_of(model, user("[[fault:context]]"), true));
    CHECK(reply.status == 400);
    CHECK(error_in(reply)["message"].get<std::string>().starts_with("prompt is too long"));
  }
}

TEST_CASE("anthropic: errors have Anthropic's shape on all of its paths") {
  struct Case {
    std::string method, path, body;
    int status;
    std::string type, word;
  };
  const std::vector<Case> cases = {
      {"POST", "/v1/messages", body_of("nobody", user("x"), false), 404, "not_found_error", "nobody"},
      {"POST", "/v1/messages", body_of("nobody", user("x"), true), 404, "not_found_error", "nobody"},
      {"POST", "/v1/messages", "{\"model\":\"small-coder\",\n  \"max_tokens\":}", 400,
       "invalid_request_error", "line 2, column 16"},
      {"POST", "/v1/messages", R"({"model":"small-coder","messages":[{"role":"user","content":"x"}]})", 400,
       "invalid_request_error", "max_tokens"},
      {"POST", "/v1/messages", body_of("small-coder", R"({"role":"user","content":[{"type":"text"}]})", true),
       400, "invalid_request_error", "messages[0].content[0].text"},
      {"POST", "/v1/messages", body_of("small-coder", user("x"), false, R"(,"thread":{"type":"create"})"),
       400, "invalid_request_error", "thread"},
      {"GET", "/v1/messages", "", 405, "invalid_request_error", "POST"},
      {"POST", "/v1/messages/batches", "{}", 404, "not_found_error", "/v1/messages"},
      {"POST", "/v1/v1/messages", "{}", 404, "not_found_error", "/v1"},
      {"POST", "/v1/messages/count_tokens", "{", 400, "invalid_request_error", "column"},
      {"POST", "/v1/messages/count_tokens",
       R"({"model":"nobody","messages":[{"role":"user","content":"x"}]})", 404, "not_found_error", "nobody"},
      {"GET", "/v1/models/nobody", "", 404, "not_found_error", "nobody"}};
  for (const auto& one : cases) {
    CAPTURE(one.path);
    CAPTURE(one.body);
    const auto reply = ask(home().port(), one.method, one.path, one.body, as_sdk);
    CHECK(reply.status == one.status);
    const auto error = error_in(reply);
    CHECK(error["type"] == one.type);
    CHECK_MESSAGE(error["message"].get<std::string>().find(one.word) != std::string::npos, error.dump());
  }
  CHECK(error_in(ask(home().port(), "POST", "/v1/messages",
                     R"({"thread":{"type":"continue"}})"))["details"]["error_code"] ==
        "thread_unsupported_request");
}

TEST_CASE("anthropic: a client that leaves stops its generation") {
  Plan plan;
  plan.time_scale = 1;
  plan.more = "resources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  House slow(plan);
  for (const std::string model : {coder, large}) {
    auto& server = model == coder ? slow.lmstudio() : slow.ollama();
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      const auto before = server.stats().cancelled;
      Client client(slow.port());
      client.request("POST", "/v1/messages", body_of(model, user("go on [[words:5000]]"), stream));
      REQUIRE(eventually([&] { return server.stats().running == 1; }));
      client.close();
      CHECK(eventually([&] {
        const auto now = server.stats();
        return now.cancelled > before && now.running == 0;
      }));
    }
  }
}

TEST_CASE("anthropic: tokens are counted, never fewer than the backend counts") {
  const auto count = [](const std::string& model, const std::string& more) {
    const auto reply =
        ask(home().port(), "POST", "/v1/messages/count_tokens?beta=true",
            R"({"model":")" + model + R"(","messages":[)" +
                user("Write a sorting function in C++, please, and explain it.") + "]" + more + "}",
            as_sdk);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    CHECK(!reply.header("request-id").empty());
    return Json::parse(reply.body)["input_tokens"].get<int>();
  };
  for (const std::string model : {"auto", coder, large}) {
    CAPTURE(model);
    const int bare = count(model, "");
    CHECK(bare > 10);
    CHECK(bare < 60);
    CHECK(count(model, R"(,"system":"You are helpful and brief.")") > bare);
    CHECK(count(model, tools) > bare);
  }
  const auto answer =
      answer_to(large, user("Write a sorting function in C++, please, and explain it."), false);
  CHECK(count(large, "") >= answer.usage["input_tokens"].get<int>());
}

TEST_CASE("anthropic: models are listed in the shape of who asks") {
  const auto list = ask(home().port(), "GET", "/v1/models?limit=1000", "", as_sdk);
  REQUIRE(list.status == 200);
  const Json models_seen = Json::parse(list.body);
  CHECK(models_seen["has_more"] == false);
  CHECK(models_seen["first_id"] == models_seen["data"].front()["id"]);
  CHECK(models_seen["last_id"] == models_seen["data"].back()["id"]);
  std::vector<std::string> ids;
  for (const auto& model : models_seen["data"]) {
    CHECK(model["type"] == "model");
    CHECK(model["display_name"].is_string());
    CHECK(model["created_at"].is_string());
    ids.push_back(model["id"]);
    const auto one = ask(home().port(), "GET", "/v1/models/" + ids.back(), "", as_sdk);
    CHECK(Json::parse(one.body)["id"] == ids.back());
  }
  for (const std::string wanted : {"auto", "auto-fast", "auto-quality", coder, large, vllm_model}) {
    CHECK(std::find(ids.begin(), ids.end(), wanted) != ids.end());
  }
  CHECK(std::find(ids.begin(), ids.end(), lm_vectors) == ids.end());  // it cannot chat
  const auto other = ask(home().port(), "GET", "/v1/models", "", {{"authorization", "Bearer x"}});
  CHECK(Json::parse(other.body)["object"] == "list");
}

TEST_CASE("anthropic: auto answers, and one conversation stays with its model") {
  const auto first = post(body_of("auto", user("Write a C++ function that sorts"), false));
  const auto answer = read(false, first);
  const std::string again = user("Write a C++ function that sorts") + R"(,{"role":"assistant","content":)" +
                            Json(answer.text()).dump() + "}," + user("thanks");
  CHECK(post(body_of("auto", again, false)).header("x-codecrucible-model") ==
        first.header("x-codecrucible-model"));
}
