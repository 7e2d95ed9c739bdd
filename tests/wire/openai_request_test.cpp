#include "openai_support.hpp"
#include "wire/openai/client.hpp"

#include <deque>

using namespace codecrucible;
using namespace openai_test;

namespace {

struct Decoded {
  std::string body;
  core::Arena arena;
  core::ChatRequest request{arena};
  wire::openai::SourceMap source;
  core::Result<void> result{};

  explicit Decoded(std::string text, bool completion = false) : body(std::move(text)) {
    body.reserve(body.size() + 64);
    result = completion ? wire::openai::decode_completion(body, arena, request, source)
                        : wire::openai::decode_chat(body, arena, request, source);
  }
  std::string at(wire::openai::Span span) const { return body.substr(span.at, span.size); }
};

std::string chat(const std::string& more) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + (more.empty() ? "" : "," + more) +
         "}";
}

std::string with_message(const std::string& message) {
  return R"({"model":"m","messages":[)" + message + "]}";
}

void refused(const std::string& body, const std::string& param, core::Cause cause = core::Cause::bad_request,
             bool completion = false) {
  CAPTURE(body);
  const Decoded decoded(body, completion);
  REQUIRE_FALSE(decoded.result.has_value());
  CHECK(decoded.result.error().cause == cause);
  CHECK(decoded.result.error().param == param);
  CHECK_FALSE(decoded.result.error().detail.empty());
}

}  // namespace

TEST_CASE("openai request: every named field is read") {
  const Decoded d(chat(
      R"("stream":true,"stream_options":{"include_usage":true},"max_completion_tokens":7,"max_tokens":9,"temperature":0.5,"top_p":1,
"presence_penalty":-2,"frequency_penalty":2,"top_k":40,"min_p":0.05,"typical_p":0.9,"repeat_penalty":1.1,"seed":-3,"stop":["a","b"],"n":2,
"logprobs":true,"top_logprobs":5,"logit_bias":{"50256":-100},"parallel_tool_calls":false,"reasoning_effort":"low","user":"u","keep_alive":"5m","ttl":60,
"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},
"response_format":{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"},"strict":true}}, "metadata" : {"a":1})"));
  REQUIRE(d.result.has_value());
  const auto& r = d.request;
  CHECK(r.surface == core::Surface::openai_chat);
  CHECK(r.model == "m");
  CHECK(r.stream);
  CHECK(r.include_usage);
  CHECK(r.max_tokens == 7);
  CHECK(r.sampling.temperature == 0.5);
  CHECK(r.sampling.top_p == 1);
  CHECK(r.sampling.presence_penalty == -2);
  CHECK(r.sampling.top_k == 40);
  CHECK(r.sampling.seed == -3);
  REQUIRE(r.stop.size() == 2);
  CHECK(r.stop[1] == "b");
  CHECK(r.n == 2);
  CHECK(r.logprobs == true);
  CHECK(r.top_logprobs == 5);
  CHECK(r.logit_bias == R"({"50256":-100})");
  CHECK(r.parallel_tool_calls == false);
  CHECK(r.effort == "low");
  CHECK(r.think == true);
  CHECK(r.user == "u");
  CHECK(r.keep_alive == "\"5m\"");
  REQUIRE(r.tools.size() == 1);
  CHECK(r.tools[0].parameters == R"({"type":"object"})");
  CHECK(r.tool_choice == core::ToolChoice::named);
  CHECK(r.tool_choice_name == "f");
  CHECK(r.format.kind == core::Format::Kind::schema);
  CHECK(r.format.name == "s");
  REQUIRE(r.extras.size() == 2);
  CHECK(r.extras[0].key == "ttl");
  CHECK(r.extras[1].json == R"({"a":1})");
}

TEST_CASE("openai request: the source map knows where the fields stand") {
  const Decoded d(
      R"({ "max_tokens" : 5 , "model" : "m\u0031" ,"stream_options": null,"max_completion_tokens":3,"messages":[
 {"role":"developer","content":"be brief"},{"content":null,"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
 {"role":"assistant"},{"role":"user","content":"x"}],"response_format":{"type":"json_object"}})");
  REQUIRE(d.result.has_value());
  CHECK(d.request.model == "m1");
  CHECK(d.at(d.source.model) == R"("m\u0031")");
  CHECK(d.body[d.source.open - 1] == '{');
  CHECK(d.at(*d.source.stream_options) == "null");
  CHECK(d.at(*d.source.max_completion_tokens_key) == "\"max_completion_tokens\"");
  CHECK(d.at(*d.source.max_tokens_member) == "\"max_tokens\" : 5 ,");
  CHECK(d.at(*d.source.response_format) == R"({"type":"json_object"})");
  REQUIRE(d.source.developer_roles.size() == 1);
  CHECK(d.at(d.source.developer_roles[0]) == "\"developer\"");
  REQUIRE(d.source.null_contents.size() == 1);
  CHECK(d.at(d.source.null_contents[0]) == "null");
  REQUIRE(d.source.missing_contents.size() == 1);
  CHECK(d.request.format.kind == core::Format::Kind::json);
  CHECK(d.request.max_tokens == 3);
  const Decoded later(chat(R"("max_tokens": 5)"));
  CHECK(later.at(*later.source.max_tokens_member) == ",\"max_tokens\": 5");
}

TEST_CASE("openai request: texts without escapes are views into the body, others are unescaped") {
  const Decoded d(
      with_message(R"({"role":"user","content":"plain"},{"role":"user","content":"a\n\"b\" \u00e9"})"));
  REQUIRE(d.result.has_value());
  const auto plain = d.request.messages[0].parts[0].text;
  CHECK(plain.data() >= d.body.data());
  CHECK(plain.data() < d.body.data() + d.body.size());
  CHECK(d.request.messages[1].parts[0].text == "a\n\"b\" \xC3\xA9");
}

TEST_CASE("openai request: messages of every role") {
  const Decoded d(with_message(
      R"({"role":"system","content":"s","name":"n"},
         {"role":"user","content":[{"type":"text","text":"look"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO","detail":"low"}},
                                   {"type":"image_url","image_url":{"url":"https://x/y.png"}},{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]},
         {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":{"b":2}}}]},
         {"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"done"}]},
         {"role":"assistant","content":[{"type":"refusal","refusal":"no"}]},
         {"role":"function","name":"old","content":"r"})"));
  REQUIRE(d.result.has_value());
  const auto& m = d.request.messages;
  REQUIRE(m.size() == 6);
  CHECK(m[0].role == core::Role::system);
  CHECK(m[0].name == "n");
  REQUIRE(m[1].parts.size() == 4);
  CHECK(m[1].parts[1].image.media_type == "image/png");
  CHECK(m[1].parts[1].image.base64 == "iVBO");
  CHECK(m[1].parts[2].image.url == "https://x/y.png");
  CHECK(m[1].parts[3].raw == R"({"type":"input_audio","input_audio":{"data":"AA","format":"wav"}})");
  CHECK(m[2].parts.empty());
  CHECK(m[2].reasoning == "hm");
  REQUIRE(m[2].tool_calls.size() == 2);
  CHECK(m[2].tool_calls[0].arguments == "{\"a\":1}");
  CHECK(m[2].tool_calls[1].arguments == "{\"b\":2}");
  CHECK(m[3].tool_call_id == "c1");
  CHECK(m[4].parts[0].text == "no");
  CHECK(m[5].role == core::Role::tool);
  CHECK(m[5].tool_name == "old");
  CHECK(d.source.legacy_functions);
}

TEST_CASE("openai request: broken JSON is refused with its place wherever it breaks") {
  const std::string good = chat(R"("x":[1,{"y":"z"}],"stop":"a")");
  REQUIRE(Decoded(good).result.has_value());
  for (std::size_t size = 0; size < good.size(); ++size) refused(good.substr(0, size), "");
  refused(good + "x", "");
  refused(good + good, "");
  refused("[]", "");
  refused("\xFF", "");
  refused(chat("\"x\":\"\xC3\""), "");
  refused(chat("\"x\":" + std::string(200, '[') + std::string(200, ']')), "");
  const Decoded d("{\n \"model\": \"a\" \"b\" }");
  CHECK(d.result.error().detail.find("line 2") != std::string::npos);
}

TEST_CASE("openai request: wrong types and values name the field at fault") {
  refused(R"({"messages":[{"role":"user","content":"x"}]})", "model");
  refused(R"({"model":7,"messages":[]})", "model");
  refused(R"({"model":"","messages":[{"role":"user","content":"x"}]})", "model");
  refused(R"({"model":"m"})", "messages");
  refused(R"({"model":"m","messages":[]})", "messages");
  refused(R"({"model":"m","messages":{}})", "messages");
  refused(R"({"model":"m","messages":["x"]})", "messages[0]");
  refused(with_message(R"({"content":"x"})"), "messages[0].role");
  refused(with_message(R"({"role":"wizard","content":"x"})"), "messages[0].role");
  refused(with_message(R"({"role":"user"})"), "messages[0].content");
  refused(with_message(R"({"role":"user","content":null})"), "messages[0].content");
  refused(with_message(R"({"role":"user","content":5})"), "messages[0].content");
  refused(with_message(R"({"role":"user","content":"a","content":"b"})"), "messages[0].content");
  refused(with_message(R"({"role":"user","content":[{"type":"text"}]})"), "messages[0].content[0].text");
  refused(with_message(R"({"role":"user","content":[{"text":"x"}]})"), "messages[0].content[0].type");
  refused(with_message(
              R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]})"),
          "messages[0].content[0].image_url.url");
  refused(with_message(
              R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,abc"}}]})"),
          "messages[0].content[0].image_url.url");
  refused(with_message(R"({"role":"tool","content":"x"})"), "messages[0].tool_call_id");
  refused(with_message(R"({"role":"assistant","tool_calls":[{"id":"x"}]})"),
          "messages[0].tool_calls[0].function");
  for (const auto& [field, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"temperature", "2.1"},
                                                                  {"temperature", "\"1\""},
                                                                  {"temperature", "1e999"},
                                                                  {"top_p", "-0.1"},
                                                                  {"presence_penalty", "3"},
                                                                  {"frequency_penalty", "-2.5"},
                                                                  {"max_tokens", "0"},
                                                                  {"max_tokens", "1.5"},
                                                                  {"max_completion_tokens", "-2"},
                                                                  {"max_tokens", "99999999999999999999"},
                                                                  {"n", "0"},
                                                                  {"n", "1000000"},
                                                                  {"seed", "\"x\""},
                                                                  {"stream", "1"},
                                                                  {"stream", "\"true\""},
                                                                  {"stop", "5"},
                                                                  {"stop", "[1]"},
                                                                  {"top_logprobs", "21"},
                                                                  {"top_logprobs", "3"},
                                                                  {"logprobs", "1"},
                                                                  {"logit_bias", "[]"},
                                                                  {"tools", "{}"},
                                                                  {"tool_choice", "\"sometimes\""},
                                                                  {"tool_choice", "\"required\""},
                                                                  {"user", "5"},
                                                                  {"parallel_tool_calls", "0"},
                                                                  {"functions", "5"}}) {
    refused(chat("\"" + std::string(field) + "\":" + value), field);
  }
  refused(chat(R"("tools":[{"type":"function","function":{}}])"), "tools[0].function.name");
  refused(chat(R"("tools":[{"type":"custom","custom":{"name":"x"}}])"), "tools[0].type",
          core::Cause::unsupported);
  refused(chat(R"("response_format":{"type":"xml"})"), "response_format.type");
  refused(chat(R"("response_format":{"type":"json_schema"})"), "response_format.json_schema");
  refused(chat(R"("stream_options":[])"), "stream_options");
}

TEST_CASE("openai request: the same field twice is refused, as servers differ in which one they take") {
  refused(R"({"model":"a","messages":[{"role":"user","content":"x"}],"model":"b"})", "model");
  refused(R"({"mod\u0065l":"a","messages":[{"role":"user","content":"x"}]})", "model");
}

TEST_CASE("openai request: nulls, unknown fields and local habits are taken") {
  const Decoded d(chat(
      R"("temperature":null,"max_tokens":-1,"stop":null,"tools":null,"tool_choice":null,"stream":null,"response_format":null,"logit_bias":null,
"functions":null,"seed":null,"n":null,"user":null,"zzz":{"deep":[[]]},"prompt":5,"chat_template_kwargs":{"enable_thinking":false,"x":1},"logprobs":null)"));
  REQUIRE(d.result.has_value());
  CHECK_FALSE(d.request.max_tokens);
  CHECK(d.request.think == false);
  REQUIRE(d.request.extras.size() == 3);
  CHECK(d.request.extras[1].key == "prompt");
  CHECK(Decoded(chat(R"("think":"high")")).request.effort == "high");
  CHECK(Decoded(chat(R"("reasoning_effort":"none")")).request.think == false);
  CHECK(Decoded(chat(R"("stop":"x")")).request.stop.size() == 1);
  CHECK(Decoded(chat(R"("tools":[],"tool_choice":"none")")).result.has_value());
}

TEST_CASE("openai request: legacy functions are tools") {
  const Decoded d(chat(R"("functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"})"));
  REQUIRE(d.result.has_value());
  CHECK(d.request.tools.size() == 1);
  CHECK(d.request.tool_choice == core::ToolChoice::named);
  CHECK(d.source.legacy_functions);
}

TEST_CASE("openai request: completions") {
  const Decoded d(R"({"model":"m","prompt":"once","suffix":"end","echo":true,"logprobs":3,"max_tokens":0})",
                  true);
  REQUIRE(d.result.has_value());
  CHECK(d.request.prompt == "once");
  CHECK(d.request.suffix == "end");
  CHECK(d.request.echo);
  CHECK(d.request.logprobs == true);
  CHECK(d.request.top_logprobs == 3);
  CHECK(Decoded(R"({"model":"m","prompt":["one"]})", true).request.prompt == "one");
  CHECK(Decoded(R"({"model":"m","prompt":[1, 2]})", true).request.prompt_tokens_json == "[1, 2]");
  CHECK(Decoded(R"({"model":"m","prompt":["a","b"]})", true).request.prompt_tokens_json == R"(["a","b"])");
  refused(R"({"model":"m"})", "prompt", core::Cause::bad_request, true);
  refused(R"({"model":"m","prompt":[]})", "prompt", core::Cause::bad_request, true);
  refused(R"({"model":"m","prompt":[{}]})", "prompt", core::Cause::bad_request, true);
  refused(R"({"model":"m","prompt":"x","logprobs":21})", "logprobs", core::Cause::bad_request, true);
}

TEST_CASE("openai request: embeddings") {
  struct Vectors {
    core::Arena arena;
    core::EmbeddingsRequest request{arena};
  };
  const auto decode = [](Vectors& to, const std::string& body) {
    return wire::openai::decode_embeddings(body, to.arena, to.request);
  };
  const std::string several =
      R"({"model":"m","input":["a","b\n"],"encoding_format":"base64","dimensions":3,"x":1})";
  Vectors v;
  REQUIRE(decode(v, several).has_value());
  CHECK(v.request.inputs.size() == 2);
  CHECK(v.request.inputs[1] == "b\n");
  CHECK(v.request.base64);
  CHECK(v.request.dimensions == 3);
  CHECK(v.request.extras.size() == 1);
  const std::string ids = R"({"model":"m","input":[[1,2],[3]]})";
  Vectors t;
  REQUIRE(decode(t, ids).has_value());
  CHECK(t.request.token_inputs == "[[1,2],[3]]");
  for (const std::string body :
       {R"({"model":"m"})", R"({"model":"m","input":[]})", R"({"model":"m","input":["a",1]})",
        R"({"model":"m","input":[1,"a"]})", R"({"model":"m","input":{}})",
        R"({"model":"m","input":"a","encoding_format":"hex"})", R"({"input":"a"})", "{"}) {
    CAPTURE(body);
    Vectors bad;
    const auto result = decode(bad, body);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().cause == core::Cause::bad_request);
  }
}
