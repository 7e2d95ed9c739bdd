#include "core/result.hpp"
#include "openai_support.hpp"
#include "wire/openai/client.hpp"

using namespace codecrucible;
using namespace openai_test;
using core::Event;

namespace {

wire::ReplyContext context_of(core::Surface surface = core::Surface::openai_chat, bool include_usage = true) {
  wire::ReplyContext context;
  context.surface = surface;
  context.id = "chatcmpl-1";
  context.model = "a \"model\"";
  context.created = std::chrono::system_clock::time_point(std::chrono::seconds(1767225600));
  context.include_usage = include_usage;
  return context;
}

Event event_of(Event::Kind kind, std::string_view text = {}, std::int32_t choice = 0) {
  Event event;
  event.kind = kind;
  event.text = text;
  event.choice = choice;
  return event;
}

Event call_of(std::int32_t index, std::string_view id, std::string_view name, std::string_view arguments) {
  Event event = event_of(Event::Kind::tool_call, arguments);
  event.tool_index = index;
  event.tool_id = id;
  event.tool_name = name;
  return event;
}

Event finish_of(core::FinishReason reason, std::int32_t choice = 0) {
  Event event = event_of(Event::Kind::finish, {}, choice);
  event.finish = reason;
  return event;
}

Event usage_of(std::int64_t prompt, std::int64_t completion) {
  Event event = event_of(Event::Kind::usage);
  event.usage.prompt_tokens = prompt;
  event.usage.completion_tokens = completion;
  return event;
}

const std::string entry =
    R"([{"token":"Hi","logprob":-0.5,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.5,"bytes":null}]}])";

std::string streamed(const wire::ReplyContext& context, const core::Events& events, bool flush = false) {
  const auto encoder = wire::openai::make_stream_encoder(context);
  std::string all, out;
  for (const auto& event : events) {
    encoder->encode(event, out);
    if (flush) {
      all += out;
      out.clear();
    }
  }
  encoder->finish(out);
  return all + out;
}

Json whole(const wire::ReplyContext& context, const core::Events& events) {
  const auto encoder = wire::openai::make_whole_encoder(context);
  for (const auto& event : events) encoder->gather(event);
  std::string out;
  encoder->write(out);
  return Json::parse(out);
}

const core::Events answer = {event_of(Event::Kind::start, "m"),
                             event_of(Event::Kind::reasoning, "hm\n"),
                             event_of(Event::Kind::text, "Hi"),
                             event_of(Event::Kind::logprobs, entry),
                             event_of(Event::Kind::text, " \"you\" \x01"),
                             call_of(0, "id1", "f", ""),
                             call_of(0, "", "", "{\"x\":"),
                             call_of(0, "", "", "1}"),
                             call_of(1, "", "g", "{}"),
                             event_of(Event::Kind::text, "two", 1),
                             finish_of(core::FinishReason::tool_calls),
                             finish_of(core::FinishReason::length, 1),
                             usage_of(9, 4)};

}  // namespace

TEST_CASE("openai encode: a stream satisfies a strict client, flushed per event or not") {
  for (const bool flush : {false, true}) {
    const auto context = context_of();
    const std::string out = streamed(context, answer, flush);
    const StrictClient client(out, true);
    CHECK(client.done);
    const auto& first = client.choices.at(0);
    CHECK(first.text == "Hi \"you\" \x01");
    CHECK(first.reasoning == "hm\n");
    CHECK(first.finish == "tool_calls");
    CHECK(first.logprobs == 1);
    REQUIRE(first.calls.size() == 2);
    CHECK(first.calls[0].id == "id1");
    CHECK(first.calls[0].arguments == "{\"x\":1}");
    CHECK(first.calls[1].id.starts_with("call_"));
    CHECK(client.choices.at(1).text == "two");
    CHECK(client.choices.at(1).finish == "length");
    CHECK(client.usage["total_tokens"] == 13);
    CHECK(data_of(out).front().find("\"model\":\"a \\\"model\\\"\"") != std::string::npos);
  }
}

TEST_CASE("openai encode: logprobs ride in the chunk of their text when it has not left yet - B19") {
  const auto context = context_of();
  const auto data = data_of(streamed(context, answer));
  CHECK(Json::parse(data[2])["choices"][0]["delta"]["content"] == "Hi");
  CHECK(Json::parse(data[2])["choices"][0]["logprobs"]["content"].size() == 1);
}

TEST_CASE("openai encode: without being asked there is no usage chunk - B1") {
  const auto context = context_of(core::Surface::openai_chat, false);
  CHECK(StrictClient(streamed(context, answer), false).usage.is_null());
}

TEST_CASE("openai encode: usage that nobody counted is estimated from the pieces - B9") {
  auto context = context_of();
  context.prompt_tokens = 20;
  const core::Events events = {event_of(Event::Kind::start), event_of(Event::Kind::text, "a"),
                               event_of(Event::Kind::text, "b"), finish_of(core::FinishReason::stop)};
  const StrictClient client(streamed(context, events), true);
  CHECK(client.usage["prompt_tokens"] == 20);
  CHECK(client.usage["completion_tokens"] == 2);
}

TEST_CASE("openai encode: a failure is an error frame and the last thing said") {
  Event failure = event_of(Event::Kind::failure);
  failure.failure = core::fail(core::Cause::cut, "gone");
  const auto context = context_of();
  const core::Events events = {event_of(Event::Kind::start), event_of(Event::Kind::text, "a"), failure,
                               event_of(Event::Kind::text, "b")};
  const StrictClient client(streamed(context, events), true);
  CHECK_FALSE(client.done);
  CHECK(client.error["type"] == "server_error");
  CHECK(client.choices.at(0).finish.empty());
  CHECK(whole(context, events)["error"]["message"] == "gone");
}

TEST_CASE("openai encode: keep-alive is a comment without a blank line - A4") {
  const auto context = context_of();
  const auto encoder = wire::openai::make_stream_encoder(context);
  std::string out;
  encoder->keep_alive(out);
  CHECK(out == ": ping\n");
}

TEST_CASE("openai encode: completions stream and come whole in their own shape") {
  const auto context = context_of(core::Surface::openai_completions);
  const StrictClient client(streamed(context, answer), true, true);
  CHECK(client.choices.at(0).text == "Hi \"you\" \x01");
  CHECK(client.choices.at(0).finish == "stop");
  CHECK(client.choices.at(0).logprobs == 1);
  const Json reply = whole(context, answer);
  CHECK(reply["object"] == "text_completion");
  CHECK(reply["choices"][0]["text"] == "Hi \"you\" \x01");
  CHECK(reply["choices"][0]["logprobs"]["tokens"] == Json::array({"Hi"}));
  CHECK(reply["choices"][0]["logprobs"]["token_logprobs"] == Json::array({-0.5}));
  CHECK(reply["choices"][0]["logprobs"]["top_logprobs"][0]["Hi"] == -0.5);
  CHECK(reply["choices"][0]["logprobs"]["text_offset"] == Json::array({0}));
}

TEST_CASE("openai encode: a whole reply has every key that strict clients want") {
  const auto context = context_of();
  const Json reply = whole(context, answer);
  CHECK(reply["object"] == "chat.completion");
  CHECK(reply["created"] == 1767225600);
  REQUIRE(reply["choices"].size() == 2);
  const Json& first = reply["choices"][0];
  CHECK(first["message"]["role"] == "assistant");
  CHECK(first["message"]["content"] == "Hi \"you\" \x01");
  CHECK(first["message"]["refusal"].is_null());
  CHECK(first["message"]["reasoning_content"] == "hm\n");
  CHECK(first["message"]["tool_calls"][0]["function"]["arguments"] == "{\"x\":1}");
  CHECK(first["message"]["tool_calls"][1]["type"] == "function");
  CHECK(first["logprobs"]["content"].size() == 1);
  CHECK(first["finish_reason"] == "tool_calls");
  CHECK_FALSE(reply["choices"][1]["message"].contains("tool_calls"));
  CHECK(reply["choices"][1]["logprobs"].is_null());
  CHECK(reply["usage"]["total_tokens"] == 13);
  const core::Events only_call = {call_of(0, "i", "f", ""), finish_of(core::FinishReason::tool_calls)};
  CHECK(whole(context, only_call)["choices"][0]["message"]["content"].is_null());
  CHECK(whole(context, only_call)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] == "{}");
  CHECK(whole(context, {finish_of(core::FinishReason::stop)})["choices"][0]["message"]["content"] == "");
}

TEST_CASE("openai encode: error bodies have all four keys and the words that SDKs look at") {
  const auto body = [](core::Cause cause, std::string param = {}) {
    return Json::parse(wire::openai::error_body(core::fail(cause, "so", std::move(param)), "req"))["error"];
  };
  for (int i = 0; i <= static_cast<int>(core::Cause::internal); ++i) {
    const Json error = body(static_cast<core::Cause>(i));
    CHECK(error.size() == 4);
    CHECK(error["message"] == "so");
    CHECK(error["type"].is_string());
    CHECK(error["code"].is_string());
  }
  CHECK(body(core::Cause::context_length)["code"] == "context_length_exceeded");
  CHECK(body(core::Cause::context_length)["type"] == "invalid_request_error");
  CHECK(body(core::Cause::model_not_found)["param"] == "model");
  CHECK(body(core::Cause::unauthorized)["code"] == "invalid_api_key");
  CHECK(body(core::Cause::rate_limited)["type"] == "rate_limit_error");
  CHECK(body(core::Cause::bad_request, "messages[0].role")["param"] == "messages[0].role");
  CHECK(body(core::Cause::bad_request)["param"].is_null());
  CHECK(body(core::Cause::timeout)["type"] == "server_error");
}

TEST_CASE("openai encode: embeddings as numbers and as base64 - C16") {
  std::string out;
  core::Usage usage;
  usage.prompt_tokens = 3;
  const std::vector<std::vector<float>> vectors = {{0.5F, -1.0F, 0.1F}, {}};
  wire::openai::write_embeddings(vectors, usage, "m", false, out);
  Json reply = Json::parse(out);
  CHECK(reply["data"][0]["embedding"] == Json::parse("[0.5,-1,0.1]"));
  CHECK(reply["data"][1]["index"] == 1);
  CHECK(reply["usage"]["total_tokens"] == 3);
  out.clear();
  wire::openai::write_embeddings(vectors, usage, "m", true, out);
  reply = Json::parse(out);
  CHECK(reply["data"][0]["embedding"] ==
        "AAAAPwAAgL/NzMw9");  // python: base64(struct.pack("<3f", .5, -1, .1))
  CHECK(reply["data"][1]["embedding"] == "");
}

TEST_CASE("openai encode: the model list") {
  std::string out;
  wire::openai::write_models({{"a/b:c", "lmstudio", 7, ",\"context_length\":4096"}, {"d", "x", 0, ""}}, out);
  const Json list = Json::parse(out);
  CHECK(list["object"] == "list");
  CHECK(list["data"][0]["id"] == "a/b:c");
  CHECK(list["data"][0]["context_length"] == 4096);
  CHECK(list["data"][1]["object"] == "model");
}

TEST_CASE("encode: a client that offered functions gets one function_call, whole and streamed") {
  auto context = context_of();
  context.function_call = true;
  const core::Events events = {call_of(0, "call_1", "f", "{\"x\":"), call_of(0, "", "", "1}"),
                               call_of(1, "call_2", "g", "{}"), finish_of(core::FinishReason::tool_calls)};
  const auto encoder = wire::openai::make_whole_encoder(context);
  for (const auto& event : events) encoder->gather(event);
  std::string whole;
  encoder->write(whole);
  const auto choice = Json::parse(whole)["choices"][0];
  CHECK(choice["message"]["function_call"] == Json::parse(R"({"name":"f","arguments":"{\"x\":1}"})"));
  CHECK(!choice["message"].contains("tool_calls"));
  CHECK(choice["message"]["content"].is_null());
  CHECK(choice["finish_reason"] == "function_call");
  const auto stream = streamed(context, events);
  CHECK(stream.find("tool_calls") == std::string::npos);
  CHECK(stream.find(R"("delta":{"function_call":{"name":"f","arguments":"{\"x\":"}})") != std::string::npos);
  CHECK(stream.find(R"("delta":{"function_call":{"arguments":"1}"}})") != std::string::npos);
  CHECK(stream.find("\"g\"") == std::string::npos);
  CHECK(stream.find(R"("finish_reason":"function_call")") != std::string::npos);
}
