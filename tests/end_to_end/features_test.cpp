#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstring>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

House& home() {
  static House one(all_kinds());
  return one;
}

const std::string tools =
    R"(,"tools":[{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}}])";

Reply post(Dialect dialect, const std::string& body) {
  return ask(home().port(), "POST", path(dialect), body);
}

Answer answer_to(Dialect dialect, bool stream, const std::string& body) {
  const auto reply = post(dialect, body);
  CHECK_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  auto answer = read_answer(dialect, stream, reply);
  for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
  return answer;
}

constexpr std::array chats{Dialect::openai_chat, Dialect::ollama_chat};
constexpr std::array models{coder, large, llamacpp_model, vllm_model};

}  // namespace

TEST_CASE("tools: calls arrive whole in both dialects from every backend, one or two at once") {
  for (const auto dialect : chats) {
    for (const std::string model : models) {
      for (const bool stream : {false, true}) {
        for (const bool two : {false, true}) {
          CAPTURE(name(dialect));
          CAPTURE(model);
          CAPTURE(stream);
          const std::string prompt = two ? "weather in both cities" : "weather in Rome";
          const auto answer = answer_to(dialect, stream, question(dialect, model, prompt, stream, tools));
          REQUIRE(answer.calls.size() == (two ? 2 : 1));
          for (const auto& call : answer.calls) {
            CHECK(call.name == "get_weather");
            const auto arguments = json::parse(call.arguments, nullptr, false);
            CHECK(arguments.is_object());
            CHECK(arguments.contains("city"));
            CHECK(arguments.contains("days"));
          }
          if (two && dialect == Dialect::openai_chat) CHECK(answer.calls[0].id != answer.calls[1].id);
          CHECK(answer.text.empty());
          if (dialect == Dialect::openai_chat) CHECK(answer.finish == "tool_calls");
          CHECK(answer.ends == 1);
        }
      }
    }
  }
}

TEST_CASE("tools: a result goes back and the answer follows, whatever form the arguments had") {
  for (const std::string model : models) {
    CAPTURE(model);
    const std::string openai =
        R"({"model":")" + model +
        R"(","messages":[{"role":"user","content":"weather in Rome"},)"
        R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather",)"
        R"("arguments":"{\"city\":\"Rome\"}"}}]},{"role":"tool","tool_call_id":"call_1","content":"sunny"}])" +
        tools + "}";
    auto answer = answer_to(Dialect::openai_chat, false, openai);
    CHECK(answer.text == simulator::answer_for("weather in Rome", model));
    CHECK(answer.finish == "stop");
    const std::string ollama =
        R"({"model":")" + model +
        R"(","stream":false,"messages":[{"role":"user","content":"weather in Rome"},)"
        R"({"role":"assistant","content":"","tool_calls":[{"function":{"name":"get_weather","arguments":{"city":"Rome"}}}]},)"
        R"({"role":"tool","tool_name":"get_weather","content":"sunny"}])" +
        tools + "}";
    answer = answer_to(Dialect::ollama_chat, false, ollama);
    CHECK(answer.text == simulator::answer_for("weather in Rome", model));
  }
}

TEST_CASE("tools: choice none keeps them from being called") {
  for (const std::string model : models) {
    CAPTURE(model);
    const auto answer = answer_to(
        Dialect::openai_chat, false,
        question(Dialect::openai_chat, model, "weather in Rome", false, tools + R"(,"tool_choice":"none")"));
    CHECK(answer.calls.empty());
    CHECK(!answer.text.empty());
  }
}

TEST_CASE("tools: a client of the deprecated functions gets a function_call and may answer it") {
  const std::string functions =
      R"(,"functions":[{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}])";
  for (const std::string model : models) {
    CAPTURE(model);
    const auto whole = json::parse(
        post(Dialect::openai_chat, question(Dialect::openai_chat, model, "weather in Rome", false, functions))
            .body);
    const auto choice = whole["choices"][0];
    CHECK(choice["finish_reason"] == "function_call");
    CHECK(choice["message"]["function_call"]["name"] == "get_weather");
    CHECK(!choice["message"].contains("tool_calls"));
    const auto stream =
        post(Dialect::openai_chat, question(Dialect::openai_chat, model, "weather in both", true, functions))
            .body;
    CHECK(stream.find("tool_calls") == std::string::npos);
    CHECK(stream.find(R"("function_call":{"name":"get_weather")") != std::string::npos);
    CHECK(stream.find(R"("finish_reason":"function_call")") != std::string::npos);
    const json next = {{"model", model},
                       {"messages",
                        {{{"role", "user"}, {"content", "weather in Rome"}},
                         choice["message"],
                         {{"role", "function"}, {"name", "get_weather"}, {"content", "sunny"}}}},
                       {"functions", {{{"name", "get_weather"}}}}};
    const auto answer = answer_to(Dialect::openai_chat, false, next.dump());
    CHECK(answer.text == simulator::answer_for("weather in Rome", model));
  }
}

TEST_CASE("reasoning: comes apart from the text in both dialects from both thinking models") {
  for (const auto dialect : chats) {
    for (const std::string model : {lm_thinker, ollama_thinker}) {
      for (const bool stream : {false, true}) {
        CAPTURE(name(dialect));
        CAPTURE(model);
        CAPTURE(stream);
        const std::string think = dialect == Dialect::ollama_chat ? R"(,"think":true)" : "";
        const auto answer = answer_to(dialect, stream, question(dialect, model, "think hard", stream, think));
        CHECK(answer.text == simulator::answer_for("think hard", model));
        CHECK(answer.reasoning.find("The request is clear") == 0);
      }
    }
  }
}

TEST_CASE("structured output: schema and plain JSON work with every backend from both dialects") {
  const std::string schema =
      R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]})";
  for (const std::string model : models) {
    CAPTURE(model);
    for (const bool stream : {false, true}) {
      const auto strict = answer_to(
          Dialect::openai_chat, stream,
          question(
              Dialect::openai_chat, model, "give", stream,
              R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":)" +
                  schema + "}}"));
      CHECK(json::parse(strict.text, nullptr, false).contains("city"));
      const auto native =
          answer_to(Dialect::ollama_chat, stream,
                    question(Dialect::ollama_chat, model, "give", stream, R"(,"format":)" + schema));
      CHECK(json::parse(native.text, nullptr, false).contains("days"));
    }
  }
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    const auto loose = answer_to(
        Dialect::openai_chat, false,
        question(Dialect::openai_chat, model, "give", false, R"(,"response_format":{"type":"json_object"})"));
    CHECK(json::parse(loose.text, nullptr, false).is_object());
  }
}

TEST_CASE("limits: max_tokens under any of its names ends with length, stop ends with stop") {
  for (const std::string model : models) {
    CAPTURE(model);
    for (const char* key : {"max_tokens", "max_completion_tokens"}) {
      const auto cut = answer_to(
          Dialect::openai_chat, true,
          question(Dialect::openai_chat, model, "long one", true, std::string(",\"") + key + "\":5"));
      CHECK(cut.finish == "length");
      CHECK(simulator::tokens_of(cut.text).size() == 5);
    }
    const auto native =
        answer_to(Dialect::ollama_chat, true,
                  question(Dialect::ollama_chat, model, "long one", true, R"(,"options":{"num_predict":5})"));
    CHECK(native.finish == "length");
    const auto stopped = answer_to(
        Dialect::openai_chat, false,
        question(Dialect::openai_chat, model, "[[say:one two STOP three]]", false, R"(,"stop":["STOP"])"));
    CHECK(stopped.text == "one two ");
    CHECK(stopped.finish == "stop");
    const auto native_stop = answer_to(Dialect::ollama_generate, false,
                                       question(Dialect::ollama_generate, model, "[[say:one two STOP three]]",
                                                false, R"(,"options":{"stop":["STOP"]})"));
    CHECK(native_stop.text == "one two ");
  }
}

TEST_CASE("logprobs: Ollama's come through in both dialects, LM Studio says clearly that it has none") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const auto streamed =
        answer_to(Dialect::openai_chat, true,
                  question(Dialect::openai_chat, large, "sure", true, R"(,"logprobs":true)"));
    CHECK(streamed.logprobs > 5);
    const auto none =
        answer_to(Dialect::openai_chat, stream, question(Dialect::openai_chat, large, "sure", stream));
    CHECK(none.logprobs == 0);
    const auto reply = post(Dialect::openai_chat,
                            question(Dialect::openai_chat, coder, "sure", stream, R"(,"logprobs":true)"));
    CHECK(reply.status == 400);
    CHECK(error_of(Dialect::openai_chat, reply).find("logprobs") != std::string::npos);
  }
  const auto native = answer_to(Dialect::ollama_chat, true,
                                question(Dialect::ollama_chat, large, "sure", true, R"(,"logprobs":true)"));
  CHECK(native.logprobs > 5);
}

TEST_CASE("n: more than one answer is refused in words where the backend gives only one") {
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    const auto reply =
        post(Dialect::openai_chat, question(Dialect::openai_chat, model, "two", false, R"(,"n":2)"));
    CHECK(reply.status == 400);
    CHECK(error_of(Dialect::openai_chat, reply).find('n') != std::string::npos);
  }
}

TEST_CASE("images: a model that sees gets them, others refuse") {
  const std::string picture =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const auto body = [&](const std::string& model) {
    return R"({"model":")" + model +
           R"(","messages":[{"role":"user","content":[{"type":"text","text":"what is this"},)"
           R"({"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
           picture + R"("}}]}]})";
  };
  const auto seen = answer_to(Dialect::openai_chat, false, body(lm_vision));
  CHECK(seen.text == simulator::answer_for("what is this", lm_vision));
  CHECK(home().lmstudio().bodies().back().find(picture) != std::string::npos);
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    const auto reply = post(Dialect::openai_chat, body(model));
    CHECK(reply.status == 400);
    CHECK(error_of(Dialect::openai_chat, reply).find("image") != std::string::npos);
  }
  const auto native = post(
      Dialect::ollama_chat,
      R"({"model":"small-eyes","stream":false,"messages":[{"role":"user","content":"what is this","images":[")" +
          picture + R"("]}]})");
  CHECK_MESSAGE(native.status == 200, native.body);
}

TEST_CASE("embeddings: floats and base64 agree, from both dialects to both kinds of backend") {
  for (const std::string model : {lm_vectors, ollama_vectors}) {
    CAPTURE(model);
    const auto expected = simulator::vector_for("some text", 64);
    const auto near = [&](const json& vector) {
      REQUIRE(vector.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(vector[i].get<float>() == doctest::Approx(expected[i]));
    };
    const std::string start = R"({"model":")" + model + R"(","input":)";
    auto reply = ask(home().port(), "POST", "/v1/embeddings", start + R"("some text"})");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    auto body = json::parse(reply.body);
    CHECK(body["object"] == "list");
    near(body["data"][0]["embedding"]);
    reply = ask(home().port(), "POST", "/v1/embeddings",
                start + R"(["other","some text"],"encoding_format":"base64"})");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    body = json::parse(reply.body);
    REQUIRE(body["data"].size() == 2);
    const std::string coded = body["data"][1]["embedding"];
    CHECK(coded.size() == (64 * 4 + 2) / 3 * 4);
    reply = ask(home().port(), "POST", "/api/embed", start + R"(["some text","x y z"]})");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    body = json::parse(reply.body);
    REQUIRE(body["embeddings"].size() == 2);
    near(body["embeddings"][0]);
    reply =
        ask(home().port(), "POST", "/api/embeddings", R"({"model":")" + model + R"(","prompt":"some text"})");
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    near(json::parse(reply.body)["embedding"]);
  }
}

TEST_CASE("embeddings: a model that only chats and a chat with a model that only embeds are refused") {
  auto reply = ask(home().port(), "POST", "/v1/embeddings", R"({"model":"large:34b","input":"x"})");
  CHECK(reply.status >= 400);
  CHECK(reply.status < 500);
  CHECK(!error_of(Dialect::openai_chat, reply).empty());
  reply = post(Dialect::openai_chat, question(Dialect::openai_chat, lm_vectors, "x", false));
  CHECK(reply.status >= 400);
  CHECK(reply.status < 500);
  CHECK(!error_of(Dialect::openai_chat, reply).empty());
}
