// What agents do all day, in the forms in which Claude Code, Codex, Qwen Code and opencode send it: the model
// calls tools, the agent sends their results back with all that was said before, until there is an answer.
#include "house/answer.hpp"
#include "messages_client.hpp"
#include "responses_story.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace messages_client;

namespace {

const std::string one_by_one =
    R"(Read both [[call:read_file {"path":"/w/a.txt"}]] [[call:run {"cmd":"cat b.txt","workdir":"/w"}]])";
const std::string at_once = one_by_one + " [[together]]";
const std::string said_by_tools = "The tools say: first secret\nsecond \"secret\"\n";

const Json read_schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                          {"type", "object"},
                          {"properties", {{"path", {{"type", "string"}}}, {"limit", {{"type", "integer"}}}}},
                          {"required", {"path"}},
                          {"additionalProperties", false}};
const Json run_schema = {{"type", "object"},
                         {"properties", {{"cmd", {{"type", "string"}}}, {"workdir", {{"type", "string"}}}}},
                         {"required", {"cmd"}}};

struct Wanted {
  std::string id, name;
  Json arguments;
};

// One turn: what the agent has to do, or the last answer.
struct Turn {
  std::vector<Wanted> calls;
  std::string text;
};

// What the tools say; the arguments have to have come through whole.
std::string result_of(const Wanted& call) {
  if (call.name == "read_file") {
    CHECK(call.arguments == Json{{"path", "/w/a.txt"}});
    return "first secret";
  }
  CHECK(call.arguments == Json{{"cmd", "cat b.txt"}, {"workdir", "/w"}});
  return "second \"secret\"\n";
}

// Goes round until there is an answer; `turn` asks with all that was said, `told` adds a turn and its
// results.
void go_round(bool together, const std::function<Turn()>& turn,
              const std::function<void(const Turn&)>& told) {
  for (int i = 0; i < 4; ++i) {
    const Turn now = turn();
    if (now.calls.empty()) {
      CHECK(i == (together ? 1 : 2));
      CHECK(now.text == said_by_tools);
      return;
    }
    CHECK(now.calls.size() == (together ? 2 : 1));
    told(now);
  }
  FAIL_CHECK("it never came to an end");
}

template <class Check>
void in_all_forms(const Check& check) {
  for (const std::string model : models) {
    for (const bool stream : {true, false}) {
      for (const bool together : {false, true}) {
        CAPTURE(model);
        CAPTURE(stream);
        CAPTURE(together);
        check(model, stream, together);
      }
    }
  }
}

}  // namespace

TEST_CASE("agent loop: Messages, with reminders beside the results and cache marks") {
  in_all_forms([](const std::string& model, bool stream, bool together) {
    Json messages = {{{"role", "user"},
                      {"content",
                       {{{"type", "text"}, {"text", "<system-reminder>tools</system-reminder>"}},
                        {{"type", "text"},
                         {"text", together ? at_once : one_by_one},
                         {"cache_control", {{"type", "ephemeral"}}}}}}}};
    const auto ask_once = [&] {
      const Json body = {
          {"model", model},
          {"max_tokens", 32000},
          {"stream", stream},
          {"system",
           {{{"type", "text"}, {"text", "You are an agent."}, {"cache_control", {{"type", "ephemeral"}}}}}},
          {"tools",
           {{{"name", "run"}, {"description", "d"}, {"input_schema", run_schema}},
            {{"name", "read_file"}, {"description", "d"}, {"input_schema", read_schema}}}},
          {"messages", messages}};
      const auto answer = read(stream, post(body.dump()));
      Turn turn;
      turn.text = answer.text();
      for (const auto& call : answer.calls()) turn.calls.push_back({call.id, call.name, call.input});
      CHECK(answer.stop_reason == (turn.calls.empty() ? "end_turn" : "tool_use"));
      return turn;
    };
    go_round(together, ask_once, [&](const Turn& turn) {
      Json uses = Json::array(), results = Json::array();
      for (const auto& call : turn.calls) {
        uses.push_back(
            {{"type", "tool_use"}, {"id", call.id}, {"name", call.name}, {"input", call.arguments}});
        results.push_back({{"tool_use_id", call.id}, {"type", "tool_result"}, {"content", result_of(call)}});
      }
      results.back()["cache_control"] = {{"type", "ephemeral"}};
      results.push_back({{"type", "text"}, {"text", "<system-reminder>go on</system-reminder>"}});
      messages.push_back({{"role", "assistant"}, {"content", uses}});
      messages.push_back({{"role", "user"}, {"content", results}});
    });
  });
}

TEST_CASE("agent loop: Responses, nothing stored, every item sent again") {
  in_all_forms([](const std::string& model, bool stream, bool together) {
    Json input = {{{"type", "message"},
                   {"role", "developer"},
                   {"content", {{{"type", "input_text"}, {"text", "<permissions>read only</permissions>"}}}}},
                  {{"type", "message"},
                   {"role", "user"},
                   {"content", {{{"type", "input_text"}, {"text", together ? at_once : one_by_one}}}}}};
    const auto ask_once = [&] {
      const Json body = {
          {"model", model},
          {"instructions", "You are an agent."},
          {"input", input},
          {"tools",
           {{{"type", "function"}, {"name", "run"}, {"strict", false}, {"parameters", run_schema}},
            {{"type", "function"}, {"name", "read_file"}, {"strict", false}, {"parameters", read_schema}},
            {{"type", "web_search"}, {"external_web_access", false}}}},
          {"tool_choice", "auto"},
          {"parallel_tool_calls", true},
          {"reasoning", nullptr},
          {"store", false},
          {"stream", stream},
          {"include", {"reasoning.encrypted_content"}}};
      const auto reply = ask(home().port(), "POST", "/v1/responses", body.dump());
      REQUIRE_MESSAGE(reply.status == 200, reply.body);
      auto response = nlohmann::json::object();
      if (stream) {
        const auto story = responses_story::read(reply.body);
        for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
        response = story.response;
      } else {
        response = nlohmann::json::parse(reply.body);
      }
      Turn turn;
      for (const auto& item : response["output"]) {
        if (item["type"] == "function_call") {
          turn.calls.push_back(
              {item["call_id"], item["name"], Json::parse(item["arguments"].get<std::string>())});
          input.push_back(Json::parse(item.dump()));
        }
        if (item["type"] != "message") continue;
        for (const auto& part : item["content"]) turn.text += part.value("text", "");
      }
      return turn;
    };
    go_round(together, ask_once, [&](const Turn& turn) {
      for (const auto& call : turn.calls)
        input.push_back(
            {{"type", "function_call_output"}, {"call_id", call.id}, {"output", result_of(call)}});
    });
  });
}

TEST_CASE("agent loop: chat, with the model's empty words beside its calls") {
  in_all_forms([](const std::string& model, bool stream, bool together) {
    Json messages = {{{"role", "system"}, {"content", "You are an agent."}},
                     {{"role", "user"}, {"content", together ? at_once : one_by_one}}};
    const auto function = [](const char* name, const Json& schema) -> Json {
      return {{"type", "function"},
              {"function", {{"name", name}, {"description", "d"}, {"parameters", schema}}}};
    };
    const auto ask_once = [&] {
      const Json body = {{"model", model},
                         {"max_tokens", 4096},
                         {"messages", messages},
                         {"tools", {function("run", run_schema), function("read_file", read_schema)}},
                         {"tool_choice", "auto"},
                         {"stream", stream}};
      const auto reply = ask(home().port(), "POST", "/v1/chat/completions", body.dump());
      REQUIRE_MESSAGE(reply.status == 200, reply.body);
      const auto answer = read_answer(Dialect::openai_chat, stream, reply);
      for (const auto& what : answer.broken) CHECK_MESSAGE(false, what);
      Turn turn;
      turn.text = answer.text;
      for (const auto& call : answer.calls)
        turn.calls.push_back({call.id, call.name, Json::parse(call.arguments)});
      CHECK(answer.finish == (turn.calls.empty() ? "stop" : "tool_calls"));
      return turn;
    };
    go_round(together, ask_once, [&](const Turn& turn) {
      Json calls = Json::array();
      for (const auto& call : turn.calls)
        calls.push_back({{"id", call.id},
                         {"type", "function"},
                         {"function", {{"name", call.name}, {"arguments", call.arguments.dump()}}}});
      messages.push_back({{"role", "assistant"}, {"content", nullptr}, {"tool_calls", calls}});
      for (const auto& call : turn.calls)
        messages.push_back({{"role", "tool"}, {"tool_call_id", call.id}, {"content", result_of(call)}});
    });
  });
}
