#include "responses_story.hpp"
#include "wire/responses/client.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using core::Event;
using responses_story::Json;
using responses_story::Story;

namespace {

Event event(Event::Kind kind, std::string_view text = {}) {
  Event made;
  made.kind = kind;
  made.text = text;
  return made;
}

Event call(int index, std::string_view id, std::string_view name, std::string_view arguments) {
  Event made = event(Event::Kind::tool_call, arguments);
  made.tool_index = index;
  made.tool_id = id;
  made.tool_name = name;
  return made;
}

Event finish(core::FinishReason reason) {
  Event made = event(Event::Kind::finish);
  made.finish = reason;
  return made;
}

Event usage(int prompt, int completion) {
  Event made = event(Event::Kind::usage);
  made.usage.prompt_tokens = prompt;
  made.usage.completion_tokens = completion;
  return made;
}

Event failure(core::Cause cause, std::string detail) {
  Event made = event(Event::Kind::failure);
  made.failure = core::fail(cause, std::move(detail));
  return made;
}

wire::ReplyContext context_of(const wire::responses::Asked* asked = nullptr) {
  wire::ReplyContext context;
  context.surface = core::Surface::openai_responses;
  context.id = "resp_0123";
  context.model = "m";
  context.asked = asked;
  return context;
}

std::string streamed(const core::Events& events, const wire::responses::Asked* asked = nullptr,
                     bool at_once = false) {
  const auto context = context_of(asked);
  const auto encoder = wire::make_stream_encoder(context);
  std::string body, out;
  for (const auto& one : events) {
    encoder->encode(one, out);
    if (at_once) continue;
    body += out;
    out.clear();
  }
  encoder->finish(out);
  return body + out;
}

// The story of the events, which is the same whether they leave one by one or together, and the same as that
// of the reply that is not streamed.
Story told(const core::Events& events, const wire::responses::Asked* asked = nullptr) {
  const auto story = responses_story::read(streamed(events, asked));
  for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
  CHECK(responses_story::read(streamed(events, asked, true)).types == story.types);
  if (story.end == "failed") return story;
  const auto context = context_of(asked);
  const auto encoder = wire::make_whole_encoder(context);
  for (const auto& one : events) encoder->gather(one);
  std::string whole;
  encoder->write(whole);
  CHECK(Json::parse(whole) == story.response);
  return story;
}

using Kind = Event::Kind;

}  // namespace

TEST_CASE("responses stream: reasoning, text and two calls are items in the order in which they began") {
  const auto story =
      told({event(Kind::start, "m"), event(Kind::reasoning, "I "), event(Kind::reasoning, "think"),
            event(Kind::text, "An"), event(Kind::text, "swer \"1\"\n"), call(0, "call_a", "f", ""),
            call(0, "", "", "{\"x\":"), call(0, "", "", "1}"), call(1, "call_b", "g", "{}"),
            finish(core::FinishReason::tool_calls), usage(7, 5)});
  CHECK(story.types == std::vector<std::string>{"response.created",
                                                "response.in_progress",
                                                "response.output_item.added",
                                                "response.content_part.added",
                                                "response.reasoning_text.delta",
                                                "response.reasoning_text.delta",
                                                "response.reasoning_text.done",
                                                "response.content_part.done",
                                                "response.output_item.done",
                                                "response.output_item.added",
                                                "response.content_part.added",
                                                "response.output_text.delta",
                                                "response.output_text.delta",
                                                "response.output_text.done",
                                                "response.content_part.done",
                                                "response.output_item.done",
                                                "response.output_item.added",
                                                "response.function_call_arguments.delta",
                                                "response.function_call_arguments.delta",
                                                "response.function_call_arguments.done",
                                                "response.output_item.done",
                                                "response.output_item.added",
                                                "response.function_call_arguments.delta",
                                                "response.function_call_arguments.done",
                                                "response.output_item.done",
                                                "response.completed"});
  const auto& output = story.response["output"];
  CHECK(output[0]["type"] == "reasoning");
  CHECK(output[0]["content"][0]["text"] == "I think");
  CHECK(output[0]["summary"].empty());
  CHECK(output[1]["content"][0]["text"] == "Answer \"1\"\n");
  CHECK(output[2]["name"] == "f");
  CHECK(output[2]["call_id"] == "call_a");
  CHECK(output[2]["arguments"] == "{\"x\":1}");
  CHECK(output[3]["call_id"] == "call_b");
  for (const auto& [prefix, index] : {std::pair{"rs_", 0}, {"msg_", 1}, {"fc_", 2}, {"fc_", 3}}) {
    CHECK(output[index]["id"].get<std::string>().starts_with(prefix));
  }
  CHECK(story.response["usage"]["input_tokens"] == 7);
  CHECK(story.response["usage"]["output_tokens"] == 5);
}

TEST_CASE("responses stream: reasoning is told as a summary to whoever asked for one") {
  wire::responses::Asked asked;
  asked.summary = true;
  asked.keeps_sealed = true;
  const auto story = told({event(Kind::reasoning, "I think"), event(Kind::text, "yes")}, &asked);
  CHECK(story.types[3] == "response.reasoning_summary_part.added");
  CHECK(story.types[4] == "response.reasoning_summary_text.delta");
  CHECK(story.types[5] == "response.reasoning_summary_text.done");
  CHECK(story.types[6] == "response.reasoning_summary_part.done");
  const auto& item = story.response["output"][0];
  CHECK(item["summary"][0]["text"] == "I think");
  CHECK(item["summary"][0]["type"] == "summary_text");
  CHECK(!item.contains("content"));
  CHECK(item["encrypted_content"].is_null());
}

TEST_CASE("responses stream: pieces of two calls that alternate end up in their own calls") {
  const auto story = told({call(0, "a", "f", "{\"x\":"), call(1, "b", "g", "{\"y\":"), call(0, "", "", "1}"),
                           call(1, "", "", "2}"), finish(core::FinishReason::tool_calls)});
  CHECK(story.response["output"][0]["arguments"] == "{\"x\":1}");
  CHECK(story.response["output"][1]["arguments"] == "{\"y\":2}");
}

TEST_CASE("responses stream: a call without arguments has an empty object, a call without id gets one") {
  const auto story = told({call(0, "", "f", "")});
  CHECK(story.response["output"][0]["arguments"] == "{}");
  CHECK(story.response["output"][0]["call_id"].get<std::string>().starts_with("call_"));
}

TEST_CASE("responses stream: a custom tool gets its free text, one of a namespace its own name") {
  wire::responses::Asked asked;
  asked.special = {{"apply_patch", "apply_patch", "", true}, {"team__stop", "stop", "team", false}};
  const auto story = told({call(0, "a", "apply_patch", R"({"input":"*** Begin\n+é"})"),
                           call(1, "b", "team__stop", "{}"), call(2, "c", "apply_patch", "not an object")},
                          &asked);
  const auto& output = story.response["output"];
  CHECK(output[0]["type"] == "custom_tool_call");
  CHECK(output[0]["input"] == "*** Begin\n+é");
  CHECK(output[0]["id"].get<std::string>().starts_with("ctc_"));
  CHECK(output[1]["type"] == "function_call");
  CHECK(output[1]["name"] == "stop");
  CHECK(output[1]["namespace"] == "team");
  CHECK(output[2]["input"] == "not an object");
}

TEST_CASE("responses stream: a refusal is a part of its own") {
  const auto story =
      told({event(Kind::text, "Well. "), event(Kind::refusal, "I "), event(Kind::refusal, "cannot.")});
  const auto& content = story.response["output"][0]["content"];
  REQUIRE(content.size() == 2);
  CHECK(content[0]["text"] == "Well. ");
  CHECK(content[1]["type"] == "refusal");
  CHECK(content[1]["refusal"] == "I cannot.");
}

TEST_CASE("responses stream: an answer that was cut is incomplete and says why") {
  auto story = told({event(Kind::text, "one two"), finish(core::FinishReason::length)});
  CHECK(story.end == "incomplete");
  CHECK(story.response["incomplete_details"]["reason"] == "max_output_tokens");
  CHECK(story.response["output"][0]["status"] == "incomplete");
  story = told({event(Kind::text, "one two"), finish(core::FinishReason::content_filter)});
  CHECK(story.response["incomplete_details"]["reason"] == "content_filter");
}

TEST_CASE("responses stream: a reply without any text has an empty message") {
  const auto story = told({finish(core::FinishReason::stop)});
  REQUIRE(story.items.size() == 1);
  CHECK(story.items[0]["content"][0]["text"] == "");
}

TEST_CASE("responses stream: a failure ends with response.failed, before and after the first piece") {
  auto story = told({event(Kind::text, "half"), failure(core::Cause::cut, "the connection broke")});
  CHECK(story.end == "failed");
  CHECK(story.types.back() == "response.failed");
  CHECK(story.response["error"]["code"] == "server_error");
  CHECK(story.response["error"]["message"] == "the connection broke");
  CHECK(story.response["output"][0]["status"] == "incomplete");
  story = told({failure(core::Cause::context_length, "too long")});
  CHECK(story.types ==
        std::vector<std::string>{"response.created", "response.in_progress", "response.failed"});
  CHECK(story.response["error"]["code"] == "context_length_exceeded");
  CHECK(told({failure(core::Cause::queue_full, "full")}).response["error"]["code"] == "rate_limit_exceeded");
}

TEST_CASE("responses stream: nothing follows a failure") {
  const auto context = context_of();
  const auto encoder = wire::make_stream_encoder(context);
  std::string out;
  encoder->encode(failure(core::Cause::stall, "silence"), out);
  const auto size = out.size();
  encoder->encode(event(Kind::text, "more"), out);
  encoder->keep_alive(out);
  encoder->finish(out);
  CHECK(out.size() == size);
}

TEST_CASE("responses stream: log probabilities stand beside their text") {
  const core::Events events = {
      event(Kind::text, "a"), event(Kind::logprobs, R"([{"token":"a","logprob":-0.5}])"),
      event(Kind::text, "b"), event(Kind::logprobs, R"([{"token":"b","logprob":-1}])")};
  for (const bool at_once : {true, false}) {
    CAPTURE(at_once);
    const auto story = responses_story::read(streamed(events, nullptr, at_once));
    for (const auto& what : story.broken) CHECK_MESSAGE(false, what);
    CHECK(story.response["output"][0]["content"][0]["logprobs"].size() == 2);
    CHECK(story.response["output"][0]["content"][0]["text"] == "ab");
    // Sent together they share an event with their text.
    CHECK(std::count(story.types.begin(), story.types.end(), "response.output_text.delta") ==
          (at_once ? 2 : 4));
  }
}

TEST_CASE("responses stream: what was asked is repeated") {
  wire::responses::Asked asked;
  asked.instructions_json = "\"Be short.\"";
  asked.tools_json = R"([{"type":"function","name":"f","parameters":{}}])";
  asked.tool_choice_json = "\"required\"";
  asked.metadata_json = R"({"k":"v"})";
  asked.reasoning_json = R"({"effort":"low"})";
  asked.text_json = R"({"format":{"type":"json_object"}})";
  asked.text_has_format = true;
  asked.previous = "resp_before";
  asked.temperature = 0.5;
  asked.max_output_tokens = 100;
  asked.store = false;
  asked.parallel = false;
  const auto response = told({event(Kind::text, "x")}, &asked).response;
  CHECK(response["instructions"] == "Be short.");
  CHECK(response["tools"][0]["name"] == "f");
  CHECK(response["tool_choice"] == "required");
  CHECK(response["metadata"]["k"] == "v");
  CHECK(response["reasoning"]["effort"] == "low");
  CHECK(response["text"]["format"]["type"] == "json_object");
  CHECK(response["previous_response_id"] == "resp_before");
  CHECK(response["temperature"] == 0.5);
  CHECK(response["top_p"].is_null());
  CHECK(response["max_output_tokens"] == 100);
  CHECK(response["store"] == false);
  CHECK(response["parallel_tool_calls"] == false);
}
