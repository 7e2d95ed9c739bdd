#include "cache/key.hpp"

#include "cache/digest.hpp"
#include "core/arena.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace codecrucible;
using core::ChatRequest;

namespace {

struct Given {
  std::string tenant, model = "auto", wishes;
  std::uint64_t policy = 1;
};

core::Message& say(ChatRequest& request, core::Role role, std::string_view text) {
  auto& message = request.messages.emplace_back();
  message.role = role;
  message.parts.emplace_back().text = text;
  return message;
}

core::Tool& add_tool(ChatRequest& request, std::string_view name, std::string_view parameters) {
  auto& tool = request.tools.emplace_back();
  tool.name = name;
  tool.parameters = parameters;
  return tool;
}

void add_image(ChatRequest& request, std::string_view bytes) {
  auto& part = request.messages.back().parts.emplace_back();
  part.kind = core::Part::Kind::image;
  part.image.base64 = bytes;
}

using Change = std::function<void(ChatRequest&, Given&)>;

cache::Key key_with(const Change& change) {
  core::Arena arena;
  ChatRequest request(arena);
  say(request, core::Role::system, "be brief");
  say(request, core::Role::user, "why is the sky blue?");
  request.sampling.temperature = 0;
  Given given;
  change(request, given);
  return cache::key_of(request, {given.tenant, given.model, given.policy, given.wishes});
}

struct Pair {
  const char* what;
  Change one, other;
};

const Change nothing = [](ChatRequest&, Given&) {};

}  // namespace

TEST_CASE("key: what shapes the answer changes it") {
  const std::vector<Pair> pairs{
      {"a word", nothing, [](auto& r, auto&) { r.messages[1].parts[0].text = "why is the sky red?"; }},
      {"a system message", nothing, [](auto& r, auto&) { r.messages[0].parts[0].text = "be long"; }},
      {"a role", nothing, [](auto& r, auto&) { r.messages[0].role = core::Role::user; }},
      {"order of messages", nothing, [](auto& r, auto&) { std::swap(r.messages[0], r.messages[1]); }},
      {"one more message", nothing, [](auto& r, auto&) { say(r, core::Role::assistant, ""); }},
      {"where a message ends",
       [](auto& r, auto&) {
         say(r, core::Role::user, "ab");
         say(r, core::Role::user, "c");
       },
       [](auto& r, auto&) {
         say(r, core::Role::user, "a");
         say(r, core::Role::user, "bc");
       }},
      {"an image", nothing, [](auto& r, auto&) { add_image(r, "AAAA"); }},
      {"an image's bytes", [](auto& r, auto&) { add_image(r, "AAAA"); },
       [](auto& r, auto&) { add_image(r, "AAAB"); }},
      {"a name of the speaker", nothing, [](auto& r, auto&) { r.messages[1].name = "bob"; }},
      {"a tool", nothing, [](auto& r, auto&) { add_tool(r, "f", "{}"); }},
      {"a tool's schema", [](auto& r, auto&) { add_tool(r, "f", R"({"a":1})"); },
       [](auto& r, auto&) { add_tool(r, "f", R"({"a":2})"); }},
      {"order of tools",
       [](auto& r, auto&) {
         add_tool(r, "f", "{}");
         add_tool(r, "g", "{}");
       },
       [](auto& r, auto&) {
         add_tool(r, "g", "{}");
         add_tool(r, "f", "{}");
       }},
      {"choice of tool", [](auto& r, auto&) { add_tool(r, "f", "{}"); },
       [](auto& r, auto&) {
         add_tool(r, "f", "{}");
         r.tool_choice = core::ToolChoice::required;
       }},
      {"temperature", nothing, [](auto& r, auto&) { r.sampling.temperature = 0.1; }},
      {"no temperature", nothing, [](auto& r, auto&) { r.sampling.temperature.reset(); }},
      {"seed", nothing, [](auto& r, auto&) { r.sampling.seed = 1; }},
      {"another seed", [](auto& r, auto&) { r.sampling.seed = 1; },
       [](auto& r, auto&) { r.sampling.seed = 2; }},
      {"top_p", nothing, [](auto& r, auto&) { r.sampling.top_p = 0.9; }},
      {"top_p and min_p are not one", [](auto& r, auto&) { r.sampling.top_p = 0.5; },
       [](auto& r, auto&) { r.sampling.min_p = 0.5; }},
      {"max_tokens", nothing, [](auto& r, auto&) { r.max_tokens = 10; }},
      {"stop", nothing, [](auto& r, auto&) { r.stop.push_back("END"); }},
      {"n", nothing, [](auto& r, auto&) { r.n = 2; }},
      {"logprobs", nothing, [](auto& r, auto&) { r.logprobs = true; }},
      {"logit_bias", nothing, [](auto& r, auto&) { r.logit_bias = R"({"5":1})"; }},
      {"format", nothing, [](auto& r, auto&) { r.format.kind = core::Format::Kind::json; }},
      {"a schema's name", [](auto& r, auto&) { r.format = {core::Format::Kind::schema, "{}", "city", {}}; },
       [](auto& r, auto&) { r.format = {core::Format::Kind::schema, "{}", "town", {}}; }},
      {"thinking", nothing, [](auto& r, auto&) { r.think = false; }},
      {"effort", nothing, [](auto& r, auto&) { r.effort = "high"; }},
      {"a field nobody knows", nothing, [](auto& r, auto&) { r.extras.push_back({"mirostat", "2"}); }},
      {"an option", nothing, [](auto& r, auto&) { r.options.push_back({"num_ctx", "2048"}); }},
      {"an option is no field", [](auto& r, auto&) { r.options.push_back({"a", "1"}); },
       [](auto& r, auto&) { r.extras.push_back({"a", "1"}); }},
      {"completion instead of chat", nothing,
       [](auto& r, auto&) { r.surface = core::Surface::openai_completions; }},
      {"raw", nothing, [](auto& r, auto&) { r.raw = true; }},
      {"tenant", nothing, [](auto&, auto& g) { g.tenant = "red"; }},
      {"model", nothing, [](auto&, auto& g) { g.model = "auto-fast"; }},
      {"configuration", nothing, [](auto&, auto& g) { g.policy = 2; }},
      {"wishes", nothing, [](auto&, auto& g) { g.wishes = "x-codecrucible-prefer\nfast\n"; }},
  };
  for (const auto& [what, one, other] : pairs) {
    CAPTURE(what);
    CHECK(key_with(one) != key_with(other));
  }
}

TEST_CASE("key: what means the same does not change it") {
  const std::vector<Pair> pairs{
      {"streaming", nothing,
       [](auto& r, auto&) {
         r.stream = true;
         r.include_usage = true;
       }},
      {"dialect", nothing, [](auto& r, auto&) { r.surface = core::Surface::ollama_chat; }},
      {"bookkeeping", nothing,
       [](auto& r, auto&) {
         r.user = "me";
         r.keep_alive = "\"5m\"";
         r.extras.push_back({"metadata", R"({"trace":"1"})"});
         r.extras.push_back({"store", "true"});
       }},
      {"defaults said", nothing,
       [](auto& r, auto&) {
         r.n = 1;
         r.logprobs = false;
         r.sampling.presence_penalty = 0;
         r.sampling.frequency_penalty = -0.0;
         r.logit_bias = "{}";
         r.parallel_tool_calls = true;
         r.tool_choice = core::ToolChoice::none;  // of no tools
         r.extras.push_back({"thing", "null"});
       }},
      {"minus zero", nothing, [](auto& r, auto&) { r.sampling.temperature = -0.0; }},
      {"order of a schema's keys",
       [](auto& r, auto&) {
         add_tool(r, "f", R"({"type":"object","properties":{"a":{"type":"string"},"b":{}}})");
       },
       [](auto& r, auto&) {
         add_tool(r, "f", R"({ "properties" : {"b": {},"a":{"type":"str\u0069ng"}}, "type":"object"})")
             .strict = false;
       }},
      {"order of fields",
       [](auto& r, auto&) {
         r.extras.push_back({"a", "1"});
         r.extras.push_back({"b", R"({"x":1,"y":[1,2]})"});
       },
       [](auto& r, auto&) {
         r.extras.push_back({"b", R"({"y":[1.0, 2e0],"x":1})"});
         r.extras.push_back({"a", "1.0"});
       }},
      {"order of stops",
       [](auto& r, auto&) {
         r.stop.push_back("a");
         r.stop.push_back("b");
       },
       [](auto& r, auto&) {
         r.stop.push_back("b");
         r.stop.push_back("a");
       }},
  };
  for (const auto& [what, one, other] : pairs) {
    CAPTURE(what);
    CHECK(key_with(one) == key_with(other));
  }
}

TEST_CASE("key: JSON is compared by what it says") {
  const auto same = [](const char* a, const char* b) {
    return cache::hash_of_json(a) == cache::hash_of_json(b);
  };
  CHECK(same(R"({"a":1,"b":[true,null]})", R"( { "b" : [ true , null ] , "a" : 1 } )"));
  CHECK(same(R"("\u00e9\ud83d\ude00\n")", "\"\xC3\xA9\xF0\x9F\x98\x80\\u000a\""));
  CHECK(same("100", "1e2"));
  CHECK(!same("1", "\"1\""));
  CHECK(!same("[1,2]", "[2,1]"));
  CHECK(!same("[[1],2]", "[1,[2]]"));
  CHECK(!same(R"({"a":1})", R"({"a":1,"a":2})"));
  CHECK(!same(R"({"a":1,"a":2})", R"({"a":2,"a":1})"));
  CHECK(!same("9007199254740993", "9007199254740992"));
  CHECK(!same("true", "\"true\""));
  CHECK(!same("{}", "[]"));
  // What is no JSON is what it is.
  CHECK(!same("{\"a\":1", "{\"a\": 1"));
  CHECK(same("{\"a\":1", "{\"a\":1"));
  CHECK(!same("nul", "null"));
  CHECK(!same("1 2", "12"));
  std::string deep(100'000, '[');
  CHECK(cache::hash_of_json(deep) == cache::hash_of_json(deep));
}
