#include "core/result.hpp"
#include "providers/kinds.hpp"
#include "wire/ollama/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using core::Cause;
using core::Role;
using core::Surface;
using nlohmann::json;
using nlohmann::ordered_json;

namespace {

providers::Target target_that_can_all() {
  providers::Target target;
  target.model = "qwen3:8b";
  target.can.vision = target.can.thinking = target.can.logprobs = target.can.insert = true;
  target.num_ctx = 16384;
  target.keep_alive = "\"30m\"";
  return target;
}

// A request as an OpenAI client's is decoded to.
struct Asked {
  explicit Asked(Surface surface = Surface::openai_chat) : request(arena) {
    request.surface = surface;
    request.model = "auto";
  }
  core::Message& say(Role role, std::string_view text) {
    auto& message = request.messages.emplace_back();
    message.role = role;
    if (!text.empty()) message.parts.push_back({core::Part::Kind::text, text, {}, {}});
    return message;
  }
  void offer(std::string_view name, std::string_view parameters = R"({"type":"object","properties":{}})") {
    core::Tool tool;
    tool.name = name;
    tool.parameters = parameters;
    request.tools.push_back(tool);
  }
  json sent() const {
    const auto call = providers::ollama().encode(request, nullptr, target);
    REQUIRE(call.has_value());
    return json::parse(call->body);
  }
  core::Failure refused() const {
    auto call = providers::ollama().encode(request, nullptr, target);
    REQUIRE_FALSE(call.has_value());
    return call.error();
  }
  core::Arena arena;
  core::ChatRequest request;
  providers::Target target = target_that_can_all();
};

}  // namespace

TEST_CASE("ollama request: C1 C11 limits under Ollama's name and only what the client said") {
  Asked asked;
  asked.say(Role::user, "hi");
  auto body = asked.sent();
  CHECK(body["model"] == "qwen3:8b");
  CHECK(body["stream"] == false);
  CHECK(body["options"] == json{{"num_ctx", 16384}});
  CHECK(body["keep_alive"] == "30m");
  CHECK(body["truncate"] == false);
  CHECK(body["shift"] == false);
  CHECK_FALSE(body.contains("think"));
  CHECK_FALSE(body.contains("tools"));
  asked.request.max_tokens = 50;
  asked.request.sampling.temperature = 0.25;
  asked.request.sampling.seed = 7;
  asked.request.stop.push_back("E\"ND");
  asked.request.stream = true;
  body = asked.sent();
  CHECK(body["stream"] == true);
  CHECK(
      body["options"] ==
      json{{"num_ctx", 16384}, {"num_predict", 50}, {"temperature", 0.25}, {"seed", 7}, {"stop", {"E\"ND"}}});
}

TEST_CASE("ollama request: C2 leading system messages become one for OpenAI clients") {
  Asked asked;
  asked.say(Role::system, "one");
  asked.say(Role::system, "two");
  asked.say(Role::user, "hi");
  asked.say(Role::system, "later");
  const auto messages = asked.sent()["messages"];
  REQUIRE(messages.size() == 3);
  CHECK(messages[0] == json{{"role", "system"}, {"content", "one\n\ntwo"}});
  CHECK(messages[2]["role"] == "system");
  asked.request.surface = Surface::ollama_chat;
  CHECK(asked.sent()["messages"].size() == 4);
}

TEST_CASE("ollama request: C3 C4 content is a string and arguments are an object") {
  Asked asked;
  asked.say(Role::user, "hi");
  auto& assistant = asked.say(Role::assistant, "");
  assistant.tool_calls.push_back({"c1", "f", R"({"z": 1, "a": 2})"});
  assistant.tool_calls.push_back({"c2", "g", ""});
  assistant.tool_calls.push_back({"c3", "h", "{\"broken"});
  const auto call = providers::ollama().encode(asked.request, nullptr, asked.target);
  REQUIRE(call.has_value());
  CHECK(call->body.find(R"("arguments":{"z": 1, "a": 2})") != std::string::npos);  // A16: the order stays
  const auto message = json::parse(call->body)["messages"][1];
  CHECK(message["content"] == "");
  CHECK(message["tool_calls"][0]["id"] == "c1");
  CHECK(message["tool_calls"][1]["function"]["arguments"] == json::object());
  CHECK(message["tool_calls"][2]["function"]["arguments"] == json{{"_raw", "{\"broken"}});
}

TEST_CASE("ollama request: C5 C6 parts are joined, images are bare base64, addresses are refused") {
  Asked asked;
  auto& message = asked.say(Role::user, "one");
  core::Part image;
  image.kind = core::Part::Kind::image;
  image.image.base64 = "AAAA";
  message.parts.push_back(image);
  message.parts.push_back({core::Part::Kind::text, "two", {}, {}});
  CHECK(asked.sent()["messages"][0]["content"] == "one\ntwo");
  CHECK(asked.sent()["messages"][0]["images"] == json{"AAAA"});

  asked.target.can.vision = false;
  CHECK(asked.refused().cause == Cause::unsupported);
  asked.target.can.vision = true;
  message.parts[1].image = {"", "", "https://x/y.png"};
  CHECK(asked.refused().param == "messages[0].content");
  CHECK(asked.refused().cause == Cause::unsupported);
  message.parts[1].kind = core::Part::Kind::other;
  CHECK(asked.refused().cause == Cause::unsupported);
}

TEST_CASE("ollama request: C9 tool choice removes, limits and instructs") {
  Asked asked;
  asked.say(Role::system, "sys");
  asked.say(Role::user, "hi");
  asked.offer("f", R"({"z":{},"type":"object"})");
  asked.offer("g", "");
  auto body = asked.sent();
  REQUIRE(body["tools"].size() == 2);
  CHECK(body["tools"][1]["function"]["parameters"]["type"] == "object");
  CHECK(body["messages"][0]["content"] == "sys");

  asked.request.tool_choice = core::ToolChoice::none;
  CHECK_FALSE(asked.sent().contains("tools"));
  asked.request.tool_choice = core::ToolChoice::required;
  body = asked.sent();
  CHECK(body["tools"].size() == 2);
  CHECK(body["messages"][0]["content"].get<std::string>().starts_with("sys\n\nAnswer with a call"));
  asked.request.tool_choice = core::ToolChoice::named;
  asked.request.tool_choice_name = "g";
  body = asked.sent();
  REQUIRE(body["tools"].size() == 1);
  CHECK(body["tools"][0]["function"]["name"] == "g");
  CHECK(body["messages"][0]["content"].get<std::string>().find("the tool g") != std::string::npos);
  asked.request.tool_choice_name = "unknown";
  CHECK(asked.refused().param == "tool_choice");
}

TEST_CASE("ollama request: an instruction without a system message makes one") {
  Asked asked;
  asked.say(Role::user, "hi");
  asked.offer("f");
  asked.request.parallel_tool_calls = false;
  const auto messages = asked.sent()["messages"];
  REQUIRE(messages.size() == 2);
  CHECK(messages[0]["role"] == "system");
  CHECK(messages[0]["content"] == "Call at most one tool per answer.");
}

TEST_CASE("ollama request: C10 tools and thinking only where the model can") {
  Asked asked;
  asked.say(Role::user, "hi");
  asked.request.effort = "high";
  CHECK(asked.sent()["think"] == true);
  asked.target.model = "gpt-oss:20b";
  CHECK(asked.sent()["think"] == "high");
  asked.request.effort = "none";
  CHECK(asked.sent()["think"] == false);
  asked.request.effort = "low";
  asked.target.can.thinking = false;
  CHECK_FALSE(asked.sent().contains("think"));  // a hint may go unheard
  asked.request.surface = Surface::ollama_chat;
  asked.request.think = true;
  CHECK(asked.refused().param == "think");
  asked.request.think = false;
  asked.request.effort = {};
  CHECK_FALSE(asked.sent().contains("think"));

  asked.target.can.tools = false;
  CHECK_FALSE(asked.sent().contains("tools"));
  asked.offer("f");
  CHECK(asked.refused().param == "tools");
  CHECK(asked.refused().cause == Cause::unsupported);
}

TEST_CASE("ollama request: C12 a result is linked by the name of its call") {
  Asked asked;
  asked.say(Role::user, "hi");
  asked.say(Role::assistant, "").tool_calls.push_back({"c1", "first", "{}"});
  asked.say(Role::tool, "1").tool_call_id = "c1";
  asked.say(Role::assistant, "").tool_calls.push_back({"c1", "second", "{}"});
  asked.say(Role::tool, "2").tool_call_id = "c1";
  asked.say(Role::tool, "3").tool_call_id = "nobody";
  const auto messages = asked.sent()["messages"];
  CHECK(messages[2]["tool_name"] == "first");
  CHECK(messages[2]["tool_call_id"] == "c1");
  CHECK(messages[4]["tool_name"] == "second");
  CHECK_FALSE(messages[5].contains("tool_name"));
}

TEST_CASE("ollama request: formats") {
  Asked asked;
  asked.say(Role::user, "hi");
  CHECK_FALSE(asked.sent().contains("format"));
  asked.request.format.kind = core::Format::Kind::json;
  CHECK(asked.sent()["format"] == "json");
  asked.request.format.kind = core::Format::Kind::schema;
  asked.request.format.schema = R"({"type":"object"})";
  CHECK(asked.sent()["format"] == json{{"type", "object"}});
}

TEST_CASE("ollama request: B19 B20 what Ollama cannot do is named") {
  Asked asked;
  asked.say(Role::user, "hi");
  asked.request.n = 1;
  CHECK(asked.sent()["messages"].size() == 1);
  asked.request.n = 2;
  CHECK(asked.refused().param == "n");
  asked.request.n.reset();
  asked.request.logit_bias = R"({"1":2})";
  CHECK(asked.refused().param == "logit_bias");
  asked.request.logit_bias = "{}";
  asked.request.logprobs = true;
  asked.request.top_logprobs = 2;
  CHECK(asked.sent()["logprobs"] == true);
  CHECK(asked.sent()["top_logprobs"] == 2);
  asked.target.can.logprobs = false;
  CHECK(asked.refused().param == "logprobs");
  asked.request.logprobs.reset();
  asked.request.extras.push_back({"store", "true"});
  CHECK_FALSE(asked.sent().contains("store"));  // C14: nothing foreign goes on
  asked.request.extras.push_back({"functions", "[{}]"});
  CHECK(asked.refused().param == "functions");
}

TEST_CASE("ollama request: D4 an Ollama client's load-time options never reach the server") {
  const std::string text =
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"keep_alive":0,"shift":true,"new_field":[1],
          "options":{"num_ctx":2048,"num_batch":1,"num_gpu":2,"num_thread":3,"main_gpu":1,"use_mmap":true,
                     "mirostat":2,"num_predict":-1,"top_k":5}})";
  const std::string bytes = text + std::string(64, '\0');
  Asked asked;
  REQUIRE(
      wire::ollama::decode_chat(std::string_view(bytes).substr(0, text.size()), asked.arena, asked.request)
          .has_value());
  auto body = asked.sent();
  CHECK(body["options"] == json{{"num_ctx", 16384}, {"top_k", 5}, {"mirostat", 2}, {"num_predict", -1}});
  CHECK(body["keep_alive"] == "30m");
  CHECK(body["shift"] == true);
  CHECK(body["truncate"] == false);
  CHECK(body["new_field"] == json{1});
  asked.target.num_ctx.reset();
  asked.target.keep_alive.reset();
  body = asked.sent();
  CHECK_FALSE(body["options"].contains("num_ctx"));
  CHECK_FALSE(body.contains("keep_alive"));
}

TEST_CASE("ollama request: replies go on as bytes only in the same dialect") {
  Asked asked;
  asked.say(Role::user, "hi");
  const auto verbatim = [&] {
    return providers::ollama().encode(asked.request, nullptr, asked.target)->verbatim;
  };
  CHECK_FALSE(verbatim());
  asked.request.surface = Surface::ollama_chat;
  CHECK(verbatim());
  asked.target.ask_logprobs = true;  // the client did not ask: they must not reach it
  CHECK_FALSE(verbatim());
  CHECK(asked.sent()["logprobs"] == true);
}

TEST_CASE("ollama request: C17 completions continue the raw text") {
  Asked asked(Surface::openai_completions);
  asked.request.prompt = "int main";
  const auto call = providers::ollama().encode(asked.request, nullptr, asked.target);
  REQUIRE(call.has_value());
  CHECK(call->path == "/api/generate");
  auto body = json::parse(call->body);
  CHECK(body["prompt"] == "int main");
  CHECK(body["raw"] == true);
  asked.request.suffix = "}";
  body = asked.sent();
  CHECK(body["suffix"] == "}");
  CHECK_FALSE(body.contains("raw"));
  asked.target.can.insert = false;
  CHECK(asked.refused().param == "suffix");
  asked.request.suffix = {};
  asked.request.echo = true;
  CHECK(asked.refused().param == "echo");
  asked.request.echo = false;
  asked.request.prompt_tokens_json = "[1,2]";
  CHECK(asked.refused().param == "prompt");
}

TEST_CASE("ollama request: a generate request arrives as it was asked") {
  const std::string text =
      R"({"model":"m","prompt":"p","system":"s","images":["AA=="],"template":"{{ .Prompt }}","context":[1,2],"stream":false})";
  const std::string bytes = text + std::string(64, '\0');
  Asked asked;
  REQUIRE(wire::ollama::decode_generate(std::string_view(bytes).substr(0, text.size()), asked.arena,
                                        asked.request)
              .has_value());
  const auto body = asked.sent();
  CHECK(body["prompt"] == "p");
  CHECK(body["system"] == "s");
  CHECK(body["images"] == json{"AA=="});
  CHECK(body["template"] == "{{ .Prompt }}");
  CHECK(body["context"] == json{1, 2});
  CHECK(body["stream"] == false);
  CHECK_FALSE(body.contains("raw"));
}

TEST_CASE("ollama request: a load call has the pinned window and nothing to answer") {
  const auto target = target_that_can_all();
  auto probe = providers::ollama().load_call(target);
  REQUIRE(probe.has_value());
  CHECK(probe->method == "POST");
  CHECK(probe->path == "/api/chat");
  CHECK(json::parse(probe->body) == json{{"model", "qwen3:8b"},
                                         {"messages", json::array()},
                                         {"stream", false},
                                         {"keep_alive", "30m"},
                                         {"options", {{"num_ctx", 16384}}}});
  auto vectors = target;
  vectors.can.chat = false;
  vectors.can.embeddings = true;
  probe = providers::ollama().load_call(vectors);
  CHECK(probe->path == "/api/embed");
  CHECK(json::parse(probe->body)["input"] == json::array());
}

TEST_CASE("ollama request: embeddings go to the endpoint of their kind") {
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  auto target = target_that_can_all();
  request.inputs.push_back("a");
  request.inputs.push_back("b\n");
  request.dimensions = 64;
  auto call = providers::ollama().encode(request, target);
  REQUIRE(call.has_value());
  CHECK(call->path == "/api/embed");
  CHECK(json::parse(call->body) == json{{"model", "qwen3:8b"},
                                        {"input", {"a", "b\n"}},
                                        {"truncate", false},
                                        {"dimensions", 64},
                                        {"options", {{"num_ctx", 16384}}},
                                        {"keep_alive", "30m"}});
  request.token_inputs = "[1]";
  CHECK(providers::ollama().encode(request, target).error().param == "input");

  core::EmbeddingsRequest old(arena);
  old.surface = Surface::ollama_embeddings;
  old.inputs.push_back("a");
  old.extras.push_back({"options", R"({"num_ctx":1,"seed":2})"});
  call = providers::ollama().encode(old, target);
  REQUIRE(call.has_value());
  CHECK(call->path == "/api/embeddings");
  CHECK(json::parse(call->body)["prompt"] == "a");
  CHECK(json::parse(call->body)["options"] == json{{"num_ctx", 16384}, {"seed", 2}});
}
