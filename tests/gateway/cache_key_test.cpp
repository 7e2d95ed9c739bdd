// Which requests share an answer, from their bytes: every field once, in each dialect whose bodies may go on
// as they came.
#include "cache/key.hpp"
#include "core/arena.hpp"
#include "gateway/cache_scope.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/ollama/client.hpp"
#include "wire/openai/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace codecrucible;
using Json = nlohmann::ordered_json;

namespace {

enum class Door { chat, completions, ollama_chat, ollama_generate, anthropic };

cache::Key key_of(Door door, const std::string& body_text) {
  const std::string padded = body_text + std::string(64, ' ');  // that the readers may look at
  const auto body = std::string_view(padded).substr(0, body_text.size());
  core::Arena arena;
  core::ChatRequest request(arena);
  wire::openai::SourceMap source;
  wire::anthropic::Wishes wishes;
  const auto read = [&]() -> core::Result<void> {
    switch (door) {
      case Door::chat:
        return wire::openai::decode_chat(body, arena, request, source);
      case Door::completions:
        return wire::openai::decode_completion(body, arena, request, source);
      case Door::ollama_chat:
        return wire::ollama::decode_chat(body, arena, request);
      case Door::ollama_generate:
        return wire::ollama::decode_generate(body, arena, request);
      case Door::anthropic:
        return wire::anthropic::decode(body, arena, request, wishes);
    }
    return {};
  }();
  REQUIRE_MESSAGE(read.has_value(), body_text, "\n", read.has_value() ? "" : read.error().detail);
  const auto told = gateway::unread_wishes(source);
  return cache::key_of(request, {"", request.model, 1, told});
}

// The members of every object in another order, and other blanks.
Json shuffled(const Json& value, std::mt19937_64& random) {
  if (value.is_array()) {
    auto out = Json::array();
    for (const auto& item : value) out.push_back(shuffled(item, random));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<std::string> names;
  for (const auto& [name, held] : value.items()) names.push_back(name);
  std::shuffle(names.begin(), names.end(), random);
  auto out = Json::object();
  for (const auto& name : names) out[name] = shuffled(value[name], random);
  return out;
}

struct Case {
  Door door;
  std::string base;
  std::vector<std::string> shaping;  // merged into the base (RFC 7396): each another answer
  std::vector<std::string> silent;   // merged into the base: the same answer
};

const std::string chat_tool =
    R"({"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"a":{},"b":{}}}}})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string with_tools(const std::string& tool) {
  return R"({"tools":[)" + tool + "]}";
}

std::string said(const std::string& messages) {
  return R"({"messages":[)" + messages + "]}";
}

const std::vector<Case>& cases() {
  static const std::string picture =
      R"({"role":"user","content":[{"type":"text","text":"what"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]})";
  static const std::string called =
      R"({"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"1","content":"ok"})";
  static const std::vector<Case> all{
      {Door::chat,
       R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
       {R"({"model":"m2"})",
        R"({"temperature":0})",
        R"({"temperature":0.5})",
        R"({"top_p":0.5})",
        R"({"min_p":0.5})",
        R"({"typical_p":0.5})",
        R"({"presence_penalty":0.5})",
        R"({"frequency_penalty":0.5})",
        R"({"repeat_penalty":1.1})",
        R"({"top_k":5})",
        R"({"seed":1})",
        R"({"seed":2})",
        R"({"stop":"a"})",
        R"({"stop":["a","b"]})",
        R"({"n":2})",
        R"({"logprobs":true})",
        R"({"logprobs":true,"top_logprobs":2})",
        R"({"logit_bias":{"5":1}})",
        R"({"max_tokens":5})",
        R"({"max_completion_tokens":6})",
        R"({"reasoning_effort":"low"})",
        R"({"reasoning_effort":"high"})",
        R"({"think":false})",
        R"({"chat_template_kwargs":{"thinking":true}})",
        R"({"response_format":{"type":"json_object"}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"b","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"array"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","description":"short","schema":{"type":"object"}}}})",
        R"({"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":{"type":"object"}}}})",
        R"({"num_ctx":2048})",
        R"({"mirostat":2})",
        R"({"best_of":2})",
        R"({"verbosity":"low"})",
        R"({"guided_regex":"a+"})",
        R"({"stop_token_ids":[5]})",
        R"({"ignore_eos":true})",
        R"({"grammar":"root ::= a"})",
        R"({"lora":[{"id":0,"scale":0.5}]})",
        R"({"modalities":["text"]})",
        with_tools(chat_tool),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"g")")),
        with_tools(replaced(chat_tool, R"("description":"d")", R"("description":"e")")),
        with_tools(replaced(chat_tool, R"("a":{})", R"("a":{"type":"string"})")),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"f","strict":true)")),
        with_tools(replaced(chat_tool, R"("name":"f")", R"("name":"f","examples":["x"])")),
        with_tools(chat_tool + "," + chat_tool),
        R"({"tool_choice":"required","tools":[)" + chat_tool + "]}",
        R"({"tool_choice":"none","tools":[)" + chat_tool + "]}",
        R"({"tool_choice":{"type":"function","function":{"name":"f"}},"tools":[)" + chat_tool + "]}",
        R"({"parallel_tool_calls":false,"tools":[)" + chat_tool + "]}",
        said(R"({"role":"user","content":"Hi"})"),
        said(R"({"role":"system","content":"hi"})"),
        said(R"({"role":"user","content":"hi","name":"bob"})"),
        said(R"({"role":"user","content":"hi","prefix":true})"),
        said(R"({"role":"user","content":"hi"},{"role":"user","content":"hi"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a"})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","reasoning_content":"b"})"),
        said(
            R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","reasoning_details":[{"text":"b"}]})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","prefix":true})"),
        said(called),
        said(replaced(called, R"("content":"ok")", R"("content":"no")")),
        said(replaced(called, R"(\"a\":1)", R"(\"a\":2)")),
        said(picture),
        said(replaced(picture, "AAAA", "AAAB")),
        said(replaced(picture, "AAAA\"", "AAAA\",\"detail\":\"low\"")),
        said(replaced(picture, "AAAA\"", "AAAA\",\"detail\":\"high\"")),
        said(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA"}}]})"),
        said(R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAB"}}]})")},
       {R"({"stream":true,"stream_options":{"include_usage":true}})", R"({"user":"me"})",
        R"({"metadata":{"a":"b"}})", R"({"store":true})", R"({"service_tier":"auto"})",
        R"({"prompt_cache_key":"k"})", R"({"n":1,"logprobs":false,"presence_penalty":0})",
        R"({"response_format":{"type":"text"}})", R"({"tool_choice":"auto"})",
        said(R"({"role":"user","content":[{"type":"text","text":"hi"}]})"),
        said(R"({"role":"user","content":"hi","name":null,"audio":null})"),
        said(
            R"({"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]})")}},
      {Door::completions,
       R"({"model":"m","prompt":"hi"})",
       {R"({"prompt":"Hi"})", R"({"prompt":["hi","ho"]})", R"({"prompt":[1,2]})", R"({"suffix":"end"})",
        R"({"echo":true})", R"({"logprobs":3})", R"({"max_tokens":5})", R"({"seed":1})", R"({"stop":["x"]})",
        R"({"best_of":3})"},
       {R"({"stream":true})", R"({"user":"me"})", R"({"echo":false})"}},
      {Door::ollama_chat,
       R"({"model":"m","messages":[{"role":"user","content":"hi"}]})",
       {R"({"options":{"num_ctx":2048}})",
        R"({"options":{"num_ctx":4096}})",
        R"({"options":{"num_keep":4}})",
        R"({"options":{"temperature":0.1}})",
        R"({"options":{"top_k":4}})",
        R"({"options":{"top_p":0.4}})",
        R"({"options":{"min_p":0.4}})",
        R"({"options":{"typical_p":0.4}})",
        R"({"options":{"seed":4}})",
        R"({"options":{"stop":["a"]}})",
        R"({"options":{"num_predict":4}})",
        R"({"options":{"repeat_penalty":1.4}})",
        R"({"options":{"repeat_last_n":4}})",
        R"({"options":{"mirostat":1}})",
        R"({"options":{"presence_penalty":1}})",
        R"({"options":{"frequency_penalty":1}})",
        R"({"format":"json"})",
        R"({"format":{"type":"object"}})",
        R"({"format":{"type":"array"}})",
        R"({"think":true})",
        R"({"think":"low"})",
        R"({"logprobs":true})",
        R"({"template":"x"})",
        with_tools(chat_tool),
        said(R"({"role":"user","content":"hi","images":["AAAA"]})"),
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"a","thinking":"b"})"),
        said(R"({"role":"user","content":"hi"},{"role":"tool","content":"a","tool_name":"b"})")},
       {R"({"stream":false})", R"({"keep_alive":"5m"})", R"({"options":{}})"}},
      {Door::ollama_generate,
       R"({"model":"m","prompt":"hi"})",
       {R"({"prompt":"ho"})", R"({"system":"be"})", R"({"suffix":"x"})", R"({"raw":true})",
        R"({"images":["AAAA"]})", R"({"template":"x"})", R"({"context":[1,2]})", R"({"format":"json"})",
        R"({"options":{"num_ctx":2048}})", R"({"think":false})"},
       {R"({"stream":false})", R"({"raw":false})"}},
      {Door::anthropic,
       R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]})",
       {R"({"max_tokens":8})", R"({"system":"be"})", R"({"temperature":0.5})", R"({"top_p":0.5})",
        R"({"top_k":5})", R"({"stop_sequences":["a"]})", R"({"stop_sequences":["b"]})",
        R"({"thinking":{"type":"enabled","budget_tokens":2000},"max_tokens":3000})",
        R"({"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}})",

        R"({"tools":[{"name":"f","input_schema":{"type":"object"}}]})",
        R"({"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}})",
        R"({"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any","disable_parallel_tool_use":true}})",
        said(R"({"role":"user","content":"hi"},{"role":"assistant","content":"{"})")},
       {R"({"stream":true})", R"({"metadata":{"user_id":"me"}})",
        R"({"output_config":{"effort":"low"}})",  // reaches no backend
        said(
            R"({"role":"user","content":[{"type":"text","text":"hi","cache_control":{"type":"ephemeral"}}]})")}},
  };
  return all;
}

std::string merged(const std::string& base, const std::string& change) {
  auto out = Json::parse(base);
  out.merge_patch(Json::parse(change));
  return out.dump();
}

}  // namespace

TEST_CASE("cache key: every field that shapes the answer, once changed, makes another key") {
  for (const auto& one : cases()) {
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> seen;
    auto changes = one.shaping;
    changes.emplace_back("{}");
    for (const auto& change : changes) {
      CAPTURE(change);
      const auto key = key_of(one.door, merged(one.base, change));
      const auto [at, fresh] = seen.emplace(std::pair(key.high, key.low), change);
      CHECK_MESSAGE(fresh, "the same as ", at->second);
    }
  }
}

TEST_CASE("cache key: what says nothing about the answer makes no other key") {
  for (const auto& one : cases()) {
    const auto plain = key_of(one.door, one.base);
    for (const auto& change : one.silent) {
      CAPTURE(change);
      CHECK(key_of(one.door, merged(one.base, change)) == plain);
    }
  }
}

TEST_CASE("cache key: order and blanks of the body make no other key, whatever it says") {
  std::mt19937_64 random(1);
  for (const auto& one : cases()) {
    for (const auto& change : one.shaping) {
      const auto body = Json::parse(merged(one.base, change));
      const auto plain = key_of(one.door, body.dump());
      for (int round = 0; round < 3; ++round) {
        const auto other = shuffled(body, random).dump(round);
        CAPTURE(other);
        CHECK(key_of(one.door, other) == plain);
      }
    }
  }
}
