#include "messages_client.hpp"

#include <doctest/doctest.h>

using namespace messages_client;

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
    // Of all servers vLLM alone says which stop string it met.
    CHECK(stopped.stop_reason == (model == vllm_model ? "stop_sequence" : "end_turn"));
    CHECK(stopped.stop_sequence == (model == vllm_model ? "STOP" : ""));
    const auto streamed =
        answer_to(model, user("[[say:one two STOP three]]"), true, R"(,"stop_sequences":["NEVER","STOP"])");
    CHECK(streamed.stop_reason == stopped.stop_reason);
    CHECK(streamed.stop_sequence == stopped.stop_sequence);
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
