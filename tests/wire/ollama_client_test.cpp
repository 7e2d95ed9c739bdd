#include "core/result.hpp"
#include "wire/ollama/client.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace codecrucible;
using core::ChatRequest;

namespace {

// A body as the server gives it: 64 readable bytes behind it.
struct Body {
  explicit Body(std::string text) : bytes(std::move(text)), size(bytes.size()) { bytes.append(64, '\0'); }
  std::string_view view() const { return {bytes.data(), size}; }
  bool holds(std::string_view part) const {
    return part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + size;
  }
  std::string bytes;
  std::size_t size;
};

struct Chat {
  explicit Chat(std::string text) : body(std::move(text)), request(arena) {
    result = wire::ollama::decode_chat(body.view(), arena, request);
  }
  std::string param() const { return result ? "" : result.error().param; }
  Body body;
  core::Arena arena;
  ChatRequest request;
  core::Result<void> result;
};

struct Generate {
  explicit Generate(std::string text) : body(std::move(text)), request(arena) {
    result = wire::ollama::decode_generate(body.view(), arena, request);
  }
  Body body;
  core::Arena arena;
  ChatRequest request;
  core::Result<void> result;
};

const std::string whole_chat = R"({
  "model": "qwen3:8b",
  "messages": [
    {"role": "System", "content": "Be\nshort"},
    {"role": "user", "content": "look", "images": ["data:image/png;base64,AAAA", "BBBB"]},
    {"role": "assistant", "content": null, "thinking": "hm", "tool_calls": [
      {"id": "c1", "function": {"index": 0, "name": "find", "arguments": {"z": 1, "a": [2]}}},
      {"function": {"name": "stop", "arguments": "{\"x\":1}"}}]},
    {"role": "tool", "content": "42", "tool_name": "find", "tool_call_id": "c1"}],
  "tools": [{"type": "function", "function": {"name": "find", "description": "d",
             "parameters": {"type": "object", "properties": {"z": {"type": ["integer", "null"]}}}}}],
  "format": {"type": "object"},
  "think": "high",
  "keep_alive": "10m",
  "logprobs": true, "top_logprobs": 3,
  "truncate": true,
  "options": {"temperature": 0.5, "top_k": 40, "seed": 7, "stop": ["END"], "num_predict": 100, "num_ctx": 8192,
              "mirostat": 2, "repeat_penalty": 1.1}
})";

}  // namespace

TEST_CASE("ollama client: a chat request with everything in it is understood") {
  Chat chat(whole_chat);
  REQUIRE(chat.result.has_value());
  const auto& request = chat.request;
  CHECK(request.surface == core::Surface::ollama_chat);
  CHECK(request.model == "qwen3:8b");
  REQUIRE(request.messages.size() == 4);
  CHECK(request.messages[0].role == core::Role::system);
  CHECK(request.messages[0].parts[0].text == "Be\nshort");
  const auto& user = request.messages[1];
  REQUIRE(user.parts.size() == 3);
  CHECK(user.parts[1].image.media_type == "image/png");
  CHECK(user.parts[1].image.base64 == "AAAA");
  CHECK(user.parts[2].image.base64 == "BBBB");
  const auto& assistant = request.messages[2];
  CHECK(assistant.parts.empty());
  CHECK(assistant.reasoning == "hm");
  REQUIRE(assistant.tool_calls.size() == 2);
  CHECK(assistant.tool_calls[0].id == "c1");
  CHECK(assistant.tool_calls[0].arguments == R"({"z": 1, "a": [2]})");
  CHECK(assistant.tool_calls[1].arguments == R"({"x":1})");
  CHECK(request.messages[3].tool_name == "find");
  CHECK(request.messages[3].tool_call_id == "c1");
  REQUIRE(request.tools.size() == 1);
  CHECK(request.tools[0].parameters ==
        R"({"type": "object", "properties": {"z": {"type": ["integer", "null"]}}})");
  CHECK(request.format.kind == core::Format::Kind::schema);
  CHECK(request.format.schema == R"({"type": "object"})");
  CHECK(request.think == true);
  CHECK(request.effort == "high");
  CHECK(request.keep_alive == "\"10m\"");
  CHECK(request.logprobs == true);
  CHECK(request.top_logprobs == 3);
  CHECK(request.sampling.temperature == 0.5);
  CHECK(request.sampling.top_k == 40);
  CHECK(request.sampling.seed == 7);
  CHECK(request.sampling.repeat_penalty == 1.1);
  CHECK(request.max_tokens == 100);
  REQUIRE(request.stop.size() == 1);
  CHECK(request.stop[0] == "END");
  REQUIRE(request.options.size() == 2);
  CHECK(request.options[0].key == "num_ctx");
  CHECK(request.options[0].json == "8192");
  CHECK(request.options[1].key == "mirostat");
  REQUIRE(request.extras.size() == 1);
  CHECK(request.extras[0].key == "truncate");
  CHECK(request.extras[0].json == "true");
}

TEST_CASE("ollama client: unescaped text is a view into the body, escaped text is not in the parser") {
  Chat first(
      R"({"model":"m","messages":[{"role":"user","content":"plain"},{"role":"user","content":"a\tb"}]})");
  REQUIRE(first.result.has_value());
  CHECK(first.body.holds(first.request.messages[0].parts[0].text));
  CHECK_FALSE(first.body.holds(first.request.messages[1].parts[0].text));
  Chat second(R"({"model":"other","messages":[{"role":"user","content":"\u0078\u0079\u007a!"}]})");
  REQUIRE(second.result.has_value());
  CHECK(first.request.messages[1].parts[0].text == "a\tb");
  CHECK(second.request.messages[0].parts[0].text == "xyz!");
}

TEST_CASE("ollama client: E2 an absent stream means yes") {
  CHECK(Chat(R"({"model":"m","messages":[]})").request.stream);
  CHECK(Chat(R"({"model":"m","messages":[],"stream":null})").request.stream);
  CHECK_FALSE(Chat(R"({"model":"m","messages":[],"stream":false})").request.stream);
  CHECK(Generate(R"({"model":"m","prompt":"x"})").request.stream);
}

TEST_CASE("ollama client: no messages and no prompt mean load or unload") {
  Chat load(R"({"model":"m"})");
  REQUIRE(load.result.has_value());
  CHECK(wire::ollama::is_load_request(load.request));
  CHECK_FALSE(wire::ollama::asks_unload(load.request));
  CHECK(wire::ollama::asks_unload(Chat(R"({"model":"m","messages":[],"keep_alive":0})").request));
  CHECK(wire::ollama::asks_unload(Generate(R"({"model":"m","prompt":"","keep_alive":"0s"})").request));
  CHECK_FALSE(wire::ollama::is_load_request(Generate(R"({"model":"m","prompt":"x"})").request));
  CHECK_FALSE(wire::ollama::asks_unload(
      Chat(R"({"model":"m","messages":[{"role":"user","content":"x"}],"keep_alive":0})").request));
  wire::ReplyContext context;
  context.surface = core::Surface::ollama_chat;
  context.model = "m";
  std::string out;
  wire::ollama::write_loaded(context, true, out);
  CHECK(out == R"({"model":"m","created_at":"1970-01-01T00:00:00.000000000Z",)"
               R"("message":{"role":"assistant","content":""},"done":true,"done_reason":"unload"})");
}

TEST_CASE("ollama client: generate puts system and images into messages") {
  Generate generate(
      R"({"model":"m","prompt":"p","suffix":"s","system":"sys","images":["QQ=="],"context":[1,2],"template":"t"})");
  REQUIRE(generate.result.has_value());
  const auto& request = generate.request;
  CHECK(request.prompt == "p");
  CHECK(request.suffix == "s");
  REQUIRE(request.messages.size() == 2);
  CHECK(request.messages[0].role == core::Role::system);
  CHECK(request.messages[0].parts[0].text == "sys");
  CHECK(request.messages[1].role == core::Role::user);
  CHECK(request.messages[1].parts[0].image.base64 == "QQ==");
  REQUIRE(request.extras.size() == 2);
  CHECK(request.extras[0].json == "[1,2]");
  CHECK_FALSE(Generate(R"({"model":"m","prompt":"p","raw":true,"system":"x"})").result.has_value());
  CHECK(Generate(R"({"model":"m","prompt":"p","raw":true})").request.raw);
}

TEST_CASE("ollama client: no limit on tokens stays an option that other servers never see") {
  Chat chat(R"({"model":"m","options":{"num_predict":-1}})");
  CHECK_FALSE(chat.request.max_tokens.has_value());
  REQUIRE(chat.request.options.size() == 1);
  CHECK(chat.request.options[0].json == "-1");
}

TEST_CASE("ollama client: wrong fields are named") {
  CHECK(Chat(R"({"messages":[]})").param() == "model");
  CHECK(Chat(R"({"model":7})").param() == "model");
  CHECK(Chat(R"({"model":"m","messages":{}})").param() == "messages");
  CHECK(Chat(R"({"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]})").param() ==
        "messages[0].content");
  CHECK(Chat(R"({"model":"m","messages":[{"role":"user"},{"role":"wizard"}]})").param() ==
        "messages[1].role");
  CHECK(Chat(R"({"model":"m","messages":[{"role":"user","images":["http://x/y.png"]}]})").param() ==
        "messages[0].images[0]");
  CHECK(Chat(R"({"model":"m","options":{"temperature":"hot"}})").param() == "options.temperature");
  CHECK(Chat(R"({"model":"m","options":{"seed":1e300}})").param() == "options.seed");
  CHECK(Chat(R"({"model":"m","options":{"num_ctx":"big"}})").param() == "options.num_ctx");
  CHECK(Chat(R"({"model":"m","options":{"num_ctx":8192.5}})").param() == "options.num_ctx");
  CHECK(Chat(R"({"model":"m","options":{"num_ctx":8192.0,"num_gpu":-1,"numa":true}})").result.has_value());
  CHECK(Chat(R"({"model":"m","format":"xml"})").param() == "format");
  CHECK(Chat(R"({"model":"m","think":"loud"})").param() == "think");
  CHECK(Chat(R"({"model":"m","top_logprobs":21})").param() == "top_logprobs");
  CHECK(Chat(R"({"model":"m","stream":"yes"})").param() == "stream");
  CHECK(Chat(R"({"model":"m","keep_alive":[]})").param() == "keep_alive");
  CHECK(Chat(R"({"model":"m","tools":[{"type":"function","function":{}}]})").param() == "tools[0]");
}

TEST_CASE("ollama client: what is not JSON is refused wherever it stands") {
  const std::string wrong[] = {"",
                               "  ",
                               "null",
                               "[]",
                               "{",
                               R"({"model":"m")",
                               R"({"model":"m"} x)",
                               R"({"model":"m"}{})",
                               R"({"model":"m",})",
                               R"({"model":"m","messages":nul})",
                               R"({"model":"m","extra":[1,,2]})",
                               R"({"model":"m","extra":{"a":01}})",
                               R"({"model":"m","extra":"\q"})",
                               R"({"model":"m","format":{"a":tru}})",
                               R"({"model":"m","options":{"x":+1}})",
                               R"({"model":"m","messages":[{"role":"user","content":"\ud8"}]})",
                               "{\"model\":\"m\",\"extra\":\"\xff\"}",
                               "{\"model\":\"a\nb\"}",
                               "{\"model\":\"m\",\"x\":" + std::string(5000, '[') + "}"};
  for (const auto& text : wrong) {
    CAPTURE(text);
    Chat chat(text);
    REQUIRE_FALSE(chat.result.has_value());
    CHECK(chat.result.error().cause == core::Cause::bad_request);
    CHECK_FALSE(chat.result.error().detail.empty());
  }
}

TEST_CASE("ollama client: what is not JSON is told with its place") {
  Chat chat("{\"model\":\"m\",\n\"messages\" []}");
  REQUIRE_FALSE(chat.result.has_value());
  CAPTURE(chat.result.error().detail);
  CHECK(chat.result.error().detail.find("at byte ") != std::string::npos);
  CHECK(chat.result.error().detail.find("(line 2)") != std::string::npos);
}

TEST_CASE("ollama client: a body cut anywhere never passes as whole") {
  for (std::size_t size = 0; size < whole_chat.size(); ++size) {
    CHECK_FALSE(Chat(whole_chat.substr(0, size)).result.has_value());
  }
}

TEST_CASE("ollama client: embed takes one text or many, nothing else") {
  const auto decode = [](const std::string& text, core::Arena& arena, core::EmbeddingsRequest& request) {
    static std::string kept;
    kept = text + std::string(64, '\0');
    return wire::ollama::decode_embed(std::string_view(kept).substr(0, text.size()), arena, request);
  };
  core::Arena arena;
  core::EmbeddingsRequest many(arena);
  REQUIRE(
      decode(R"({"model":"e","input":["a","b"],"truncate":false,"dimensions":64,"options":{"num_ctx":1}})",
             arena, many)
          .has_value());
  REQUIRE(many.inputs.size() == 2);
  CHECK(many.inputs[1] == "b");
  CHECK(many.truncate == false);
  CHECK(many.dimensions == 64);
  REQUIRE(many.extras.size() == 1);
  CHECK(many.extras[0].key == "options");
  core::EmbeddingsRequest one(arena);
  REQUIRE(decode(R"({"model":"e","input":"a"})", arena, one).has_value());
  CHECK(one.inputs.size() == 1);
  core::EmbeddingsRequest tokens(arena);
  const auto refused = decode(R"({"model":"e","input":[1,2]})", arena, tokens);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().detail.find("invalid input type") != std::string::npos);
}

TEST_CASE("ollama client: show knows the old name of its field") {
  core::Arena arena;
  const Body now(R"({"model":"m","verbose":true})");
  const Body old(R"({"name":"n"})");
  const Body none("{}");
  CHECK(wire::ollama::decode_show(now.view(), arena).value() == "m");
  CHECK(wire::ollama::decode_show(old.view(), arena).value() == "n");
  CHECK_FALSE(wire::ollama::decode_show(none.view(), arena).has_value());
}
