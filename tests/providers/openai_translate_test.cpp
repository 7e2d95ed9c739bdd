#include "providers/provider.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <string>

using namespace codecrucible;
using core::ProviderKind;
using Json = nlohmann::ordered_json;

namespace {

// A request as an Ollama client's becomes one.
struct Request {
  core::Arena arena;
  core::ChatRequest chat{arena};

  explicit Request(core::Surface surface) { chat.surface = surface; }

  core::Message& say(core::Role role, std::string_view text) {
    core::Message& message = chat.messages.emplace_back();
    message.role = role;
    if (!text.empty()) message.parts.emplace_back().text = text;
    return message;
  }
  core::Result<providers::Call> encode(ProviderKind kind) const {
    providers::Target target;
    target.model = "m";
    return providers::provider_for(kind).encode(chat, nullptr, target);
  }
  Json sent(ProviderKind kind = ProviderKind::llamacpp,
            std::string_view path = "/v1/chat/completions") const {
    const auto call = encode(kind);
    REQUIRE(call.has_value());
    CHECK(call->path == path);
    CHECK_FALSE(call->verbatim);
    return Json::parse(call->body);
  }
};

void add_image(core::Message& message, std::string_view base64) {
  core::Part& part = message.parts.emplace_back();
  part.kind = core::Part::Kind::image;
  part.image.base64 = base64;
}

}  // namespace

TEST_CASE("openai translate: an Ollama chat with all its fields") {
  Request request(core::Surface::ollama_chat);
  request.say(core::Role::system, "s");
  request.say(core::Role::user, "q\n\"x\"");
  auto& chat = request.chat;
  chat.stream = true;
  chat.max_tokens = 5;
  chat.sampling.temperature = 0.5;
  chat.sampling.top_k = 3;
  chat.sampling.repeat_penalty = 1.5;
  chat.stop.push_back("end");
  chat.format.kind = core::Format::Kind::json;
  chat.think = false;
  chat.logprobs = true;
  chat.top_logprobs = 2;
  chat.options.push_back({"num_ctx", "8192"});
  chat.options.push_back({"repeat_last_n", "32"});
  const Json sent = request.sent();
  CHECK(sent["model"] == "m");
  CHECK(sent["messages"][1] == Json::parse(R"({"role":"user","content":"q\n\"x\""})"));
  CHECK(sent["stream_options"]["include_usage"] == true);
  CHECK(sent["max_tokens"] == 5);
  CHECK(sent["repeat_penalty"] == 1.5);
  CHECK(sent["repeat_last_n"] == 32);
  CHECK_FALSE(sent.contains("num_ctx"));
  CHECK(sent["stop"] == Json::parse(R"(["end"])"));
  CHECK(sent["response_format"]["type"] == "json_object");
  CHECK(sent["chat_template_kwargs"]["enable_thinking"] == false);
  CHECK(sent["logprobs"] == true);
  CHECK(sent["top_logprobs"] == 2);
  CHECK(request.sent(ProviderKind::vllm)["repetition_penalty"] == 1.5);
  CHECK(request.sent(ProviderKind::openai)["max_tokens"] == 5);
  CHECK(request.encode(ProviderKind::lmstudio).error().param == "logprobs");
  chat.logprobs.reset();
  const Json studio = request.sent(ProviderKind::lmstudio);
  CHECK(studio["response_format"]["type"] == "json_schema");
  CHECK_FALSE(studio.contains("chat_template_kwargs"));
}

TEST_CASE("openai translate: images become data URLs of the right kind - C6") {
  Request request(core::Surface::ollama_chat);
  core::Message& message = request.say(core::Role::user, "look");
  add_image(message, "iVBORw0KGgoAAAA");
  add_image(message, "/9j/4AAQ");
  add_image(message, "UklGRiIAAABX");
  const Json content = request.sent()["messages"][0]["content"];
  CHECK(content[0]["text"] == "look");
  CHECK(content[1]["image_url"]["url"] == "data:image/png;base64,iVBORw0KGgoAAAA");
  CHECK(content[2]["image_url"]["url"] == "data:image/jpeg;base64,/9j/4AAQ");
  CHECK(content[3]["image_url"]["url"] == "data:image/webp;base64,UklGRiIAAABX");
}

TEST_CASE("openai translate: results are matched with their calls by name and order - C4 C12 B13") {
  Request request(core::Surface::ollama_chat);
  request.say(core::Role::user, "q");
  core::Message& calls = request.say(core::Role::assistant, "");
  calls.tool_calls.push_back({"", "f", R"({"a": 1})"});
  calls.tool_calls.push_back({"own", "g", ""});
  calls.tool_calls.push_back({"", "f", "{}"});
  request.say(core::Role::tool, "second").tool_name = "g";
  request.say(core::Role::tool, "first").tool_name = "f";
  request.say(core::Role::tool, "third").tool_name = "f";
  const Json messages = request.sent()["messages"];
  const Json& made = messages[1]["tool_calls"];
  CHECK(messages[1]["content"].is_null());
  CHECK(made[0]["type"] == "function");
  CHECK(made[0]["function"]["arguments"] == R"({"a": 1})");
  CHECK(made[1]["function"]["arguments"] == "{}");
  CHECK(made[1]["id"] == "own");
  CHECK(made[0]["id"] != made[2]["id"]);
  CHECK(messages[2]["tool_call_id"] == "own");
  CHECK(messages[3]["tool_call_id"] == made[0]["id"]);
  CHECK(messages[4]["tool_call_id"] == made[2]["id"]);
  CHECK(request.sent() == request.sent());
  CHECK(request.sent(ProviderKind::lmstudio)["messages"][1]["content"] == "");
}

TEST_CASE("openai translate: generate is a chat unless it is raw or fills in") {
  Request request(core::Surface::ollama_generate);
  request.say(core::Role::system, "s");
  request.chat.prompt = "p";
  const Json plain = request.sent();
  CHECK(plain["messages"] ==
        Json::parse(R"([{"role":"system","content":"s"},{"role":"user","content":"p"}])"));
  add_image(request.say(core::Role::user, ""), "/9j/4AAQ");
  const Json seen = request.sent()["messages"];
  REQUIRE(seen.size() == 2);
  CHECK(seen[1]["content"][0]["text"] == "p");
  CHECK(seen[1]["content"][1]["type"] == "image_url");
  request.chat.raw = true;
  const auto refused = request.encode(ProviderKind::llamacpp);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().cause == core::Cause::unsupported);

  Request raw(core::Surface::ollama_generate);
  raw.chat.prompt = "once";
  raw.chat.raw = true;
  raw.chat.max_tokens = 3;
  const Json text = raw.sent(ProviderKind::llamacpp, "/v1/completions");
  CHECK(text["prompt"] == "once");
  CHECK(text["max_tokens"] == 3);
  CHECK_FALSE(text.contains("messages"));

  Request middle(core::Surface::ollama_generate);
  middle.chat.prompt = "a";
  middle.chat.suffix = "c";
  CHECK(middle.sent(ProviderKind::vllm, "/v1/completions")["suffix"] == "c");
  CHECK(middle.encode(ProviderKind::lmstudio).error().param == "suffix");
}

TEST_CASE("openai translate: nothing to answer is refused - C20") {
  CHECK(Request(core::Surface::ollama_chat).encode(ProviderKind::llamacpp).error().param == "messages");
  CHECK(Request(core::Surface::ollama_generate).encode(ProviderKind::llamacpp).error().param == "prompt");
}

TEST_CASE("openai translate: tools, schema and choice") {
  Request request(core::Surface::ollama_chat);
  request.say(core::Role::user, "q");
  core::Tool& tool = request.chat.tools.emplace_back();
  tool.name = "f";
  tool.description = "d \"x\"";
  tool.parameters = R"({"z":1,"a":2})";
  request.chat.tool_choice = core::ToolChoice::none;
  request.chat.format.kind = core::Format::Kind::schema;
  request.chat.format.schema = R"({"type":"object"})";
  const Json sent = request.sent();
  CHECK(sent["tools"][0]["function"].dump() ==
        R"({"name":"f","description":"d \"x\"","parameters":{"z":1,"a":2}})");
  CHECK(sent["tool_choice"] == "none");
  CHECK(sent["response_format"]["json_schema"]["schema"]["type"] == "object");
  CHECK_FALSE(sent["response_format"]["json_schema"]["name"].get<std::string>().empty());
}
