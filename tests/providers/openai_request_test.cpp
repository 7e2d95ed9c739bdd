#include "providers/provider.hpp"
#include "wire/openai/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace codecrucible;
using core::ProviderKind;
using Json = nlohmann::ordered_json;

namespace {

struct Request {
  std::string body;
  core::Arena arena;
  core::ChatRequest chat{arena};
  wire::openai::SourceMap source;

  explicit Request(std::string text, bool completion = false) : body(std::move(text)) {
    body.reserve(body.size() + 64);
    const auto result = completion ? wire::openai::decode_completion(body, arena, chat, source)
                                   : wire::openai::decode_chat(body, arena, chat, source);
    REQUIRE_MESSAGE(result.has_value(), body);
  }

  core::Result<providers::Call> encode(ProviderKind kind, bool ask_logprobs = false) const {
    providers::Target target;
    target.model = "the/model";
    target.ask_logprobs = ask_logprobs;
    return providers::provider_for(kind).encode(chat, &source, target);
  }
  std::string sent(ProviderKind kind) const {
    const auto call = encode(kind);
    REQUIRE(call.has_value());
    CHECK(call->verbatim);
    return call->body;
  }
};

std::string chat(const std::string& more, const std::string& model = "auto") {
  return R"({"model":")" + model + R"(", "messages":[{"role":"user","content":"hi"}])" + more + "}";
}

void unsupported(const std::string& body, ProviderKind kind, const std::string& param,
                 bool completion = false) {
  CAPTURE(body);
  const auto call = Request(body, completion).encode(kind);
  REQUIRE_FALSE(call.has_value());
  CHECK(call.error().cause == core::Cause::unsupported);
  CHECK(call.error().param == param);
  CHECK_FALSE(call.error().detail.empty());
}

}  // namespace

TEST_CASE("openai providers: a body that says what it should goes on as it came") {
  const std::string body = chat(R"(,  "x": {"b":1,"a":2})", "the/model");
  for (const auto kind :
       {ProviderKind::lmstudio, ProviderKind::llamacpp, ProviderKind::vllm, ProviderKind::openai}) {
    CHECK(Request(body).sent(kind) == body);
  }
  const std::string streamed = chat(R"(,"stream":true,"stream_options":{"include_usage":true})", "the/model");
  CHECK(Request(streamed).sent(ProviderKind::openai) == streamed);
}

TEST_CASE("openai providers: only the model is replaced, all else keeps its bytes - A16") {
  CHECK(Request(chat(R"(,  "z":1, "a": [ 1,2 ],"temperature":0.70)")).sent(ProviderKind::openai) ==
        chat(R"(,  "z":1, "a": [ 1,2 ],"temperature":0.70)", "the/model"));
}

TEST_CASE("openai providers: usage is always asked for in streams - B9") {
  for (const std::string options :
       {"", R"(,"stream_options":null)", R"(,"stream_options":{"include_usage":false})"}) {
    const Json sent = Json::parse(Request(chat(R"(,"stream":true)" + options)).sent(ProviderKind::vllm));
    CHECK(sent["stream_options"]["include_usage"] == true);
    CHECK(sent["model"] == "the/model");
  }
  CHECK_FALSE(Json::parse(Request(chat("")).sent(ProviderKind::vllm)).contains("stream_options"));
}

TEST_CASE("openai providers: the token limit goes under the name the server knows - C1") {
  const std::string both = R"(,"max_tokens":9,"max_completion_tokens":7)";
  for (const auto kind : {ProviderKind::lmstudio, ProviderKind::llamacpp}) {
    const std::string sent = Request(chat(both)).sent(kind);
    CHECK(sent == chat(R"(,"max_tokens":7)", "the/model"));
  }
  const std::string first =
      R"({"max_tokens":9 , "model":"m","max_completion_tokens":7,"messages":[{"role":"user","content":"x"}]})";
  CHECK(Json::parse(Request(first).sent(ProviderKind::lmstudio))["max_tokens"] == 7);
  const std::string null_wins_nothing = R"(,"max_tokens":9,"max_completion_tokens":null)";
  CHECK(Json::parse(Request(chat(null_wins_nothing)).sent(ProviderKind::lmstudio))["max_tokens"] == 9);
  CHECK(Request(chat(both)).sent(ProviderKind::openai) == chat(both, "the/model"));
}

TEST_CASE("openai providers: LM Studio gets what it understands - C2 C3 C7") {
  const std::string body =
      R"({"model":"m","response_format":{"type":"json_object"},"messages":[{"role":"developer","content":"d"},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"r"},{"role":"assistant","tool_calls":[{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}]})";
  const Json sent = Json::parse(Request(body).sent(ProviderKind::lmstudio));
  CHECK(sent["response_format"]["type"] == "json_schema");
  CHECK(sent["response_format"]["json_schema"]["schema"]["type"] == "object");
  CHECK(sent["messages"][0]["role"] == "system");
  CHECK(sent["messages"][1]["content"] == "");
  CHECK(sent["messages"][3]["content"] == "");
  const Json plain = Json::parse(Request(body).sent(ProviderKind::openai));
  CHECK(plain["response_format"]["type"] == "json_object");
  CHECK(plain["messages"][0]["role"] == "developer");
  CHECK(plain["messages"][1]["content"].is_null());
  CHECK(Json::parse(Request(body).sent(ProviderKind::llamacpp))["messages"][0]["role"] == "system");
}

TEST_CASE("openai providers: LM Studio is given the one tool it must call - C9") {
  const std::string body = chat(
      R"(,"tools":[{"type":"function","function":{"name":"a","parameters":{"z":1,"b":2}}},{"type":"function","function":{"name":"b"}}],"tool_choice":{"type":"function","function":{"name":"a"}})");
  const Json sent = Json::parse(Request(body).sent(ProviderKind::lmstudio));
  REQUIRE(sent["tools"].size() == 1);
  CHECK(sent["tools"][0]["function"]["name"] == "a");
  CHECK(sent["tools"][0]["function"]["parameters"].dump() == R"({"z":1,"b":2})");
  CHECK(sent["tool_choice"] == "required");
  CHECK(Json::parse(Request(body).sent(ProviderKind::vllm))["tools"].size() == 2);
  const std::string wrong = chat(
      R"(,"tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"function","function":{"name":"q"}})");
  const auto call = Request(wrong).encode(ProviderKind::vllm);
  REQUIRE_FALSE(call.has_value());
  CHECK(call.error().cause == core::Cause::bad_request);
}

TEST_CASE("openai providers: what LM Studio cannot do is said, not dropped - B19 B20 C17") {
  unsupported(chat(R"(,"logprobs":true)"), ProviderKind::lmstudio, "logprobs");
  unsupported(chat(R"(,"n":2)"), ProviderKind::lmstudio, "n");
  unsupported(R"({"model":"m","prompt":[1,2]})", ProviderKind::lmstudio, "prompt", true);
  unsupported(R"({"model":"m","prompt":"x","suffix":"y"})", ProviderKind::lmstudio, "suffix", true);
  unsupported(R"({"model":"m","prompt":"x","echo":true})", ProviderKind::lmstudio, "echo", true);
  unsupported(R"({"model":"m","prompt":"x","best_of":3})", ProviderKind::lmstudio, "best_of", true);
  unsupported(
      R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://x/y.png"}}]}]})",
      ProviderKind::lmstudio, "messages");
  CHECK(Request(chat(R"(,"logprobs":true,"n":2)")).encode(ProviderKind::vllm).has_value());
}

TEST_CASE("openai providers: legacy functions become tools for servers that know only those") {
  const std::string body =
      chat(R"(,"functions":[{"name":"f","parameters":{}}],"function_call":"auto","ttl":9)");
  const auto call = Request(body).encode(ProviderKind::llamacpp);
  REQUIRE(call.has_value());
  CHECK_FALSE(call->verbatim);  // its calls go back in the form that was asked for
  const Json sent = Json::parse(call->body);
  CHECK(sent["tools"][0]["function"]["name"] == "f");
  CHECK(sent["ttl"] == 9);
  CHECK_FALSE(sent.contains("functions"));
  CHECK(Json::parse(Request(body).sent(ProviderKind::openai)).contains("functions"));
}

TEST_CASE(
    "openai providers: logprobs can be asked for where they are given, and then the reply is not relayed") {
  for (const std::string more : {"", R"(,"logprobs":false)", R"(,"logprobs":null)"}) {
    const auto call = Request(chat(more)).encode(ProviderKind::llamacpp, true);
    REQUIRE(call.has_value());
    CHECK_FALSE(call->verbatim);
    CHECK(Json::parse(call->body)["logprobs"] == true);
  }
  const auto same = Request(chat(R"(,"logprobs":true)")).encode(ProviderKind::llamacpp, true);
  CHECK(same->verbatim);
  const auto studio = Request(chat("")).encode(ProviderKind::lmstudio, true);
  CHECK_FALSE(Json::parse(studio->body).contains("logprobs"));
}

TEST_CASE("openai providers: completions go to their own path") {
  const auto call =
      Request(R"({"model":"m","prompt":"x","stream":true})", true).encode(ProviderKind::llamacpp);
  REQUIRE(call.has_value());
  CHECK(call->path == "/v1/completions");
  CHECK(Json::parse(call->body)["stream_options"]["include_usage"] == true);
}

TEST_CASE("openai providers: embeddings are asked for as floats - C16 C17") {
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  const std::string body = R"({"model":"m","input":["a","b\n"],"encoding_format":"base64","user":"u"})";
  REQUIRE(wire::openai::decode_embeddings(body, arena, request).has_value());
  providers::Target target;
  target.model = "e";
  const auto call = providers::provider_for(ProviderKind::lmstudio).encode(request, target);
  REQUIRE(call.has_value());
  CHECK(call->path == "/v1/embeddings");
  CHECK(Json::parse(call->body) ==
        Json::parse(R"({"model":"e","input":["a","b\n"],"encoding_format":"float","user":"u"})"));
  request.dimensions = 8;
  CHECK(providers::provider_for(ProviderKind::lmstudio).encode(request, target).error().param ==
        "dimensions");
  CHECK(providers::provider_for(ProviderKind::vllm).encode(request, target).has_value());
  core::EmbeddingsRequest ids(arena);
  ids.token_inputs = "[1,2]";
  CHECK(providers::provider_for(ProviderKind::lmstudio).encode(ids, target).error().param == "input");
  CHECK(Json::parse(providers::provider_for(ProviderKind::llamacpp).encode(ids, target)->body)["input"] ==
        Json::parse("[1,2]"));
}

TEST_CASE("openai providers: leading system messages become one where templates allow only one") {
  const std::string body =
      R"({"model":"auto","messages":[{"role":"developer","content":"Be \"brief\"."},)"
      R"({"role":"system","content":[{"type":"text","text":"Speak Latin."}]},{"role":"user","content":"hi"},)"
      R"({"role":"system","content":"later"}],"x_own":[1,2]})";
  for (const auto kind : {ProviderKind::lmstudio, ProviderKind::llamacpp}) {
    const auto sent = Json::parse(Request(body).sent(kind));
    REQUIRE(sent["messages"].size() == 3);
    CHECK(sent["messages"][0] ==
          Json::parse(R"({"role":"system","content":"Be \"brief\".\n\nSpeak Latin."})"));
    CHECK(sent["messages"][2]["content"] == "later");
    CHECK(sent["x_own"] == Json::parse("[1,2]"));
  }
  CHECK(Json::parse(Request(body).sent(ProviderKind::vllm))["messages"].size() == 4);
}
