#include "wire/anthropic/client.hpp"
#include "wire/openai/body_writer.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;

namespace {

struct Decoded {
  std::string body;
  core::Arena arena;
  core::ChatRequest request{arena};
  wire::anthropic::Wishes wishes;
  core::Result<void> result{};

  explicit Decoded(std::string text) : body(std::move(text)) {
    body.reserve(body.size() + 64);
    result = wire::anthropic::decode(body, arena, request, wishes);
  }
  // Roles by their first letter.
  std::string roles() const {
    std::string letters;
    for (const auto& message : request.messages) letters += "suat"[static_cast<int>(message.role)];
    return letters;
  }
};

std::string ask(const std::string& more) {
  return R"({"model":"m","max_tokens":64,"messages":[{"role":"user","content":"hi"}])" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string with(const std::string& messages) {
  return R"({"model":"m","max_tokens":64,"messages":[)" + messages + "]}";
}

std::string user(const std::string& block) {
  return with(R"({"role":"user","content":[)" + block + "]}");
}

void refused(const std::string& body, const std::string& param,
             core::Cause cause = core::Cause::bad_request) {
  CAPTURE(body);
  const Decoded decoded(body);
  REQUIRE_FALSE(decoded.result.has_value());
  CHECK(decoded.result.error().cause == cause);
  CHECK(decoded.result.error().param == param);
  CHECK_FALSE(decoded.result.error().detail.empty());
}

const std::string tool =
    R"({"name":"f","description":"d","input_schema":{"type":"object","properties":{}},"strict":true,)"
    R"("cache_control":{"type":"ephemeral"},"defer_loading":false,"input_examples":[{}]})";

}  // namespace

TEST_CASE("anthropic request: every named field is read") {
  const Decoded d(ask(
      R"("stream":true,"temperature":0.5,"top_p":0.9,"top_k":40,"stop_sequences":["a","b"],"metadata":{"user_id":"u"},
"tools":[)" +
      tool + R"(],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},
"thinking":{"type":"enabled","budget_tokens":5000},"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},"system":"s")"));
  REQUIRE(d.result.has_value());
  const auto& r = d.request;
  CHECK(r.surface == core::Surface::anthropic_messages);
  CHECK(r.model == "m");
  CHECK(r.max_tokens == 64);
  CHECK(r.stream);
  CHECK(r.sampling.temperature == 0.5);
  CHECK(r.sampling.top_p == 0.9);
  CHECK(r.sampling.top_k == 40);
  REQUIRE(r.stop.size() == 2);
  CHECK(r.stop[1] == "b");
  CHECK(r.user == "u");
  REQUIRE(r.tools.size() == 1);
  CHECK(r.tools[0].name == "f");
  CHECK(r.tools[0].description == "d");
  CHECK(r.tools[0].parameters == R"({"type":"object","properties":{}})");
  CHECK(r.tools[0].strict == true);
  CHECK(r.tool_choice == core::ToolChoice::named);
  CHECK(r.tool_choice_name == "f");
  CHECK(r.parallel_tool_calls == false);
  CHECK(d.wishes.one_call);
  CHECK(r.think == true);
  CHECK(r.effort == "medium");
  CHECK(d.wishes.show_thinking);
  CHECK(r.format.kind == core::Format::Kind::schema);
  CHECK(r.format.schema == R"({"type":"object"})");
  CHECK(d.roles() == "su");
  CHECK(r.messages[0].parts[0].text == "s");
}

TEST_CASE(
    "anthropic request: beta fields and fields nobody knows are passed over and reach no backend - C14") {
  const Decoded d(ask(
      R"("context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]},"service_tier":"auto","container":null,
"mcp_servers":[],"betas":["x"],"speed":"fast","inference_geo":"us","cache_control":{"type":"ephemeral"},"diagnostics":{},"future":[1,{"a":null}])"));
  REQUIRE(d.result.has_value());
  CHECK(d.request.extras.empty());
  std::string body;
  wire::openai::BodyStyle style;
  style.model = "m";
  REQUIRE(wire::openai::write_chat_body(d.request, style, body).has_value());
  CHECK(body == R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":64})");
}

TEST_CASE(
    "anthropic request: the billing header leaves the system prompt, so that its beginning stays - C18") {
  const std::string header = "x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli; cch=";
  const auto system_of = [&](const std::string& mark, bool blocks) {
    const std::string text = header + mark + ";";
    const Decoded d(
        ask(blocks ? R"("system":[{"type":"text","text":")" + text +
                         R"("},{"type":"text","text":"You are","cache_control":{"type":"ephemeral"}}])"
                   : R"("system":")" + text + R"(\n\nYou are")"));
    REQUIRE(d.result.has_value());
    std::string all;
    for (const auto& part : d.request.messages.front().parts) all += std::string(part.text) + "|";
    return all;
  };
  for (const bool blocks : {false, true}) {
    CHECK(system_of("00000", blocks) == "You are|");
    CHECK(system_of("fffff", blocks) == "You are|");
  }
  const Decoded alone(ask(R"("system":[{"type":"text","text":")" + header + R"(1;"}])"));
  CHECK(alone.roles() == "u");
  const Decoded inside(ask(R"("system":"The header x-anthropic-version is theirs")"));
  CHECK(inside.request.messages[0].parts[0].text == "The header x-anthropic-version is theirs");
}

TEST_CASE("anthropic request: results come before the words of the same turn, their images after - C13") {
  const Decoded d(with(
      R"({"role":"user","content":"do"},{"role":"assistant","content":[{"type":"text","text":"well"},
{"type":"tool_use","id":"t1","name":"f","input":{"b":1,"a":2}},{"type":"tool_use","id":"t2","name":"g","input":{}}]},
{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"one"},
{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"bad"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},
{"type":"text","text":"go on"}]})"));
  REQUIRE(d.result.has_value());
  CHECK(d.roles() == "uattu");
  const auto& m = d.request.messages;
  CHECK(m[1].tool_calls[0].arguments == R"({"b":1,"a":2})");
  CHECK(m[1].tool_calls[1].id == "t2");
  CHECK(m[2].tool_call_id == "t1");
  CHECK(m[2].parts[0].text == "one");
  CHECK_FALSE(m[2].is_error);
  CHECK(m[3].is_error);
  CHECK(m[3].parts[0].text == "Error: bad");
  REQUIRE(m[4].parts.size() == 2);
  CHECK(m[4].parts[0].image.base64 == "AAAA");
  CHECK(m[4].parts[0].image.media_type == "image/png");
  CHECK(m[4].parts[1].text == "go on");
}

TEST_CASE("anthropic request: a result may be empty, and says so if it failed") {
  const Decoded d(user(
      R"({"type":"tool_result","tool_use_id":"t"},{"type":"tool_result","tool_use_id":"u","is_error":true,"content":null},
{"type":"tool_result","tool_use_id":"v","content":[{"type":"tool_reference","tool_name":"found"}]})"));
  REQUIRE(d.result.has_value());
  CHECK(d.roles() == "ttt");
  CHECK(d.request.messages[0].parts.empty());
  CHECK(d.request.messages[1].parts[0].text == "Error");
  CHECK(d.request.messages[2].parts[0].text == "found");
}

TEST_CASE("anthropic request: thinking of others is dropped, our own goes back - C15") {
  const Decoded d(with(
      R"({"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"theirs","signature":"EqQBCg"},
{"type":"redacted_thinking","data":"xx"},{"type":"text","text":"b"}]},{"role":"user","content":"c"},
{"role":"assistant","content":[{"signature":"codecrucible","thinking":"ours","type":"thinking"},{"type":"tool_use","id":"t","name":"f","input":{}}]},
{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"d"}]})"));
  REQUIRE(d.result.has_value());
  CHECK(d.roles() == "uauat");
  CHECK(d.request.messages[1].reasoning.empty());
  CHECK(d.request.messages[3].reasoning == "ours");
}

TEST_CASE("anthropic request: turns of the same side become one, and an empty one vanishes") {
  const Decoded d(with(
      R"({"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"y"}]},
{"role":"user","content":[{"type":"text","text":"b"}]},{"role":"assistant","content":"c"},{"role":"assistant","content":"d"},{"role":"user","content":"e"})"));
  REQUIRE(d.result.has_value());
  CHECK(d.roles() == "uau");
  CHECK(d.request.messages[0].parts.size() == 2);
  CHECK(d.request.messages[1].parts.size() == 2);
}

TEST_CASE(
    "anthropic request: system messages stand at the beginning, later ones among the user's words - C2") {
  const Decoded d(
      R"({"model":"m","max_tokens":1,"messages":[{"role":"system","content":"second"},{"role":"user","content":"a"},
{"role":"assistant","content":"b"},{"role":"system","content":[{"type":"text","text":"note"}]},{"role":"user","content":"c"}],"system":[{"type":"text","text":"first"}]})");
  REQUIRE(d.result.has_value());
  CHECK(d.roles() == "suau");
  CHECK(d.request.messages[0].parts[0].text == "first");
  CHECK(d.request.messages[0].parts[1].text == "second");
  CHECK(d.request.messages[3].parts[0].text == "<system-reminder>\nnote\n</system-reminder>");
  CHECK(d.request.messages[3].parts[1].text == "c");
}

TEST_CASE("anthropic request: images and documents") {
  const Decoded d(user(
      R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}},{"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"words"}},
{"type":"document","source":{"type":"content","content":[{"type":"text","text":"more"}]}},{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"found"}]})"));
  REQUIRE(d.result.has_value());
  std::string text;
  for (const auto& part : d.request.messages[0].parts) text += std::string(part.text) + "|";
  CHECK(text == "|<document title=\"T\">|words|</document>|<document>|more|</document>|t – s|found|");
  CHECK(d.request.messages[0].parts[0].image.url == "https://x/y.png");
  refused(
      user(R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}})"),
      "messages[0].content[0].source.type", core::Cause::unsupported);
  refused(user(R"({"type":"image","source":{"type":"file","file_id":"f"}})"),
          "messages[0].content[0].source.type", core::Cause::unsupported);
  refused(user(R"({"type":"image","source":{"type":"url","url":"file:///etc/passwd"}})"),
          "messages[0].content[0].source.url");
}

TEST_CASE("anthropic request: what thinking means for the model and for the reply") {
  const auto wish = [](const std::string& more) {
    const Decoded d(ask(more));
    REQUIRE(d.result.has_value());
    return std::string(d.request.think ? *d.request.think ? "on" : "off" : "unsaid") + " " +
           std::string(d.request.effort) + (d.wishes.show_thinking ? " shown" : "");
  };
  CHECK(wish("") == "unsaid ");
  CHECK(wish(R"("thinking":{"type":"disabled"})") == "off ");
  CHECK(wish(R"("thinking":{"type":"enabled"})") == "on  shown");
  CHECK(wish(R"("thinking":{"type":"enabled","budget_tokens":1024})") == "on low shown");
  CHECK(wish(R"("thinking":{"type":"enabled","budget_tokens":31999})") == "on high shown");
  CHECK(wish(R"("thinking":{"type":"adaptive"},"output_config":{"effort":"xhigh"})") == "on high shown");
  CHECK(wish(R"("thinking":{"type":"adaptive","display":"omitted"})") == "on ");
  CHECK(wish(R"("output_config":{"effort":"low"})") == "unsaid ");
  const Decoded prefill(
      R"({"model":"m","max_tokens":9,"thinking":{"type":"enabled"},"messages":[{"role":"user",)"
      R"("content":"a"},{"role":"assistant","content":"{"}]})");
  CHECK(prefill.request.think == false);
  CHECK_FALSE(prefill.wishes.show_thinking);
}

TEST_CASE(
    "anthropic request: tools of Anthropic's own are left out, and a choice that needs one is refused") {
  const std::string search = R"({"type":"web_search_20250305","name":"web_search","max_uses":5})";
  const Decoded d(ask(R"("tools":[)" + search + "," + tool + "]"));
  REQUIRE(d.result.has_value());
  REQUIRE(d.request.tools.size() == 1);
  CHECK(d.request.tools[0].name == "f");
  refused(ask(R"("tools":[)" + search + R"(],"tool_choice":{"type":"tool","name":"web_search"})"),
          "tool_choice.name");
  refused(ask(R"("tools":[)" + search + R"(],"tool_choice":{"type":"any"})"), "tool_choice");
  const Decoded none(ask(R"("tool_choice":{"type":"auto","disable_parallel_tool_use":true})"));
  CHECK_FALSE(none.request.parallel_tool_calls);
}

TEST_CASE("anthropic request: message threads are refused in the words that make the SDK send all again") {
  for (const std::string thread :
       {R"({"type":"create"})", R"({"type":"continue","previous_message_id":"msg_1"})"}) {
    const std::string body = ask(R"("thread":)" + thread);
    refused(body, "thread", core::Cause::unsupported);
    const auto error = wire::anthropic::error_body(Decoded(body).result.error(), "req_1");
    CHECK(error.find(R"("details":{"error_code":"thread_unsupported_request","unsupported":["thread"]})") !=
          std::string::npos);
  }
  CHECK(Decoded(ask(R"("thread":null)")).result.has_value());
}

TEST_CASE("anthropic request: what is wrong is named with its place") {
  refused(R"({"max_tokens":1,"messages":[{"role":"user","content":"x"}]})", "model");
  refused(R"({"model":"m","messages":[{"role":"user","content":"x"}]})", "max_tokens");
  refused(R"({"model":"m","max_tokens":1})", "messages");
  refused(R"({"model":"m","max_tokens":1,"messages":[]})", "messages");
  refused(R"({"model":"m","max_tokens":1,"messages":[{"role":"system","content":"x"}]})", "messages");
  refused(R"({"model":"m","max_tokens":-1,"messages":[{"role":"user","content":"x"}]})", "max_tokens");
  refused(ask(R"("temperature":1.5)"), "temperature");
  refused(ask(R"("temperature":"hot")"), "temperature");
  refused(ask(R"("model":"n")"), "model");
  refused(ask(R"("stop_sequences":["  "])"), "stop_sequences");
  refused(ask(R"("system":7)"), "system");
  refused(ask(R"("system":[{"type":"image","text":"x"}])"), "system[0].type");
  refused(ask(R"("thinking":{"type":"perhaps"})"), "thinking.type");
  refused(ask(R"("tools":[{"input_schema":{}}])"), "tools[0].name");
  refused(ask(R"("tools":[{"name":"f"}])"), "tools[0].input_schema");
  refused(ask(R"("tool_choice":{"type":"some"})"), "tool_choice.type");
  refused(with(R"({"role":"user"})"), "messages[0].content");
  refused(with(R"({"role":"user","content":""})"), "messages[0].content");
  refused(with(R"({"role":"nobody","content":"x"})"), "messages[0].role");
  refused(with(R"({"content":"x"})"), "messages[0].role");
  refused(user(R"({"type":"text"})"), "messages[0].content[0].text");
  refused(user(R"({"text":"x"})"), "messages[0].content[0].type");
  refused(user(R"("x")"), "messages[0].content[0]");
  refused(user(R"({"type":"hologram"})"), "messages[0].content[0].type", core::Cause::unsupported);
  refused(user(R"({"type":"tool_result","content":"x"})"), "messages[0].content[0].tool_use_id");
  refused(user(R"({"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":1}]})"),
          "messages[0].content[0].content[0].text");
  refused(user(R"({"type":"tool_use","id":"t","name":"f","input":{}})"), "messages[0].content");
  refused(with(R"({"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":"{}"}]})"),
          "messages[0].content[0].input");
}

TEST_CASE("anthropic request: broken JSON is told with its position, wherever it breaks") {
  const std::string good = ask(R"("system":[{"type":"text","text":"s"}],"tools":[)" + tool +
                               R"(],"metadata":{"user_id":"u"},"x":[{"type":"text"}])");
  const std::string blocks = user(
      R"({"type":"text","text":"a"},{"source":{"type":"base64","data":"AA"},"type":"image"},{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"b"}]})");
  REQUIRE(Decoded(blocks).result.has_value());
  for (std::size_t size = 0; size < blocks.size(); ++size) {
    CAPTURE(size);
    const Decoded d(blocks.substr(0, size));
    REQUIRE_FALSE(d.result.has_value());
    CHECK(d.result.error().detail.find("line 1, column") != std::string::npos);
  }
  REQUIRE(Decoded(good).result.has_value());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const Decoded d(good.substr(0, size));
    REQUIRE_FALSE(d.result.has_value());
    CHECK(d.result.error().cause == core::Cause::bad_request);
    CHECK(d.result.error().detail.find("line 1, column") != std::string::npos);
  }
}

TEST_CASE("anthropic request: counting needs no max_tokens") {
  std::string body = R"({"model":"m","messages":[{"role":"user","content":"x"}]})";
  body.reserve(body.size() + 64);
  core::Arena arena;
  core::ChatRequest request(arena);
  CHECK(wire::anthropic::decode_count(body, arena, request).has_value());
}

TEST_CASE("anthropic request: texts in several blocks are one text for servers of OpenAI's dialect") {
  const Decoded d(
      R"({"model":"m","max_tokens":5,"system":[{"type":"text","text":"a\"b"},{"type":"text","text":"c"}],"messages":[{"role":"user",)"
      R"("content":[{"type":"text","text":"d"},{"type":"text","text":"e"}]}]})");
  REQUIRE(d.result.has_value());
  std::string body;
  wire::openai::BodyStyle style;
  style.model = "m";
  REQUIRE(wire::openai::write_chat_body(d.request, style, body).has_value());
  CHECK(
      body ==
      R"({"model":"m","messages":[{"role":"system","content":"a\"b\nc"},{"role":"user","content":"d\ne"}],"max_tokens":5})");
}
