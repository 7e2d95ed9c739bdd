// Escalation as clients of Anthropic's Messages and of Responses see it.
#include "escalation_support.hpp"
#include "messages_client.hpp"
#include "responses_story.hpp"

#include <array>

using namespace escalation_support;
using Json = nlohmann::ordered_json;

namespace {

House& home() {
  static House one(plan(generous));
  return one;
}

// What a client of either dialect understands of a reply.
struct Heard {
  std::string text, model, end;
  std::vector<std::pair<std::string, Json>> calls;
  nlohmann::json usage;
};

enum class Speaks : std::uint8_t { messages, responses };
constexpr std::array both{Speaks::messages, Speaks::responses};

const std::string parameters =
    R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]})";

Reply post(House& house, Speaks dialect, const std::string& prompt, bool stream, const std::string& more = {},
           const std::string& model = "auto") {
  if (dialect == Speaks::messages) {
    return messages_client::post(messages_client::body_of(model, messages_client::user(prompt), stream, more),
                                 house.port());
  }
  const std::string body = R"({"model":")" + model + R"(","input":)" + Json(prompt).dump() + R"(,"stream":)" +
                           (stream ? "true" : "false") + more + "}";
  return ask(house.port(), "POST", "/v1/responses", body);
}

Heard heard_of(const nlohmann::json& response) {
  Heard heard;
  heard.model = response["model"];
  heard.end = response["status"];
  heard.usage = response["usage"];
  for (const auto& item : response["output"]) {
    if (item["type"] == "function_call")
      heard.calls.emplace_back(item["name"],
                               Json::parse(item["arguments"].get<std::string>(), nullptr, false));
    if (item["type"] != "message") continue;
    for (const auto& part : item["content"]) heard.text += part.value("text", "");
  }
  return heard;
}

Heard read(Speaks dialect, bool stream, const Reply& reply) {
  REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
  CHECK(reply.complete);
  if (dialect == Speaks::messages) {
    const auto answer = messages_client::read(stream, reply);
    Heard heard;
    heard.text = answer.text();
    heard.model = answer.model;
    heard.end = answer.stop_reason;
    heard.usage = answer.usage;
    for (const auto& call : answer.calls()) heard.calls.emplace_back(call.name, call.input);
    return heard;
  }
  if (!stream) return heard_of(nlohmann::json::parse(reply.body));
  const auto story = responses_story::read(reply.body);
  for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
  return heard_of(story.response);
}

std::string tools_of(Speaks dialect) {
  if (dialect == Speaks::messages)
    return R"(,"tools":[{"name":"get_weather","description":"d","input_schema":)" + parameters + "}]";
  return R"(,"tools":[{"type":"function","name":"get_weather","description":"d","parameters":)" + parameters +
         "}]";
}

std::string format_of(Speaks dialect) {
  if (dialect == Speaks::messages)
    return R"(,"output_config":{"format":{"type":"json_schema","schema":)" + parameters + "}}";
  return R"(,"text":{"format":{"type":"json_schema","name":"x","schema":)" + parameters + "}}";
}

template <class Check>
void in_all_forms(const Check& check) {
  for (const auto dialect : both) {
    for (const bool stream : {true, false}) {
      const std::string what = std::string(dialect == Speaks::messages ? "messages" : "responses") +
                               (stream ? ", streamed" : ", whole");
      CAPTURE(what);
      check(dialect, stream);
    }
  }
}

}  // namespace

TEST_CASE(
    "escalation: Messages and Responses show nothing of an answer that is no good, all of the stronger one") {
  in_all_forms([](Speaks dialect, bool stream) {
    const auto prompt = refused_by_small("Tell me more");
    const auto reply = post(home(), dialect, prompt, stream);
    const auto heard = read(dialect, stream, reply);
    CHECK(heard.text == simulator::answer_for(prompt, large));
    CHECK(heard.model == large);
    CHECK(heard.end == (dialect == Speaks::messages ? "end_turn" : "completed"));
    CHECK(reply.body.find("sorry") == std::string::npos);
    CHECK(reply.header("x-codecrucible-escalated") == "true");
    CHECK(reply.header("x-codecrucible-escalation-reason") == "refusal");
    CHECK(reply.header("x-codecrucible-model") == large);
  });
  CHECK(eventually([] { return home().running() == 0; }));
}

TEST_CASE("escalation: Messages and Responses show a good answer, and tell how sure it is") {
  in_all_forms([](Speaks dialect, bool stream) {
    const std::string prompt = "Tell me more, and well";
    const auto reply = post(home(), dialect, prompt, stream);
    const auto heard = read(dialect, stream, reply);
    CHECK(heard.text == simulator::answer_for(prompt, coder));
    CHECK(heard.model == coder);
    CHECK(!heard.usage.contains("codecrucible"));
    CHECK(reply.header("x-codecrucible-escalated") == "false");
    CHECK(std::stod(reply.header("x-codecrucible-confidence")) > 0.6);
  });
}

TEST_CASE("escalation: in Messages and Responses usage counts both answers and says which used what") {
  in_all_forms([](Speaks dialect, bool stream) {
    const auto heard = read(dialect, stream, post(home(), dialect, refused_by_small("Count"), stream));
    const auto& parts = heard.usage["codecrucible"];
    REQUIRE_MESSAGE(parts.is_object(), heard.usage.dump());
    CHECK(parts["fast"]["model"] == coder);
    CHECK(parts["strong"]["model"] == large);
    std::int64_t in = 0, out = 0;
    for (const auto& part : parts) {
      CHECK(part["prompt_tokens"].get<std::int64_t>() > 0);
      CHECK(part["completion_tokens"].get<std::int64_t>() > 0);
      in += part["prompt_tokens"].get<std::int64_t>();
      out += part["completion_tokens"].get<std::int64_t>();
    }
    CHECK(heard.usage["input_tokens"] == in);
    CHECK(heard.usage["output_tokens"] == out);
    if (dialect == Speaks::responses) CHECK(heard.usage["total_tokens"] == in + out);
  });
}

TEST_CASE("escalation: in Messages and Responses broken JSON where a schema was asked for is replaced") {
  in_all_forms([](Speaks dialect, bool stream) {
    for (const std::string bad :
         {R"({"city": "Rome", "days": )", R"({"town": "Rome"})", "Rome, for 3 days."}) {
      CAPTURE(bad);
      const std::string prompt = "Where and how long? [[say@small-coder:" + bad + "]]";
      const auto reply = post(home(), dialect, prompt, stream, format_of(dialect));
      const auto heard = read(dialect, stream, reply);
      CHECK(reply.header("x-codecrucible-escalated") == "true");
      CHECK(Json::parse(heard.text, nullptr, false).contains("city"));
    }
  });
}

TEST_CASE(
    "escalation: in Messages and Responses a tool call that breaks its schema is made by the stronger "
    "model") {
  in_all_forms([](Speaks dialect, bool stream) {
    const std::string prompt =
        R"(weather in Rome [[arguments@small-coder:{"city":["Rome"],"days":"a few"}]])";
    const auto reply = post(home(), dialect, prompt, stream, tools_of(dialect));
    const auto heard = read(dialect, stream, reply);
    CHECK(reply.header("x-codecrucible-escalated") == "true");
    REQUIRE(heard.calls.size() == 1);
    CHECK(heard.calls[0].first == "get_weather");
    CHECK(heard.calls[0].second["city"].is_string());
    CHECK(heard.calls[0].second["days"].is_number_integer());
    if (dialect == Speaks::messages) CHECK(heard.end == "tool_use");
  });
}

TEST_CASE("escalation: in Messages and Responses arguments that can be repaired without guessing are") {
  in_all_forms([](Speaks dialect, bool stream) {
    const auto strong = home().ollama().stats().requests;
    const std::string prompt = R"(weather in Rome [[arguments@small-coder:{"city":"Rome","days":"3",}]])";
    const auto reply = post(home(), dialect, prompt, stream, tools_of(dialect));
    const auto heard = read(dialect, stream, reply);
    CHECK(reply.header("x-codecrucible-repaired-calls") == "1");
    CHECK(reply.header("x-codecrucible-escalated") == "false");
    REQUIRE(heard.calls.size() == 1);
    CHECK(heard.calls[0].second == Json{{"city", "Rome"}, {"days", 3}});
    CHECK(home().ollama().stats().requests == strong);
  });
}

TEST_CASE("escalation: in Messages and Responses a named model's arguments are repaired as well") {
  in_all_forms([](Speaks dialect, bool stream) {
    for (const auto& [sent, mended] :
         {std::pair(R"({"city":"Rome","days":"3",})", R"({"city":"Rome","days":3})"),
          std::pair(R"({"city":["Rome"],"days":"a few"})", R"({"city":["Rome"],"days":"a few"})")}) {
      CAPTURE(sent);
      const auto strong = home().ollama().stats().requests;
      const std::string prompt = "weather in Rome [[arguments@small-coder:" + std::string(sent) + "]]";
      const auto reply = post(home(), dialect, prompt, stream, tools_of(dialect), coder);
      const auto heard = read(dialect, stream, reply);
      CHECK(reply.header("x-codecrucible-repaired-calls") == (sent == std::string(mended) ? "" : "1"));
      REQUIRE(heard.calls.size() == 1);
      CHECK(heard.calls[0].second == Json::parse(mended));
      CHECK(home().ollama().stats().requests == strong);
    }
  });
}

TEST_CASE("escalation: in Messages and Responses the doubted answer is given if the stronger model fails") {
  const std::string text =
      refusal + " It goes on for a while, so that the stream is not over when it is judged.";
  const std::string prompt = "Do it [[say@small-coder:" + text + "]]";
  in_all_forms([&](Speaks dialect, bool stream) {
    House house(plan(generous));
    house.ollama().inject({simulator::Fault::Kind::overloaded, 0}, 100, large);
    const auto reply = post(house, dialect, prompt, stream);
    const auto heard = read(dialect, stream, reply);
    CHECK(heard.text == text);
    CHECK(heard.model == coder);
    CHECK(!heard.usage.contains("codecrucible"));
    CHECK(reply.header("x-codecrucible-escalation") == "kept");
    CHECK(reply.header("x-codecrucible-escalated") == "false");
  });
}

TEST_CASE("escalation: a response that was escalated is kept and gone on from as the client saw it") {
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    const auto prompt = refused_by_small("Begin");
    auto reply = post(home(), Speaks::responses, prompt, stream);
    const auto first =
        stream ? responses_story::read(reply.body).response : nlohmann::json::parse(reply.body);
    const std::string id = first["id"];
    const auto kept = nlohmann::json::parse(ask(home().port(), "GET", "/v1/responses/" + id).body);
    CHECK(heard_of(kept).text == simulator::answer_for(prompt, large));
    CHECK(kept["usage"] == first["usage"]);
    const std::string body = R"({"model":"auto","previous_response_id":")" + id + R"(","input":"Go on"})";
    reply = ask(home().port(), "POST", "/v1/responses", body);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    const auto sent = nlohmann::json::parse(home().ollama().bodies().back());
    bool told = false;
    for (const auto& message : sent["messages"])
      told = told || message.value("content", "") == simulator::answer_for(prompt, large);
    CHECK(told);
  }
}
