#include "anthropic_support.hpp"
#include "core/result.hpp"
#include "openai_support.hpp"
#include "wire/anthropic/client.hpp"
#include "wire/openai/backend.hpp"

#include <array>

using namespace codecrucible;
using anthropic_test::StrictClient;
using core::Event;

namespace {

wire::ReplyContext context_of(bool show_reasoning = true) {
  wire::ReplyContext context;
  context.surface = core::Surface::anthropic_messages;
  context.id = "msg_1";
  context.request_id = "req_1";
  context.model = "a \"model\"";
  context.prompt_tokens = 20;
  context.show_reasoning = show_reasoning;
  return context;
}

Event event_of(Event::Kind kind, std::string_view text = {}) {
  Event event;
  event.kind = kind;
  event.text = text;
  return event;
}

Event call_of(std::int32_t index, std::string_view id, std::string_view name, std::string_view arguments) {
  Event event = event_of(Event::Kind::tool_call, arguments);
  event.tool_index = index;
  event.tool_id = id;
  event.tool_name = name;
  return event;
}

Event finish_of(core::FinishReason reason) {
  Event event = event_of(Event::Kind::finish);
  event.finish = reason;
  return event;
}

Event usage_of(std::int64_t prompt, std::int64_t completion, std::optional<std::int64_t> cached = {}) {
  Event event = event_of(Event::Kind::usage);
  event.usage.prompt_tokens = prompt;
  event.usage.completion_tokens = completion;
  event.usage.cached_tokens = cached;
  return event;
}

std::string streamed(const wire::ReplyContext& context, const core::Events& events) {
  const auto encoder = wire::make_stream_encoder(context);
  std::string out;
  for (const auto& event : events) encoder->encode(event, out);
  encoder->finish(out);
  return out;
}

std::string whole(const wire::ReplyContext& context, const core::Events& events) {
  const auto encoder = wire::make_whole_encoder(context);
  std::string out;
  for (const auto& event : events) encoder->gather(event);
  encoder->write(out);
  return out;
}

const core::Events answer = {event_of(Event::Kind::start, "backend's"),
                             event_of(Event::Kind::reasoning, "hm\n"),
                             event_of(Event::Kind::reasoning, "well"),
                             event_of(Event::Kind::text, "Hi \"you\""),
                             event_of(Event::Kind::logprobs, "[]"),
                             event_of(Event::Kind::text, " \x01"),
                             call_of(0, "id1", "f", ""),
                             call_of(0, "", "", "{\"x\":"),
                             call_of(0, "", "", "1}"),
                             call_of(1, "", "g", "{}"),
                             finish_of(core::FinishReason::tool_calls),
                             usage_of(9, 4, 3)};

void check_answer(const StrictClient& client) {
  CHECK(client.done);
  CHECK(client.shape() == "thinking text tool_use tool_use");
  CHECK(client.thinking() == "hm\nwell");
  CHECK(client.blocks[0].signature == wire::anthropic::own_signature);
  CHECK(client.text() == "Hi \"you\" \x01");
  CHECK(client.blocks[2].id == "id1");
  CHECK(client.blocks[2].name == "f");
  CHECK(client.blocks[2].input == anthropic_test::Json{{"x", 1}});
  CHECK(client.blocks[3].id.starts_with("toolu_"));
  CHECK(client.blocks[3].input == anthropic_test::Json::object());
  CHECK(client.stop_reason == "tool_use");
  CHECK(client.model == "a \"model\"");
  CHECK(client.usage["input_tokens"] == 6);
  CHECK(client.usage["cache_read_input_tokens"] == 3);
  CHECK(client.usage["output_tokens"] == 4);
}

}  // namespace

TEST_CASE("anthropic encode: a stream and a whole reply satisfy a strict client") {
  const auto context = context_of();
  const auto client = StrictClient::of_stream(streamed(context, answer));
  check_answer(client);
  CHECK(client.start["usage"]["input_tokens"] == 20);
  CHECK(client.deltas == 8);
  check_answer(StrictClient::of_whole(whole(context, answer)));
}

TEST_CASE("anthropic encode: reasoning is shown to those only who enabled thinking") {
  const auto context = context_of(false);
  CHECK(StrictClient::of_stream(streamed(context, answer)).shape() == "text tool_use tool_use");
  CHECK(StrictClient::of_whole(whole(context, answer)).shape() == "text tool_use tool_use");
}

TEST_CASE(
    "anthropic encode: whatever the order of the pieces, one block is open at a time and none is lost") {
  // Every way to mix reasoning, text and two calls, each in its own order.
  const std::array<core::Events, 4> streams = {
      core::Events{event_of(Event::Kind::reasoning, "R1")},
      core::Events{event_of(Event::Kind::text, "T1"), event_of(Event::Kind::text, "T2")},
      core::Events{call_of(0, "a", "f", ""), call_of(0, "", "", "{\"x\":"), call_of(0, "", "", "1}")},
      core::Events{call_of(1, "b", "g", "{\"y\""), call_of(1, "", "", ":[2]}")}};
  std::string order = "01122233";
  const auto context = context_of();
  int orders = 0;
  do {
    CAPTURE(order);
    core::Events events = {event_of(Event::Kind::start)};
    std::array<std::size_t, 4> at{};
    for (const char which : order) {
      const auto stream = static_cast<std::size_t>(which - '0');
      events.push_back(streams[stream][at[stream]++]);
    }
    events.push_back(finish_of(core::FinishReason::tool_calls));
    const auto client = StrictClient::of_stream(streamed(context, events));
    const auto gathered = StrictClient::of_whole(whole(context, events));
    for (const auto* one : {&client, &gathered}) {
      CHECK(one->text() == "T1T2");
      CHECK(one->thinking() == "R1");
      const auto calls = one->calls();
      REQUIRE(calls.size() == 2);
      CHECK(calls[calls[0].id == "a" ? 0 : 1].input["x"] == 1);
      CHECK(calls[calls[0].id == "a" ? 1 : 0].input["y"] == anthropic_test::Json::array({2}));
    }
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  CHECK(orders == 1680);
}

TEST_CASE("anthropic encode: a call without arguments does not hold up the next for ever") {
  const auto context = context_of();
  const core::Events events = {call_of(0, "a", "f", ""), call_of(1, "b", "g", "{\"y\":1}"),
                               finish_of(core::FinishReason::stop)};
  const auto client = StrictClient::of_stream(streamed(context, events));
  REQUIRE(client.blocks.size() == 2);
  CHECK(client.blocks[0].input == anthropic_test::Json::object());
  CHECK(client.blocks[1].input["y"] == 1);
  CHECK(client.stop_reason == "tool_use");
}

TEST_CASE("anthropic encode: pieces of an open block leave at once") {
  const auto context = context_of();
  const auto encoder = wire::make_stream_encoder(context);
  std::string out;
  encoder->encode(event_of(Event::Kind::text, "one"), out);
  CHECK(out.find("one") != std::string::npos);
  out.clear();
  encoder->encode(call_of(0, "a", "f", "{\"x\":"), out);
  CHECK(out.find("{\\\"x\\\":") != std::string::npos);
  out.clear();
  encoder->encode(call_of(0, "", "", "1}"), out);
  encoder->encode(call_of(1, "b", "g", "{"), out);
  CHECK(out.find("\"name\":\"g\"") != std::string::npos);
}

TEST_CASE("anthropic encode: every end of an answer has its stop reason") {
  using core::FinishReason;
  const auto context = context_of();
  const auto reason = [&](core::Events events) {
    const auto client = StrictClient::of_stream(streamed(context, events));
    CHECK(StrictClient::of_whole(whole(context, events)).stop_reason == client.stop_reason);
    return client.stop_reason;
  };
  const Event text = event_of(Event::Kind::text, "x");
  const Event call = call_of(0, "a", "f", "{}");
  CHECK(reason({text, finish_of(FinishReason::stop)}) == "end_turn");
  CHECK(reason({text, finish_of(FinishReason::length)}) == "max_tokens");
  CHECK(reason({call, finish_of(FinishReason::length)}) == "max_tokens");
  CHECK(reason({call, finish_of(FinishReason::stop)}) == "tool_use");
  CHECK(reason({text, finish_of(FinishReason::tool_calls)}) == "end_turn");
  CHECK(reason({text, finish_of(FinishReason::content_filter)}) == "refusal");
  CHECK(reason({}) == "end_turn");
}

TEST_CASE("anthropic encode: calls after the first are left out when the client wants one only") {
  auto context = context_of();
  context.one_call = true;
  CHECK(StrictClient::of_stream(streamed(context, answer)).calls().size() == 1);
  CHECK(StrictClient::of_whole(whole(context, answer)).calls().size() == 1);
}

TEST_CASE("anthropic encode: usage that nobody counted is estimated - B9") {
  const auto context = context_of();
  const core::Events events = {event_of(Event::Kind::text, "a"), event_of(Event::Kind::text, "b"),
                               finish_of(core::FinishReason::stop)};
  const auto client = StrictClient::of_stream(streamed(context, events));
  CHECK(client.usage["input_tokens"] == 20);
  CHECK(client.usage["output_tokens"] == 2);
}

TEST_CASE("anthropic encode: a failure is the error event and the last thing said") {
  Event failure = event_of(Event::Kind::failure);
  failure.failure = core::fail(core::Cause::overloaded, "full");
  const auto context = context_of();
  const core::Events events = {event_of(Event::Kind::start), event_of(Event::Kind::text, "a"), failure,
                               event_of(Event::Kind::text, "b"), finish_of(core::FinishReason::stop)};
  const auto client = StrictClient::of_stream(streamed(context, events));
  CHECK_FALSE(client.done);
  CHECK(client.text() == "a");
  CHECK(client.error["type"] == "overloaded_error");
  CHECK(StrictClient::of_whole(whole(context, events)).error["type"] == "overloaded_error");
}

TEST_CASE("anthropic encode: a keep-alive is a ping, before and after the start - A4") {
  const auto context = context_of();
  const auto encoder = wire::make_stream_encoder(context);
  std::string out;
  encoder->keep_alive(out);
  CHECK(out == "event: ping\ndata: {\"type\":\"ping\"}\n\n");
  encoder->encode(event_of(Event::Kind::text, "a"), out);
  encoder->keep_alive(out);
  encoder->finish(out);
  encoder->keep_alive(out);
  const auto client = StrictClient::of_stream(out);
  CHECK(client.pings == 2);
  CHECK(client.done);
}

TEST_CASE("anthropic encode: backends' streams come out the same wherever they are cut") {
  for (const std::string name : {"lmstudio_tools.sse", "vllm_tools.sse", "lmstudio_reasoning.sse"}) {
    CAPTURE(name);
    const std::string stream = openai_test::fixture(name);
    const auto context = context_of();
    std::string expected;
    openai_test::every_cut(stream, [&](const std::vector<std::string>& pieces) {
      const auto decoder = wire::openai::make_stream_decoder(false);
      const auto encoder = wire::make_stream_encoder(context);
      std::string out;
      core::Events events;
      for (const auto& piece : pieces) {
        events.clear();
        decoder->feed(piece, events);
        for (const auto& event : events) encoder->encode(event, out);
      }
      events.clear();
      decoder->end(events);
      for (const auto& event : events) encoder->encode(event, out);
      encoder->finish(out);
      if (expected.empty()) {
        expected = out;
        const auto client = StrictClient::of_stream(out);
        CHECK(client.done);
        CHECK(!client.blocks.empty());
      }
      REQUIRE(out == expected);
    });
  }
}

TEST_CASE("anthropic errors: each cause has the type of its status, and the request's id") {
  using core::Cause;
  const auto type = [](Cause cause) {
    const auto body = wire::error_body(core::Surface::anthropic_messages, core::fail(cause, "why"), "req_7");
    const auto parsed = anthropic_test::Json::parse(body);
    CHECK(parsed["type"] == "error");
    CHECK(parsed["request_id"] == "req_7");
    return parsed["error"]["type"].get<std::string>();
  };
  for (int i = 0; i <= static_cast<int>(Cause::internal); ++i) {
    const auto cause = static_cast<Cause>(i);
    CAPTURE(core::label(cause));
    switch (core::http_status(cause)) {
      case 400:
      case 405:
        CHECK(type(cause) == "invalid_request_error");
        break;
      case 401:
        CHECK(type(cause) == "authentication_error");
        break;
      case 403:
        CHECK(type(cause) == "permission_error");
        break;
      case 404:
        CHECK(type(cause) == "not_found_error");
        break;
      case 413:
        CHECK(type(cause) == "request_too_large");
        break;
      case 429:
        CHECK(type(cause) == "rate_limit_error");
        break;
      case 503:
        CHECK(type(cause) == "overloaded_error");
        break;
      case 504:
        CHECK(type(cause) == "timeout_error");
        break;
      default:
        CHECK(type(cause) == "api_error");
    }
  }
}

TEST_CASE("anthropic errors: overload has the status of its own that Anthropic's clients know") {
  for (const auto cause :
       {core::Cause::loading, core::Cause::overloaded, core::Cause::no_backend, core::Cause::shutting_down}) {
    CHECK(wire::status_of(core::Surface::anthropic_messages, cause) == 529);
    CHECK(wire::status_of(core::Surface::openai_chat, cause) == 503);
    CHECK(wire::status_of(core::Surface::ollama_chat, cause) == 503);
  }
  CHECK(wire::status_of(core::Surface::anthropic_messages, core::Cause::timeout) == 504);
}

TEST_CASE("anthropic errors: an overflow is told in the words that make agents compact") {
  auto failure = core::fail(core::Cause::context_length, "does not fit");
  CHECK(wire::anthropic::error_body(failure, {}).find("prompt is too long: does not fit") !=
        std::string::npos);
  failure.needed_tokens = 9000;
  failure.window_tokens = 8192;
  CHECK(wire::anthropic::error_body(failure, {}).find("prompt is too long: 9000 tokens > 8192 maximum") !=
        std::string::npos);
  failure.needed_tokens = 8000;  // a backend that counts the prompt only
  CHECK(wire::anthropic::error_body(failure, {}).find("8193 tokens > 8192 maximum") != std::string::npos);
}

TEST_CASE("anthropic lists: models and counts have Anthropic's shape") {
  std::string out;
  wire::anthropic::write_models({{"auto", {}}, {"m", 8192}}, out);
  const auto list = anthropic_test::Json::parse(out);
  CHECK(list["data"].size() == 2);
  CHECK(list["data"][1]["type"] == "model");
  CHECK(list["data"][1]["max_input_tokens"] == 8192);
  CHECK(list["has_more"] == false);
  CHECK(list["first_id"] == "auto");
  CHECK(list["last_id"] == "m");
  out.clear();
  wire::anthropic::write_models({}, out);
  CHECK(anthropic_test::Json::parse(out)["first_id"].is_null());
  out.clear();
  wire::anthropic::write_count(12, out);
  CHECK(out == "{\"input_tokens\":12}");
}
