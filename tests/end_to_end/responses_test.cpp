#include "house/answer.hpp"
#include "house/house.hpp"
#include "responses_story.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codecrucible;
using namespace codecrucible::house;
using responses_story::Json;

namespace {

House& home() {
  static House one(all_kinds());
  return one;
}

constexpr std::array models{coder, large, llamacpp_model, vllm_model};

const Json weather = Json::parse(
    R"({"type":"function","name":"get_weather","description":"d","parameters":{"type":"object",
        "properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}})");

Json question(const std::string& model, const Json& input, bool stream = false) {
  return {{"model", model}, {"input", input}, {"stream", stream}};
}

Reply post(const Json& body, std::uint16_t port = home().port()) {
  return ask(port, "POST", "/v1/responses", body.dump());
}

// The response object of either form of reply; a stream is held to every rule of its protocol.
Json answer_to(const Json& body, std::uint16_t port = home().port()) {
  const auto reply = post(body, port);
  REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  CHECK(reply.complete);
  if (!body.value("stream", false)) {
    CHECK(reply.header("content-type").starts_with("application/json"));
    return Json::parse(reply.body);
  }
  CHECK(reply.header("content-type").starts_with("text/event-stream"));
  const auto story = responses_story::read(reply.body);
  for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
  return story.response;
}

std::string text_of(const Json& response) {
  std::string text;
  for (const auto& item : response["output"]) {
    if (item["type"] != "message") continue;
    for (const auto& part : item["content"]) text += part.value("text", "");
  }
  return text;
}

Json items_of(const Json& response, const std::string& type) {
  Json found = Json::array();
  for (const auto& item : response["output"]) {
    if (item["type"] == type) found.push_back(item);
  }
  return found;
}

// What the backend that has the model was asked last.
Json asked_last(const std::string& model) {
  auto& server = model == coder            ? home().lmstudio()
                 : model == large          ? home().ollama()
                 : model == llamacpp_model ? home().llamacpp()
                                           : home().vllm();
  return Json::parse(server.bodies().back());
}

}  // namespace

TEST_CASE("responses: every kind of backend answers, whole and streamed, with the same words") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto body = question(model, "tell me more", stream);
      body["instructions"] = "Be kind.";
      body["metadata"] = {{"team", "a"}};
      const auto response = answer_to(body);
      CHECK(response["status"] == "completed");
      CHECK(text_of(response) == simulator::answer_for("tell me more", model));
      CHECK(response["instructions"] == "Be kind.");
      CHECK(response["metadata"]["team"] == "a");
      CHECK(response["model"].get<std::string>().find(model.substr(0, model.find(':'))) != std::string::npos);
      CHECK(response["usage"]["input_tokens"] > 0);
      CHECK(response["usage"]["output_tokens"] > 0);
      CHECK(asked_last(model)["messages"][0]["role"] == "system");
    }
  }
}

TEST_CASE("responses: two calls at once, their results, and the answer behind them") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      Json input = Json::array({{{"role", "user"}, {"content", "weather in both cities"}}});
      auto body = question(model, input, stream);
      body["tools"] = Json::array({weather, {{"type", "web_search"}}});
      const auto response = answer_to(body);
      const auto calls = items_of(response, "function_call");
      REQUIRE(calls.size() == 2);
      CHECK(calls[0]["call_id"] != calls[1]["call_id"]);
      for (const auto& call : calls) {
        CHECK(call["name"] == "get_weather");
        CHECK(Json::parse(call["arguments"].get<std::string>()).contains("days"));
      }
      for (const auto& item : response["output"]) input.push_back(item);
      for (const auto& call : calls) {
        input.push_back(
            {{"type", "function_call_output"}, {"call_id", call["call_id"]}, {"output", "sunny"}});
      }
      body["input"] = input;
      CHECK(text_of(answer_to(body)) == simulator::answer_for("weather in both cities", model));
      const auto sent = asked_last(model)["messages"];
      REQUIRE(sent.size() == 4);
      CHECK(sent[1]["tool_calls"].size() == 2);
      CHECK(sent[2]["role"] == "tool");
      CHECK(sent[3]["role"] == "tool");
      CHECK(asked_last(model)["tools"].size() == 1);
    }
  }
}

TEST_CASE("responses: what only OpenAI's own service can do is left out and named in a header") {
  auto body = question(coder, "hello");
  body["tools"] = Json::array({weather, {{"type", "web_search"}}, {{"type", "image_generation"}}});
  const auto reply = post(body);
  CHECK(reply.status == 200);
  CHECK(reply.header("x-codecrucible-dropped") == "web_search, image_generation");
  CHECK(post(question(coder, "hello")).header("x-codecrucible-dropped").empty());
}

TEST_CASE("responses: a custom tool is called with free text") {
  for (const std::string model : {coder, large}) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto body = question(model, "use the tool", stream);
      body["tools"] =
          Json::array({{{"type", "custom"}, {"name", "apply_patch"}, {"description", "edits files"}}});
      const auto calls = items_of(answer_to(body), "custom_tool_call");
      REQUIRE(calls.size() == 1);
      CHECK(calls[0]["name"] == "apply_patch");
      CHECK(calls[0]["input"] == "text0");
    }
  }
}

TEST_CASE("responses: structured output keeps to its schema with every backend") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto body = question(model, "a city", stream);
      body["text"] = {
          {"format",
           {{"type", "json_schema"}, {"name", "city"}, {"strict", true}, {"schema", weather["parameters"]}}}};
      const auto response = answer_to(body);
      CHECK(Json::parse(text_of(response)).contains("city"));
      CHECK(response["text"]["format"]["name"] == "city");
    }
  }
}

TEST_CASE("responses: reasoning is an item of its own, as text or as the summary that was asked for") {
  for (const std::string model : {lm_thinker, ollama_thinker}) {
    for (const bool stream : {false, true}) {
      for (const bool summary : {false, true}) {
        CAPTURE(model);
        CAPTURE(stream);
        CAPTURE(summary);
        auto body = question(model, "think hard", stream);
        body["reasoning"] = {{"effort", "high"}};
        if (summary) body["reasoning"]["summary"] = "auto";
        const auto response = answer_to(body);
        REQUIRE(response["output"].size() == 2);
        const auto& reasoning = response["output"][0];
        CHECK(reasoning["type"] == "reasoning");
        const auto& text = reasoning[summary ? "summary" : "content"][0]["text"];
        CHECK(text.get<std::string>().starts_with("The request is clear"));
        CHECK(text_of(response) == simulator::answer_for("think hard", model));
      }
    }
  }
}

TEST_CASE("responses: an answer that reaches its limit is incomplete") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto body = question(model, "long [[words:40]]", stream);
      body["max_output_tokens"] = 5;
      const auto response = answer_to(body);
      CHECK(response["status"] == "incomplete");
      CHECK(response["incomplete_details"]["reason"] == "max_output_tokens");
      CHECK(simulator::tokens_of(text_of(response)).size() == 5);
    }
  }
}

TEST_CASE("responses: a conversation goes on from the response before, over several turns") {
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto body = question(model, "first [[say:one]]", stream);
      body["instructions"] = "only for the first";
      const auto first = answer_to(body);
      body = question(model, Json::array({{{"role", "user"}, {"content", "second [[say:two]]"}}}), stream);
      body["previous_response_id"] = first["id"];
      const auto second = answer_to(body);
      CHECK(second["previous_response_id"] == first["id"]);
      body = question(model, "third [[say:three]]", stream);
      body["previous_response_id"] = second["id"];
      CHECK(text_of(answer_to(body)) == "three");
      const auto sent = asked_last(model)["messages"];
      REQUIRE(sent.size() == 5);
      CHECK(sent[1]["content"] == "one");
      CHECK(sent[2]["content"] == "second [[say:two]]");
      CHECK(sent[3]["content"] == "two");
      CHECK(sent[4]["content"] == "third [[say:three]]");
      // Another branch from the first answer knows nothing of the second.
      body = question(model, "other [[say:x]]", stream);
      body["previous_response_id"] = first["id"];
      answer_to(body);
      CHECK(asked_last(model)["messages"].size() == 3);
    }
  }
}

TEST_CASE("responses: calls and their results go on from a kept response, and items by reference") {
  auto body = question(coder, "weather in Rome");
  body["tools"] = Json::array({weather});
  const auto first = answer_to(body);
  const auto call = items_of(first, "function_call")[0];
  const Json result = {{"type", "function_call_output"}, {"call_id", call["call_id"]}, {"output", "sunny"}};
  body["input"] = Json::array({result});
  body["previous_response_id"] = first["id"];
  CHECK(text_of(answer_to(body)) == simulator::answer_for("weather in Rome", coder));
  body = question(coder, Json::array({{{"role", "user"}, {"content", "weather in Rome"}},
                                      {{"type", "item_reference"}, {"id", call["id"]}},
                                      result}));
  CHECK(text_of(answer_to(body)) == simulator::answer_for("weather in Rome", coder));
  const auto sent = asked_last(coder)["messages"];
  REQUIRE(sent.size() == 3);
  CHECK(sent[1]["tool_calls"][0]["id"] == call["call_id"]);
}

TEST_CASE("responses: a kept response can be read, listed and deleted") {
  const auto response = answer_to(question(coder, "keep me", true));
  const std::string path = "/v1/responses/" + response["id"].get<std::string>();
  auto reply = ask(home().port(), "GET", path);
  CHECK(reply.status == 200);
  CHECK(Json::parse(reply.body) == response);
  reply = ask(home().port(), "GET", path + "/input_items?limit=5&order=asc");
  CHECK(reply.status == 200);
  auto list = Json::parse(reply.body);
  REQUIRE(list["data"].size() == 1);
  CHECK(list["data"][0]["content"][0]["text"] == "keep me");
  CHECK(list["first_id"] == list["data"][0]["id"]);
  CHECK(ask(home().port(), "GET", path + "/input_items?limit=0").status == 400);
  CHECK(ask(home().port(), "GET", path + "/input_items?order=up").status == 400);
  CHECK(ask(home().port(), "GET", path + "?stream=true").status == 400);
  CHECK(ask(home().port(), "POST", path, "{}").status == 405);
  reply = ask(home().port(), "DELETE", path);
  CHECK(reply.status == 200);
  CHECK(Json::parse(reply.body)["deleted"] == true);
  for (const char* method : {"GET", "DELETE"}) {
    reply = ask(home().port(), method, path);
    CHECK(reply.status == 404);
    const auto error = Json::parse(reply.body)["error"];
    CHECK(error["type"] == "invalid_request_error");
    CHECK(error["message"].get<std::string>().find("not found") != std::string::npos);
  }
}

TEST_CASE("responses: store false leaves nothing behind") {
  for (const bool stream : {false, true}) {
    auto body = question(coder, "forget me", stream);
    body["store"] = false;
    const auto response = answer_to(body);
    CHECK(response["store"] == false);
    CHECK(ask(home().port(), "GET", "/v1/responses/" + response["id"].get<std::string>()).status == 404);
    body["previous_response_id"] = response["id"];
    const auto reply = post(body);
    CHECK(reply.status == 400);
    const auto error = Json::parse(reply.body)["error"];
    CHECK(error["code"] == "previous_response_not_found");
    CHECK(error["param"] == "previous_response_id");
  }
}

TEST_CASE("responses: the bound of what is kept is the configured one, live") {
  House small([] {
    Plan plan;
    plan.more = "performance:\n  cache:\n    responses: {entries: 2}\n";
    return plan;
  }());
  std::vector<std::string> paths;
  for (int i = 0; i < 3; ++i) {
    paths.push_back("/v1/responses/" +
                    answer_to(question(coder, "x"), small.port())["id"].get<std::string>());
  }
  CHECK(ask(small.port(), "GET", paths[0]).status == 404);
  CHECK(ask(small.port(), "GET", paths[1]).status == 200);
  CHECK(ask(small.port(), "GET", paths[2]).status == 200);
  REQUIRE(small.apply("performance:\n  cache:\n    responses: {size: 0}\n").has_value());
  CHECK(eventually([&] { return answer_to(question(coder, "x"), small.port())["store"] == false; }));
}

TEST_CASE("responses: where keys exist, nobody goes on from another's response") {
  House home([] {
    Plan plan;
    plan.more = "security:\n  keys: [{name: a, key: secret-a}, {name: b, key: secret-b}]\n";
    return plan;
  }());
  const Headers mine{{"authorization", "Bearer secret-a"}};
  const Headers other{{"authorization", "Bearer secret-b"}};
  const auto reply = ask(home.port(), "POST", "/v1/responses", question(coder, "mine").dump(), mine);
  REQUIRE(reply.status == 200);
  auto body = question(coder, "more");
  body["previous_response_id"] = Json::parse(reply.body)["id"];
  CHECK(ask(home.port(), "POST", "/v1/responses", body.dump(), other).status == 400);
  CHECK(ask(home.port(), "POST", "/v1/responses", body.dump(), mine).status == 200);
  // The same key in the other header is the same owner; another key there is not.
  CHECK(ask(home.port(), "POST", "/v1/responses", body.dump(), {{"x-api-key", "secret-b"}}).status == 400);
  CHECK(ask(home.port(), "POST", "/v1/responses", body.dump(), {{"x-api-key", "secret-a"}}).status == 200);
}

TEST_CASE("responses: a backend that breaks in mid-stream ends in response.failed and nothing is kept") {
  Plan plan;
  plan.llamacpp = plan.vllm = true;
  plan.more = "fallback:\n  breaker:\n    failures: 10000\n  hostBreaker:\n    failures: 10000\n";
  House home(plan);
  for (const std::string model : models) {
    for (const char* fault : {"cut:3", "error-in-stream:3"}) {
      CAPTURE(model);
      CAPTURE(fault);
      const auto body = question(model, "go [[fault:" + std::string(fault) + "]] [[words:50]]", true);
      const auto reply = post(body, home.port());
      CHECK(reply.status == 200);
      const auto story = responses_story::read(reply.body);
      for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
      CHECK(story.end == "failed");
      CHECK(story.response["error"]["code"] == "server_error");
      CHECK(!story.response["error"]["message"].get<std::string>().empty());
      const std::string path = "/v1/responses/" + story.response["id"].get<std::string>();
      CHECK(ask(home.port(), "GET", path).status == 404);
    }
    const auto reply = post(question(model, "[[fault:error500]]", true), home.port());
    CHECK(reply.status == 502);
    CHECK(Json::parse(reply.body)["error"]["type"] == "server_error");
  }
}

TEST_CASE("responses: a backend that breaks before its first word is replaced unseen") {
  Plan plan;
  plan.more = "fallback:\n  breaker:\n    failures: 10000\n  hostBreaker:\n    failures: 10000\n";
  House home(plan);
  for (const auto kind : {simulator::Fault::Kind::reset, simulator::Fault::Kind::cut}) {
    for (auto* const server : home.all()) server->inject({kind, 0}, 1);
    const auto response = answer_to(question("auto", "[[say:here]]", true), home.port());
    CHECK(text_of(response) == "here");
    for (auto* const server : home.all()) server->forgive();
    CHECK(ask(home.port(), "GET", "/v1/responses/" + response["id"].get<std::string>()).status == 200);
  }
}

TEST_CASE("responses: a client that leaves cancels the generation, and nothing of it is kept") {
  Plan plan;
  plan.time_scale = 1;
  plan.more = "resources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  House home(plan);
  for (const std::string model : {coder, large}) {
    for (const bool stream : {true, false}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto& server = model == coder ? home.lmstudio() : home.ollama();
      const auto before = server.stats().cancelled;
      Client client(home.port());
      client.request("POST", "/v1/responses", question(model, "go on [[words:5000]]", stream).dump());
      if (stream) {
        REQUIRE(client.until("Simulated").find("response.output_text.delta") != std::string_view::npos);
      } else {
        REQUIRE(eventually([&] { return server.stats().running == 1; }));
      }
      client.close();
      CHECK(eventually([&] { return server.stats().cancelled > before && server.stats().running == 0; }));
    }
  }
}

TEST_CASE("responses: what is wrong with a request is told with its field") {
  const auto refused = [](const Json& body) {
    const auto reply = post(body);
    CHECK(reply.status == 400);
    const auto error = Json::parse(reply.body)["error"];
    CHECK(error["type"] == "invalid_request_error");
    return error["param"].is_string() ? error["param"].get<std::string>() : std::string();
  };
  CHECK(refused({{"model", coder}}) == "input");
  CHECK(refused({{"input", "x"}}) == "model");
  auto body = question(coder, "x");
  body["background"] = true;
  CHECK(refused(body) == "background");
  body = question(coder, "x");
  body["tools"] = Json::array({{{"type", "file_search"}, {"vector_store_ids", {"v"}}}});
  CHECK(refused(body) == "tools[0].type");
  CHECK(post(question("no-such-model", "x")).status == 404);
  const auto long_one = post(question(coder, [] {
    std::string words;
    for (int i = 0; i < 20'000; ++i) words += "many words ";
    return words;
  }()));
  CHECK(long_one.status == 400);
  CHECK(Json::parse(long_one.body)["error"]["code"] == "context_length_exceeded");
  CHECK(ask(home().port(), "GET", "/v1/responses").status == 405);
}

// What Codex sends (version 0.169), shortened: two developer messages, a namespace of tools, an offer of
// web_search, fields that only its own service reads.
TEST_CASE("responses: an agent like Codex is understood") {
  auto body = Json::parse(R"({"model":"","stream":true,"input":[
    {"type":"message","id":"msg_1","role":"developer","content":[{"type":"input_text","text":"You are a coding agent."}]},
    {"type":"message","id":"msg_2","role":"developer","content":[{"type":"input_text","text":"## Skills"}]},
    {"type":"message","id":"msg_3","role":"user","content":[{"type":"input_text","text":"<environment_context/>"}]},
    {"type":"message","id":"msg_4","role":"user","content":[{"type":"input_text","text":"weather please"}]}],
    "tools":[{"type":"function","name":"exec_command","description":"d","strict":false,
              "parameters":{"type":"object","properties":{"cmd":{"type":"string"}},"required":["cmd"]}},
             {"type":"namespace","name":"multi_agent_v1","description":"d","tools":[
               {"type":"function","name":"close_agent","description":"d","parameters":{"type":"object","properties":{}}}]},
             {"type":"web_search","external_web_access":false}],
    "tool_choice":"auto","parallel_tool_calls":true,"reasoning":{"summary":"auto"},"store":false,
    "include":["reasoning.encrypted_content"],"prompt_cache_key":"k","client_metadata":{"x-codex":"{}"}})");
  for (const std::string model : models) {
    CAPTURE(model);
    body["model"] = model;
    const auto response = answer_to(body);
    const auto calls = items_of(response, "function_call");
    REQUIRE(calls.size() == 1);
    CHECK(calls[0]["name"] == "exec_command");
    auto next = body;
    next["input"].push_back(calls[0]);
    next["input"].push_back(
        {{"type", "function_call_output"}, {"call_id", calls[0]["call_id"]}, {"output", "Exit code: 0"}});
    CHECK(text_of(answer_to(next)) == simulator::answer_for("weather please", model));
    next = body;
    next["tool_choice"] = {{"type", "function"}, {"name", "close_agent"}};
    const auto named = items_of(answer_to(next), "function_call");
    REQUIRE(named.size() == 1);
    CHECK(named[0]["namespace"] == "multi_agent_v1");
    CHECK(named[0]["name"] == "close_agent");
  }
}
