#include "wire/responses/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <map>

using namespace codecrucible;
using Json = nlohmann::json;

namespace {

// Earlier responses by id, items by id.
struct Remembered final : wire::responses::Recall {
  std::map<std::string, std::vector<std::string>> conversations;
  std::map<std::string, std::string> items;
  bool conversation(std::string_view id, std::vector<std::string_view>& arrays) override {
    const auto found = conversations.find(std::string(id));
    if (found == conversations.end()) return false;
    arrays.assign(found->second.begin(), found->second.end());
    return true;
  }
  std::string_view item(std::string_view id) override {
    const auto found = items.find(std::string(id));
    return found == items.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct Decoded {
  core::Arena arena;
  core::ChatRequest request{arena};
  wire::responses::Asked asked;
  Remembered recall;
  std::string body;
  std::optional<core::Failure> failure;

  Decoded() = default;
  explicit Decoded(std::string text) { decode(std::move(text)); }
  void decode(std::string text) {
    body = std::move(text);
    const auto result = wire::responses::decode(body, arena, request, asked, recall);
    if (!result) failure = result.error();
  }
};

std::string with(const std::string& members) {
  return R"({"model":"m","input":"hi",)" + members + "}";
}

std::string line_of(const core::Message& message) {
  constexpr const char* roles[] = {"system", "user", "assistant", "tool"};
  std::string line = roles[static_cast<int>(message.role)];
  if (!message.reasoning.empty()) line += " (" + std::string(message.reasoning) + ")";
  for (const auto& part : message.parts) {
    line += part.kind == core::Part::Kind::text ? " " + std::string(part.text) : " <image>";
  }
  for (const auto& call : message.tool_calls) {
    line += " " + std::string(call.id) + "=" + std::string(call.name) + std::string(call.arguments);
  }
  if (!message.tool_call_id.empty()) line += " @" + std::string(message.tool_call_id);
  return line;
}

std::vector<std::string> lines_of(const core::ChatRequest& request) {
  std::vector<std::string> lines;
  for (const auto& message : request.messages) lines.push_back(line_of(message));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("responses request: a text is a user's message behind the instructions") {
  Decoded got(R"({"model":"m","input":"say \"hi\"","instructions":"be short"})");
  REQUIRE(!got.failure);
  CHECK(lines_of(got.request) == Lines{"system be short", "user say \"hi\""});
  CHECK(got.request.surface == core::Surface::openai_responses);
  CHECK(got.asked.store);
  CHECK(!got.request.stream);
}

TEST_CASE("responses request: items become messages, one per turn of the assistant") {
  Decoded got(R"({"model":"m","input":[
    {"role":"developer","content":"rules"},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},
      {"type":"input_image","image_url":"data:image/png;base64,QUJD","detail":"auto"}]},
    {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"s"}],"content":[{"type":"reasoning_text","text":"because"}]},
    {"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"I look","annotations":[]}]},
    {"type":"function_call","call_id":"c1","name":"f","arguments":"{\"x\":1}"},
    {"type":"function_call","call_id":"c2","name":"f","arguments":""},
    {"type":"function_call_output","call_id":"c1","output":"one"},
    {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
    {"type":"reasoning","summary":[{"type":"summary_text","text":"short"}],"encrypted_content":"sealed"},
    {"type":"function_call","call_id":"c3","name":"g","arguments":"{}"},
    {"type":"function_call_output","call_id":"c3","output":{"ok":true}},
    {"role":"assistant","content":"done"},
    {"role":"user","content":"thanks"}]})");
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  CHECK(lines_of(got.request) == Lines{"system rules", "user a <image>",
                                       "assistant (because) I look c1=f{\"x\":1} c2=f{}", "tool one @c1",
                                       "tool two @c2", "assistant (short) c3=g{}", "tool {\"ok\":true} @c3",
                                       "assistant done", "user thanks"});
  CHECK(got.request.messages[1].parts[1].image.base64 == "QUJD");
  CHECK(got.request.messages[1].parts[1].image.media_type == "image/png");
}

TEST_CASE("responses request: every setting gets its place") {
  Decoded got(
      with(R"("max_output_tokens":50,"temperature":0.25,"top_p":0.5,"stream":true,"store":false,"user":"u",
    "parallel_tool_calls":false,"reasoning":{"effort":"high","summary":"auto"},"truncation":"auto",
    "include":["message.output_text.logprobs","reasoning.encrypted_content"],"top_logprobs":3,"metadata":{"a":"b"},
    "text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object"}},"verbosity":"low"},
    "service_tier":"auto","prompt_cache_key":"k","safety_identifier":"s","client_metadata":{"x":1},"background":false,
    "conversation":null,"stream_options":{"include_obfuscation":false},"top_k":5,"seed":1)"));
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  const auto& r = got.request;
  CHECK(r.max_tokens == 50);
  CHECK(r.sampling.temperature == 0.25);
  CHECK(r.sampling.top_p == 0.5);
  CHECK(r.sampling.top_k == 5);
  CHECK(r.stream);
  CHECK(r.user == "u");
  CHECK(r.parallel_tool_calls == false);
  CHECK(r.effort == "high");
  CHECK(r.think == true);
  CHECK(r.logprobs == true);
  CHECK(r.top_logprobs == 3);
  CHECK(r.format.kind == core::Format::Kind::schema);
  CHECK(r.format.name == "n");
  CHECK(r.format.schema == R"({"type":"object"})");
  CHECK(r.extras.empty());
  CHECK(!got.asked.store);
  CHECK(got.asked.summary);
  CHECK(got.asked.keeps_sealed);
  CHECK(got.asked.truncation == "auto");
  CHECK(Decoded(with(R"("text":{"format":{"type":"json_object"}})")).request.format.kind ==
        core::Format::Kind::json);
  CHECK(Decoded(with(R"("reasoning":{"effort":"none"})")).request.think == false);
  CHECK(!Decoded(with(R"("reasoning":{"effort":null})")).request.think);
}

TEST_CASE("responses request: null is as good as absent") {
  Decoded got(
      with(R"("instructions":null,"tools":null,"tool_choice":null,"reasoning":null,"text":null,"include":null,
    "temperature":null,"previous_response_id":null,"store":null,"stream":null,"metadata":null,"max_output_tokens":null,
    "prompt":null,"stop":null,"user":null,"truncation":null,"stream_options":null,"parallel_tool_calls":null)"));
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  CHECK(got.asked.store);
  CHECK(lines_of(got.request) == Lines{"user hi"});
}

TEST_CASE(
    "responses request: tools are flat; custom ones become functions with one text, namespaces open up") {
  Decoded got(with(R"("tools":[
    {"type":"function","name":"stop","description":"d","strict":false,"parameters":{"type":"object"}},
    {"type":"custom","name":"apply_patch","description":"edits","format":{"type":"grammar","syntax":"lark","definition":"start: x"}},
    {"type":"namespace","name":"team","description":"t","tools":[{"type":"function","name":"stop","parameters":{}},
      {"type":"function","name":"spawn","description":"s"}]},
    {"type":"web_search","external_web_access":false},{"type":"web_search_preview"},{"type":"image_generation"}])"));
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  const auto& tools = got.request.tools;
  REQUIRE(tools.size() == 4);
  CHECK(tools[0].name == "stop");
  CHECK(tools[0].parameters == R"({"type":"object"})");
  CHECK(tools[1].name == "apply_patch");
  CHECK(tools[1].description.find("start: x") != std::string_view::npos);
  CHECK(Json::parse(tools[1].parameters)["required"][0] == "input");
  CHECK(tools[2].name == "team__stop");
  CHECK(tools[3].name == "spawn");
  CHECK(got.asked.dropped == std::vector<std::string_view>{"web_search", "image_generation"});
}

TEST_CASE("responses request: earlier calls of special tools bear the names that the backend knows") {
  Decoded got(
      R"({"model":"m","tools":[{"type":"function","name":"stop"},{"type":"custom","name":"apply_patch"},
    {"type":"namespace","name":"team","tools":[{"type":"function","name":"stop"}]}],
    "input":[{"role":"user","content":"go"},
    {"type":"custom_tool_call","call_id":"c1","name":"apply_patch","input":"a\n\"b\""},
    {"type":"custom_tool_call_output","call_id":"c1","output":"ok"},
    {"type":"function_call","call_id":"c2","name":"stop","namespace":"team","arguments":"{}"},
    {"type":"function_call_output","call_id":"c2","output":"ok"},
    {"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"q"}}]})");
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  CHECK(lines_of(got.request)[1] == R"(assistant c1=apply_patch{"input":"a\n\"b\""})");
  CHECK(lines_of(got.request)[3] == "assistant c2=team__stop{}");
  CHECK(got.asked.dropped == std::vector<std::string_view>{"web_search_call"});
}

TEST_CASE("responses request: tool_choice in all its forms") {
  const std::string tools =
      R"("tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],"tool_choice":)";
  CHECK(Decoded(with(tools + R"("none")")).request.tool_choice == core::ToolChoice::none);
  CHECK(Decoded(with(tools + R"("required")")).request.tool_choice == core::ToolChoice::required);
  Decoded named(with(tools + R"({"type":"function","name":"g"})"));
  CHECK(named.request.tool_choice == core::ToolChoice::named);
  CHECK(named.request.tool_choice_name == "g");
  Decoded allowed(
      with(tools + R"({"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]})"));
  REQUIRE(allowed.request.tools.size() == 1);
  CHECK(allowed.request.tools[0].name == "g");
  CHECK(allowed.request.tool_choice == core::ToolChoice::required);
}

TEST_CASE("responses request: what was said before stands between the instructions and the input") {
  Decoded got;
  got.recall.conversations["resp_1"] = {
      R"([{"type":"message","role":"user","content":"first"}])",
      R"([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]}])"};
  got.decode(R"({"model":"m","input":"second","instructions":"new rules","previous_response_id":"resp_1"})");
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  CHECK(lines_of(got.request) == Lines{"system new rules", "user first", "assistant one", "user second"});
  CHECK(got.asked.input.size() == 1);
}

TEST_CASE("responses request: a reference stands for the item that it names") {
  Decoded got;
  got.recall.items["msg_1"] =
      R"({"id":"msg_1","type":"message","role":"assistant","content":[{"type":"output_text","text":"one"}]})";
  got.decode(
      R"({"model":"m","input":[{"role":"user","content":"q"},{"type":"item_reference","id":"msg_1"},{"id":"msg_1"}]})");
  REQUIRE_MESSAGE(!got.failure, got.failure->detail);
  CHECK(lines_of(got.request) == Lines{"user q", "assistant one", "assistant one"});
  std::string kept;
  wire::responses::write_input_items(got.asked, "resp_9", kept);
  CHECK(Json::parse(kept)[1]["content"][0]["text"] == "one");
}

TEST_CASE("responses request: kept items are complete, and can be read again") {
  Decoded got(
      R"({"model":"m","input":[{"role":"user","content":"a \"b\""}, { "content" : "c" , "role":"assistant" },
    {"type":"function_call","call_id":"c1","name":"f","arguments":"{}","id":"fc_own"},
    {"type":"function_call_output","call_id":"c1","output":"o"}]})");
  REQUIRE(!got.failure);
  std::string kept;
  wire::responses::write_input_items(got.asked, "resp_abc", kept);
  const auto items = Json::parse(kept);
  CHECK(
      items[0] ==
      Json::parse(
          R"({"id":"msg_abc_i0","type":"message","role":"user","content":[{"type":"input_text","text":"a \"b\""}]})"));
  CHECK(items[1]["content"][0]["type"] == "output_text");
  CHECK(items[2]["id"] == "fc_own");
  CHECK(items[3]["id"] == "item_abc_i3");
  Decoded again(R"({"model":"m","input":)" + kept + "}");
  REQUIRE(!again.failure);
  CHECK(lines_of(again.request) == lines_of(got.request));
  CHECK(wire::responses::response_of_item("msg_abc_i0") == "resp_abc");
  CHECK(wire::responses::item_in(kept, "fc_own").find("c1") != std::string_view::npos);
  CHECK(wire::responses::item_in(kept, "nothing").empty());
  Decoded text(R"({"model":"m","input":"x\ny"})");
  kept.clear();
  wire::responses::write_input_items(text.asked, "resp_abc", kept);
  CHECK(Json::parse(kept)[0]["content"][0]["text"] == "x\ny");
}

TEST_CASE("responses request: a page of items goes forth or back, from an item on") {
  const std::string items = R"([{"id":"a"},{"id":"b"},{"id":"c"}])";
  const auto page = [&](wire::responses::ItemsPage wanted) {
    std::string out;
    wire::responses::write_items_page(items, wanted, out);
    return Json::parse(out);
  };
  auto got = page({});
  CHECK(got["data"].size() == 3);
  CHECK(got["first_id"] == "c");
  CHECK(got["last_id"] == "a");
  CHECK(got["has_more"] == false);
  got = page({"", 2, true});
  CHECK(got["last_id"] == "b");
  CHECK(got["has_more"] == true);
  got = page({"b", 2, true});
  CHECK(got["data"] == Json::parse(R"([{"id":"c"}])"));
  got = page({"c", 2, true});
  CHECK(got["data"].empty());
  CHECK(got["first_id"].is_null());
}

TEST_CASE("responses request: what is wrong is named") {
  struct Wrong {
    std::string body;
    std::string param;
    core::Cause cause = core::Cause::bad_request;
  };
  using core::Cause;
  const std::vector<Wrong> table = {
      {"", ""},
      {"[]", ""},
      {"{", ""},
      {R"({"input":"x"})", "model"},
      {R"({"model":"m"})", "input"},
      {R"({"model":"m","input":[]})", "input"},
      {R"({"model":"m","input":5})", "input"},
      {R"({"model":"m","input":"x"} trailing)", ""},
      {R"({"model":"m","input":"x","input":"y"})", "input"},
      {R"({"model":"m","input":[5]})", "input[0]"},
      {R"({"model":"m","input":[{}]})", "input[0].type"},
      {R"({"model":"m","input":[{"role":"user"}]})", "input[0].content"},
      {R"({"model":"m","input":[{"role":"nobody","content":"x"}]})", "input[0].role"},
      {R"({"model":"m","input":[{"type":"message","content":"x"}]})", "input[0].role"},
      {R"({"model":"m","input":[{"role":"user","content":[{"text":"x"}]}]})", "input[0].content[0].type"},
      {R"({"model":"m","input":[{"role":"user","content":[{"type":"input_text"}]}]})",
       "input[0].content[0].text"},
      {R"({"model":"m","input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]})",
       "input[0].content[0].image_url"},
      {R"({"model":"m","input":[{"role":"user","content":[{"type":"input_image","image_url":"ftp://x"}]}]})",
       "input[0].content[0].image_url"},
      {R"({"model":"m","input":[{"role":"user","content":[{"type":"input_file","file_id":"f"}]}]})",
       "input[0].content[0].type", Cause::unsupported},
      {R"({"model":"m","input":[{"role":"user","content":5}]})", "input[0].content"},
      {R"({"model":"m","input":[{"type":"function_call","call_id":"c"}]})", "input[0].name"},
      {R"({"model":"m","input":[{"type":"function_call","name":"f"}]})", "input[0].call_id"},
      {R"({"model":"m","input":[{"type":"function_call_output","output":"x"}]})", "input[0].call_id"},
      {R"({"model":"m","input":[{"type":"function_call_output","call_id":"c"}]})", "input[0].output"},
      {R"({"model":"m","input":[{"type":"computer_call","call_id":"c"}]})", "input[0].type",
       Cause::unsupported},
      {R"({"model":"m","input":[{"type":"item_reference","id":"msg_x"}]})", "input[0].id"},
      {with(R"("previous_response_id":"resp_x")"), "previous_response_id"},
      {with(R"("previous_response_id":7)"), "previous_response_id"},
      {with(R"("temperature":"hot")"), "temperature"},
      {with(R"("temperature":3)"), "temperature"},
      {with(R"("top_p":2)"), "top_p"},
      {with(R"("max_output_tokens":0)"), "max_output_tokens"},
      {with(R"("max_output_tokens":1.5)"), "max_output_tokens"},
      {with(R"("stream":"yes")"), "stream"},
      {with(R"("store":1)"), "store"},
      {with(R"("instructions":5)"), "instructions"},
      {with(R"("metadata":"x")"), "metadata"},
      {with(R"("truncation":"middle")"), "truncation"},
      {with(R"("include":"all")"), "include"},
      {with(R"("include":[1])"), "include[0]"},
      {with(R"("reasoning":"high")"), "reasoning"},
      {with(R"("reasoning":{"effort":1})"), "reasoning.effort"},
      {with(R"("text":{"format":{"type":"yaml"}})"), "text.format.type"},
      {with(R"("text":{"format":{"type":"json_schema","name":"n"}})"), "text.format.schema"},
      {with(R"("tools":{})"), "tools"},
      {with(R"("tools":[{"name":"f"}])"), "tools[0].type"},
      {with(R"("tools":[{"type":"function"}])"), "tools[0].name"},
      {with(R"("tools":[{"type":"function","name":"f","parameters":[]}])"), "tools[0].parameters"},
      {with(R"("tools":[{"type":"file_search"}])"), "tools[0].type", Cause::unsupported},
      {with(R"("tools":[{"type":"mcp","server_label":"x"}])"), "tools[0].type", Cause::unsupported},
      {with(R"("tools":[{"type":"local_shell"}])"), "tools[0].type", Cause::unsupported},
      {with(R"("tools":[{"type":"namespace","name":"n","tools":[{"type":"mcp"}]}])"), "tools",
       Cause::unsupported},
      {with(R"("tool_choice":"maybe")"), "tool_choice"},
      {with(R"("tool_choice":"required")"), "tool_choice"},
      {with(R"("tools":[{"type":"web_search"}],"tool_choice":"required")"), "tool_choice"},
      {with(R"("tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"})"), "tool_choice",
       Cause::unsupported},
      {with(R"("background":true)"), "background", Cause::unsupported},
      {with(R"("conversation":"conv_1")"), "conversation", Cause::unsupported},
      {with(R"("prompt":{"id":"p"})"), "prompt", Cause::unsupported},
  };
  for (const auto& wrong : table) {
    CAPTURE(wrong.body);
    const Decoded got(wrong.body);
    REQUIRE(got.failure);
    CHECK(got.failure->param == wrong.param);
    CHECK(got.failure->cause == wrong.cause);
    CHECK(!got.failure->detail.empty());
    CHECK(Json::parse(wire::error_body(core::Surface::openai_responses, *got.failure, "r"))["error"].size() ==
          4);
  }
}

TEST_CASE("responses request: a body cut anywhere is refused") {
  const std::string body =
      R"({"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a\u00e9b"}]},
    {"type":"function_call","call_id":"c","name":"f","arguments":"{}"}],"tools":[{"type":"function","name":"f",
    "parameters":{"type":"object"}}],"tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"text"}}})";
  CHECK(!Decoded(body).failure);
  for (std::size_t at = 0; at < body.size(); ++at) {
    CAPTURE(at);
    CHECK(Decoded(body.substr(0, at)).failure);
  }
}

TEST_CASE("responses request: errors have OpenAI's shape, an unknown response its own code") {
  const auto body = [](core::Failure failure) {
    return Json::parse(wire::error_body(core::Surface::openai_responses, failure, "r"))["error"];
  };
  const Decoded unknown(with(R"("previous_response_id":"resp_x")"));
  REQUIRE(unknown.failure);
  auto error = body(*unknown.failure);
  CHECK(error["code"] == "previous_response_not_found");
  CHECK(error["type"] == "invalid_request_error");
  CHECK(error["param"] == "previous_response_id");
  CHECK(error["message"] == "Previous response with id 'resp_x' not found.");
  error = body(core::fail(core::Cause::context_length, "too long"));
  CHECK(error["code"] == "context_length_exceeded");
}
