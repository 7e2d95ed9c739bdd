#include "../wire/anthropic_support.hpp"
#include "house/client.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codecrucible;
using namespace codecrucible::house;
using anthropic_test::Json;
using anthropic_test::StrictClient;

namespace {

House& home() {
  static House one([] {
    Plan plan;
    plan.llamacpp = plan.vllm = plan.openai = true;
    return plan;
  }());
  return one;
}

constexpr std::array models{coder, large, llamacpp_model, vllm_model, plain_model};
const Headers as_sdk = {{"anthropic-version", "2023-06-01"}, {"x-api-key", "none"}};
const std::string tools =
    R"(,"tools":[{"name":"get_weather","description":"d","cache_control":{"type":"ephemeral"},"input_schema":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}])";

std::string user(const std::string& text) {
  return R"({"role":"user","content":)" + Json(text).dump() + "}";
}

std::string body_of(const std::string& model, const std::string& messages, bool stream,
                    const std::string& more = {}) {
  return R"({"model":")" + model + R"(","max_tokens":4000,"stream":)" + (stream ? "true" : "false") +
         R"(,"messages":[)" + messages + "]" + more + "}";
}

Reply post(const std::string& body, std::uint16_t port = home().port()) {
  return ask(port, "POST", "/v1/messages?beta=true", body, as_sdk);
}

StrictClient read(bool stream, const Reply& reply) {
  REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  CHECK(reply.complete);
  CHECK(reply.header("content-type").starts_with(stream ? "text/event-stream" : "application/json"));
  auto answer = stream ? StrictClient::of_stream(reply.body) : StrictClient::of_whole(reply.body);
  CHECK(answer.done);
  return answer;
}

StrictClient answer_to(const std::string& model, const std::string& messages, bool stream,
                       const std::string& more = {}) {
  return read(stream, post(body_of(model, messages, stream, more)));
}

// The error in Anthropic's shape.
Json error_in(const Reply& reply) {
  const Json body = Json::parse(reply.body, nullptr, false);
  REQUIRE_MESSAGE(body.is_object(), reply.body);
  CHECK(body["type"] == "error");
  CHECK(body["error"]["message"].is_string());
  return body["error"];
}

// What the backend was sent last.
Json sent_to(simulator::Simulator& server) {
  return Json::parse(server.bodies().back());
}

}  // namespace

TEST_CASE("anthropic: every backend's answer arrives whole and right, streamed or not") {
  int asked = 0;
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      const std::string prompt =
          "What is \"a \\ b\" in Grüße 你好 🙂, number " + std::to_string(++asked) + "?";
      const auto reply = post(body_of(model, user(prompt), stream));
      const auto answer = read(stream, reply);
      CHECK(answer.text() == simulator::answer_for(prompt, model));
      CHECK(answer.shape() == "text");
      CHECK(answer.stop_reason == "end_turn");
      CHECK(answer.model.find(model) != std::string::npos);
      CHECK(answer.usage["input_tokens"] > 0);
      CHECK(answer.usage["output_tokens"] > 5);
      if (stream) CHECK(answer.deltas > 10);
      CHECK(!reply.header("request-id").empty());
      CHECK(reply.header("request-id") == reply.header("x-request-id"));
      CHECK(reply.header("x-codecrucible-attempts") == "1");
    }
  }
}

TEST_CASE("anthropic: an event leaves the gateway when it arrives, not at the end") {
  for (const std::string model : models) {
    CAPTURE(model);
    Client client(home().port());
    client.request("POST", "/v1/messages", body_of(model, user("slowly [[words:400]]"), true));
    const std::string sofar(client.until("Simulated"));
    CHECK(sofar.find("message_start") != std::string::npos);
    CHECK(sofar.find("message_stop") == std::string::npos);
    CHECK(read(true, client.reply()).text() == simulator::answer_for("slowly [[words:400]]", model));
  }
}

TEST_CASE("anthropic: tools are called by every backend, one or two at once, whole and streamed") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      for (const bool two : {false, true}) {
        CAPTURE(model);
        CAPTURE(stream);
        const auto answer =
            answer_to(model, user(two ? "weather in both cities" : "weather in Rome"), stream, tools);
        const auto calls = answer.calls();
        REQUIRE(calls.size() == (two ? 2 : 1));
        for (const auto& call : calls) {
          CHECK(call.name == "get_weather");
          CHECK(call.input["city"].is_string());
          CHECK(call.input["days"].is_number_integer());
        }
        if (two) CHECK(calls[0].id != calls[1].id);
        CHECK(answer.stop_reason == "tool_use");
        const auto single =
            answer_to(model, user("weather in both cities"), stream,
                      tools + R"(,"tool_choice":{"type":"auto","disable_parallel_tool_use":true})");
        CHECK(single.calls().size() == 1);
        const auto none =
            answer_to(model, user("weather in Rome"), stream, tools + R"(,"tool_choice":{"type":"none"})");
        CHECK(none.shape() == "text");
        const auto named = answer_to(model, user("hello"), stream,
                                     tools + R"(,"tool_choice":{"type":"tool","name":"get_weather"})");
        if (model != large) CHECK(named.calls().size() == 1);  // Ollama can only be asked for it
      }
    }
  }
}

TEST_CASE("anthropic: a tool's result goes back, failed or not, and the answer follows") {
  const std::string loop =
      user("weather in Rome") +
      R"(,{"role":"assistant","content":[{"type":"thinking","thinking":"theirs","signature":"EqQB"},{"type":"text","text":"I look."},)"
      R"({"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"city":"Rome","days":2}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no network"}]}]})";
  for (const std::string model : models) {
    CAPTURE(model);
    const auto answer = answer_to(model, loop, false, tools);
    CHECK(answer.text() == simulator::answer_for("weather in Rome", model));
  }
  const Json openai = sent_to(home().vllm())["messages"];
  REQUIRE(openai.size() == 3);
  CHECK(openai[1]["content"] == "I look.");
  CHECK(openai[1]["tool_calls"][0]["id"] == "toolu_1");
  CHECK(openai[1]["tool_calls"][0]["function"]["arguments"] == R"({"city":"Rome","days":2})");
  CHECK(!openai[1].contains("reasoning_content"));
  CHECK(openai[2]["role"] == "tool");
  CHECK(openai[2]["tool_call_id"] == "toolu_1");
  CHECK(openai[2]["content"] == "Error: no network");
  const Json ollama = sent_to(home().ollama())["messages"];
  CHECK(ollama[1]["tool_calls"][0]["function"]["arguments"]["days"] == 2);
  CHECK(ollama[2]["tool_name"] == "get_weather");
  CHECK(ollama[2]["content"] == "Error: no network");
}

TEST_CASE("anthropic: reasoning is a block of its own before the text, for those who enabled thinking") {
  for (const std::string model : {lm_thinker, ollama_thinker}) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      const auto shown = answer_to(model, user("think hard"), stream,
                                   R"(,"thinking":{"type":"enabled","budget_tokens":2000})");
      CHECK(shown.shape() == "thinking text");
      CHECK(shown.thinking().starts_with("The request is clear"));
      CHECK(!shown.blocks[0].signature.empty());
      CHECK(shown.text() == simulator::answer_for("think hard", model));
      const auto hidden = answer_to(model, user("think hard"), stream);
      CHECK(hidden.shape() == "text");
    }
  }
  // A model that cannot think answers all the same.
  CHECK(answer_to(large, user("think hard"), true, R"(,"thinking":{"type":"adaptive"})").shape() == "text");
}

TEST_CASE("anthropic: images reach a model that sees, in messages and in results, and others refuse") {
  const std::string picture =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const std::string image =
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":")" + picture + R"("}})";
  const std::string message =
      R"({"role":"user","content":[)" + image + R"(,{"type":"text","text":"what is this"}]})";
  CHECK(answer_to(lm_vision, message, false).text() == simulator::answer_for("what is this", lm_vision));
  CHECK(sent_to(home().lmstudio())["messages"][0]["content"][0]["image_url"]["url"] ==
        "data:image/png;base64," + picture);
  const std::string result =
      user("look") +
      R"(,{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"see","input":{}}]},)" +
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[)" + image + "]}]}";
  answer_to(lm_vision, result, false);
  const Json sent = sent_to(home().lmstudio())["messages"];
  CHECK(sent[2]["role"] == "tool");
  CHECK(sent[3]["role"] == "user");
  CHECK(sent[3]["content"][0]["type"] == "image_url");
  for (const std::string model : {coder, large}) {
    const auto reply = post(body_of(model, message, false));
    CHECK(reply.status == 400);
    CHECK(error_in(reply)["type"] == "invalid_request_error");
  }
  const auto address = post(body_of(
      lm_vision,
      R"({"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]})",
      false));
  CHECK(address.status == 400);  // LM Studio does not fetch, and neither do we
}

TEST_CASE("anthropic: limits, stop sequences, sampling, prefill and structured output reach every backend") {
  for (const std::string model : models) {
    CAPTURE(model);
    const std::string small =
        R"({"model":")" + model + R"(","max_tokens":5,"stream":true,"messages":[)" + user("long one") + "]}";
    const auto cut = read(true, post(small));
    CHECK(cut.stop_reason == "max_tokens");
    CHECK(simulator::tokens_of(cut.text()).size() == 5);
    const auto stopped =
        answer_to(model, user("[[say:one two STOP three]]"), false, R"(,"stop_sequences":["STOP"])");
    CHECK(stopped.text() == "one two ");
    CHECK(stopped.stop_reason == "end_turn");
    const auto shaped = answer_to(
        model, user("give"), false,
        R"(,"output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"city":{"type":"string"}}}}})");
    CHECK(Json::parse(shaped.text(), nullptr, false).contains("city"));
    answer_to(model, user("complete") + R"(,{"role":"assistant","content":"{\"a\":"})", false,
              R"(,"temperature":0.25,"top_k":7)");
  }
  const Json vllm = sent_to(home().vllm());
  CHECK(vllm["temperature"] == 0.25);
  CHECK(vllm["top_k"] == 7);
  CHECK(vllm["continue_final_message"] == true);
  CHECK(vllm["messages"].back()["role"] == "assistant");
  CHECK(sent_to(home().ollama())["options"]["temperature"] == 0.25);
}

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

TEST_CASE("anthropic: a backend's failure is a status before the first byte and an error event after it") {
  for (const std::string model : models) {
    CAPTURE(model);
    const auto early = post(body_of(model, user("[[fault:error500]]"), true));
    CHECK(early.status == 502);
    CHECK(error_in(early)["type"] == "api_error");
    CHECK(Json::parse(early.body)["request_id"] == early.header("request-id"));
    const auto late = post(body_of(model, user("[[fault:cut:3]] [[words:50]]"), true));
    REQUIRE(late.status == 200);
    const auto broken = StrictClient::of_stream(late.body);
    CHECK_FALSE(broken.done);
    CHECK(broken.error["type"] == "api_error");
    CHECK(!broken.text().empty());
  }
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
