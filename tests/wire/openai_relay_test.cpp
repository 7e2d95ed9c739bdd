#include "core/result.hpp"
#include "openai_support.hpp"
#include "wire/openai/relay.hpp"

using namespace codecrucible;
using namespace openai_test;

namespace {

wire::ReplyContext context_of(bool include_usage, core::Surface surface = core::Surface::openai_chat) {
  wire::ReplyContext context;
  context.surface = surface;
  context.id = "chatcmpl-own";
  context.model = "alias";
  context.created = std::chrono::system_clock::time_point(std::chrono::seconds(1767225600));
  context.include_usage = include_usage;
  context.prompt_tokens = 11;
  return context;
}

struct Relayed {
  std::string out;
  std::vector<std::string> lines;
  wire::openai::Observed observed;
};

Relayed relay(const std::vector<std::string>& pieces, const wire::ReplyContext& context) {
  const auto lane = wire::openai::make_relay(context);
  Relayed result;
  for (const auto& piece : pieces) {
    core::Events events;
    const std::string own(piece);
    lane->feed(own, result.out, &events);
    for (auto& line : lines_of(events)) result.lines.push_back(line);
  }
  core::Events events;
  lane->end(result.out, &events);
  for (auto& line : lines_of(events)) result.lines.push_back(line);
  result.observed = lane->observed();
  // The same bytes when nobody wants the pieces.
  const auto silent = wire::openai::make_relay(context);
  std::string out;
  for (const auto& piece : pieces) silent->feed(piece, out, nullptr);
  silent->end(out, nullptr);
  CHECK(out == result.out);
  return result;
}

// The same in any cut; gives back the reply fed whole.
Relayed check(const std::string& stream, const wire::ReplyContext& context) {
  const Relayed whole = relay({stream}, context);
  every_cut(stream, [&](const std::vector<std::string>& pieces) {
    CAPTURE(pieces.front());
    const Relayed split = relay(pieces, context);
    CHECK(split.out == whole.out);
    CHECK(split.lines == whole.lines);
    CHECK(split.observed.repaired == whole.observed.repaired);
  });
  return whole;
}

std::string chunk(const std::string& inside) {
  return R"(data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[)" + inside +
         "]}\n\n";
}

std::string delta(const std::string& text, const std::string& finish = "null") {
  return chunk(R"({"index":0,"delta":)" + text + R"(,"finish_reason":)" + finish + "}");
}

const std::string role = delta(R"({"role":"assistant","content":""})");
const std::string finish = delta("{}", "\"stop\"");
const std::string done = "data: [DONE]\n\n";

}  // namespace

TEST_CASE("openai relay: a well-formed stream goes on byte by byte as it came") {
  for (const char* name : {"openai_plain.sse"}) {
    const std::string stream = fixture(name);
    const Relayed whole = check(stream, context_of(false));
    CHECK(whole.out == stream);
    CHECK(whole.observed.repaired == 0);
    CHECK(whole.observed.complete);
    CHECK(whole.observed.content);
    CHECK(whole.observed.model == "gpt-4o-mini-2024-07-18");
    CHECK(whole.observed.finish == core::FinishReason::stop);
  }
  const std::string two = fixture("openai_two_choices.sse");
  CHECK(check(two, context_of(true)).out == two);
}

TEST_CASE("openai relay: the usage chunk goes only to who asked for it - B1") {
  const std::string stream = fixture("openai_two_choices.sse");
  const Relayed without = check(stream, context_of(false));
  const StrictClient client(without.out, false);
  CHECK(client.done);
  CHECK(client.choices.at(0).text == "Hi you");
  CHECK(client.choices.at(1).text == "Ho");
  CHECK(without.observed.usage.prompt_tokens == 9);
  CHECK(without.observed.usage.cached_tokens == 8);
  CHECK_FALSE(without.observed.usage.estimated);
}

TEST_CASE("openai relay: LM Studio's repeated role and reasoning field are set right - B4 B16") {
  const Relayed whole = check(fixture("lmstudio_chat.sse"), context_of(true));
  const StrictClient client(whole.out, true);
  CHECK(client.choices.at(0).text ==
        "Gr\xC3\xBC\xC3\x9F"
        "e! A \"quoted\"\nline \xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x98\x80.");
  CHECK(client.usage["completion_tokens"] == 5);
  CHECK(whole.out.find("\"system_fingerprint\":\"qwen3-8b\"") != std::string::npos);
  const Relayed reasoning = check(fixture("lmstudio_reasoning.sse"), context_of(false));
  const StrictClient thinker(reasoning.out, false);
  CHECK(thinker.choices.at(0).reasoning == "Let me think");
  CHECK(thinker.choices.at(0).text == "Yes, sure");
  wire::ReplyContext as_it_comes = context_of(false);
  as_it_comes.reasoning_field = "reasoning";
  CHECK(relay({fixture("lmstudio_reasoning.sse")}, as_it_comes).out.find("\"reasoning\":\"Let me\"") !=
        std::string::npos);
}

TEST_CASE("openai relay: tool calls come out with one id, one name, one number each - B11 B12 B15") {
  const Relayed whole = check(fixture("lmstudio_tools.sse"), context_of(false));
  const StrictClient client(whole.out, false);
  const auto& calls = client.choices.at(0).calls;
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].id == "193629320");
  CHECK(calls[0].name == "get_weather");
  CHECK(calls[0].arguments == "{\"city\":\"K\xC3\xB6ln\"}");
  CHECK(calls[1].name == "get_time");
  CHECK(client.choices.at(0).finish == "tool_calls");
  CHECK(whole.observed.finish == core::FinishReason::tool_calls);
}

TEST_CASE("openai relay: llama.cpp's and vLLM's streams satisfy a strict client - B14 B18") {
  const Relayed llama = check(fixture("llamacpp_chat.sse"), context_of(true));
  const StrictClient first(llama.out, true);
  CHECK(first.choices.at(0).text == "One two \\three");
  CHECK(first.choices.at(0).reasoning == "Hm");
  CHECK(first.usage["prompt_tokens"] == 24);
  CHECK(llama.observed.timings.decode == std::chrono::microseconds(31250));
  const Relayed vllm = check(fixture("vllm_tools.sse"), context_of(false));
  const StrictClient second(vllm.out, false);
  CHECK(second.choices.at(0).reasoning == "Look");
  REQUIRE(second.choices.at(0).calls.size() == 1);
  CHECK(second.choices.at(0).calls[0].arguments == "{\"q\": \"x\"}");
  CHECK(vllm.observed.usage.completion_tokens == 9);
}

TEST_CASE("openai relay: completions go through, with or without usage") {
  const std::string stream = fixture("completions.sse");
  CHECK(check(stream, context_of(true, core::Surface::openai_completions)).out == stream);
  const Relayed without = check(stream, context_of(false, core::Surface::openai_completions));
  const StrictClient client(without.out, false, true);
  CHECK(client.choices.at(0).text == "Once upon");
  CHECK(client.choices.at(0).logprobs == 1);
  CHECK(client.done);
}

TEST_CASE("openai relay: what the backend leaves out is put in once - B2 B3 B5 B9") {
  const Relayed whole = check(R"(data: {"choices":[{"delta":{"content":"a"}}]})"
                              "\n\n"
                              R"(data: {"choices":[{"delta":{"content":"b"}}]})"
                              "\n\n"
                              R"(data: {"choices":[{"delta":{"content":"c"}}]})"
                              "\n\n"
                              R"(data: {"timings":{"prompt_n":3}})"
                              "\n\n" +
                                  done,
                              context_of(true));
  const StrictClient client(whole.out, true);
  CHECK(client.choices.at(0).text == "abc");
  CHECK(client.choices.at(0).finish == "stop");
  CHECK(client.done);
  CHECK(client.usage["prompt_tokens"] == 3);
  CHECK(client.usage["completion_tokens"] == 3);
  CHECK(whole.observed.usage.estimated);
  CHECK(whole.out.find("\"id\":\"chatcmpl-own\"") != std::string::npos);
}

TEST_CASE("openai relay: usage on chunks with choices is taken off unless it was asked for") {
  const std::string stream =
      role +
      R"(data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}})"
      "\n\n" +
      done;
  StrictClient plain(check(stream, context_of(false)).out, false);
  CHECK(plain.choices.at(0).text == "x");
  StrictClient asked(check(stream, context_of(true)).out, true);
  CHECK(asked.usage["total_tokens"] == 2);
}

TEST_CASE("openai relay: errors end the stream as an error frame, never as a stop - B6 B7 B8 B10") {
  for (const auto& [stream, cause] :
       {std::pair<std::string, core::Cause>{fixture("lmstudio_error.sse"), core::Cause::backend_error},
        {fixture("vllm_error.sse"), core::Cause::context_length},
        {role + delta(R"({"content":"half"})"), core::Cause::cut},
        {done, core::Cause::backend_error},
        {role + done, core::Cause::backend_error},
        {"", core::Cause::cut},
        {role + "data: {\"broken\n\n", core::Cause::garbage}}) {
    CAPTURE(stream);
    const Relayed whole = check(stream, context_of(true));
    const StrictClient client(whole.out, true);
    CHECK_FALSE(client.error.is_null());
    CHECK_FALSE(client.done);
    REQUIRE(whole.observed.failure);
    CHECK(whole.observed.failure->cause == cause);
    CHECK_FALSE(whole.observed.complete);
  }
}

TEST_CASE("openai relay: the end of a finished stream without the mark is a good end") {
  const Relayed whole = check(role + delta(R"({"content":"a"})") + finish, context_of(false));
  const StrictClient client(whole.out, false);
  CHECK(client.done);
  CHECK(whole.observed.complete);
}

TEST_CASE("openai relay: other frames than one data line are written anew") {
  std::string crlf;
  for (const auto& data : data_of(fixture("openai_plain.sse"))) crlf += ": x\r\ndata:" + data + "\r\n\r\n";
  CHECK(check(crlf, context_of(false)).out == fixture("openai_plain.sse"));
}

TEST_CASE("openai relay: a backend that names itself differently from chunk to chunk is held to the first") {
  const std::string other =
      R"(data: {"id":"d","object":"chat.completion.chunk","created":2,"model":"n","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]})"
      "\n\n";
  const Relayed whole =
      check(role + delta(R"({"content":"a"})") + other + other + finish + done, context_of(false));
  const StrictClient client(whole.out, false);
  CHECK(client.choices.at(0).text == "abb");
  CHECK(whole.observed.model == "m");
  CHECK(whole.observed.repaired == 2);
}

TEST_CASE("openai relay: words that look like the frame around them do not confuse the lane") {
  std::string stream = role;
  std::string text;
  for (const std::string word :
       {"content", "\\\"content\\\":\\\"", "delta", "}]}", "index", "assistant", "role"}) {
    stream += delta(R"({"role":"assistant","content":")" + word + "\"}");
    text += Json::parse("\"" + word + "\"").get<std::string>();
  }
  const StrictClient client(check(stream + finish + done, context_of(false)).out, false);
  CHECK(client.choices.at(0).text == text);
}

TEST_CASE("openai relay: fail closes once, keep-alive is a bare comment") {
  const auto lane = wire::openai::make_relay(context_of(false));
  std::string out;
  const std::string first = role + delta(R"({"content":"a"})");
  lane->feed(first, out, nullptr);
  CHECK(out == first);
  out.clear();
  lane->keep_alive(out);
  CHECK(out == ": ping\n");
  out.clear();
  lane->fail(core::fail(core::Cause::stall, "silent for 60 s"), out);
  CHECK(StrictClient(out, false).error["code"] == "stall");
  out.clear();
  lane->fail(core::fail(core::Cause::cut, ""), out);
  lane->feed(done, out, nullptr);
  lane->end(out, nullptr);
  lane->keep_alive(out);
  CHECK(out.empty());
}

TEST_CASE("openai relay: a whole reply without fault is the body itself") {
  const std::string body =
      R"({ "id":"c","object":"chat.completion","created":1,"model":"m","extra":[1],"choices":[{"index":0,"message":{"role":"assistant","content":"hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
  std::string storage;
  wire::openai::Observed observed;
  const auto sent = wire::openai::relay_whole(context_of(false), body, storage, observed);
  CHECK(sent.data() == body.data());
  CHECK(sent.size() == body.size());
  CHECK(observed.usage.completion_tokens == 2);
  CHECK(observed.complete);
  CHECK(observed.repaired == 0);
}

TEST_CASE("openai relay: a whole reply with faults is mended") {
  const auto mended = [](const std::string& body) {
    std::string storage;
    wire::openai::Observed observed;
    Json reply = Json::parse(wire::openai::relay_whole(context_of(false), body, storage, observed));
    CHECK(observed.repaired == 1);
    return reply;
  };
  const Json plain = mended(
      R"({"model":"m","choices":[{"message":{"content":"hi","reasoning":"hm","tool_calls":[]},"finish_reason":"eos"}],"usage":{"prompt_tokens":1}})");
  CHECK(plain["object"] == "chat.completion");
  CHECK(plain["id"] == "chatcmpl-own");
  CHECK(plain["choices"][0]["index"] == 0);
  CHECK(plain["choices"][0]["finish_reason"] == "stop");
  CHECK(plain["choices"][0]["message"]["role"] == "assistant");
  CHECK(plain["choices"][0]["message"]["reasoning_content"] == "hm");
  CHECK_FALSE(plain["choices"][0]["message"].contains("tool_calls"));
  CHECK(plain["usage"]["prompt_tokens"] == 1);
  const Json tools = mended(
      R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"","type":"function","function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"stop"}]})");
  const Json& call = tools["choices"][0]["message"]["tool_calls"][0];
  CHECK(call["id"].get<std::string>().starts_with("call_"));
  CHECK(call["function"]["arguments"] == R"({"a":1})");
  CHECK(tools["choices"][0]["finish_reason"] == "tool_calls");
  CHECK(tools["choices"][0]["message"]["content"].is_null());
}

TEST_CASE("openai relay: an error that comes as a whole reply is a failure - D6") {
  std::string storage;
  wire::openai::Observed observed;
  const std::string body = R"({"error":"Model unloaded."})";
  const auto sent = wire::openai::relay_whole(context_of(false), body, storage, observed);
  REQUIRE(observed.failure);
  CHECK(observed.failure->cause == core::Cause::backend_error);
  CHECK(Json::parse(sent)["error"]["message"] == "Model unloaded.");
}
