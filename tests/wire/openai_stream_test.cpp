#include "openai_support.hpp"
#include "wire/openai/backend.hpp"

using namespace codecrucible;
using namespace openai_test;
using Lines = std::vector<std::string>;

namespace {

Lines decode(const std::vector<std::string>& pieces, bool completion) {
  const auto decoder = wire::openai::make_stream_decoder(completion);
  Lines lines;
  for (const auto& piece : pieces) {
    core::Events events;
    const std::string own(piece);
    decoder->feed(own, events);
    for (auto& line : lines_of(events)) lines.push_back(line);
  }
  core::Events events;
  decoder->end(events);
  for (auto& line : lines_of(events)) lines.push_back(line);
  CHECK(decoder->complete());
  return lines;
}

void check(const std::string& stream, const Lines& expected, bool completion = false) {
  every_cut(stream, [&](const std::vector<std::string>& pieces) {
    CAPTURE(pieces.front());
    CHECK(decode(pieces, completion) == expected);
  });
}

std::string chunk(const std::string& delta, const std::string& finish = "null") {
  return R"(data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":)" +
         delta + R"(,"finish_reason":)" + finish + "}]}\n\n";
}

const std::string done = "data: [DONE]\n\n";

std::string chat(std::initializer_list<std::string> deltas, const std::string& finish = "\"stop\"") {
  std::string stream;
  for (const auto& delta : deltas) stream += chunk(delta);
  return stream + chunk("{}", finish) + done;
}

std::string call(const std::string& inside) {
  return R"({"tool_calls":[)" + inside + "]}";
}

}  // namespace

TEST_CASE("openai stream: LM Studio's chunks become events") {
  check(fixture("lmstudio_chat.sse"),
        {"start qwen3-8b",
         "text Gr\xC3\xBC\xC3\x9F"
         "e",
         "text ! A \"quoted\"\nline", "text \x20\xE6\xBC\xA2\xE5\xAD\x97", "text \x20\xF0\x9F\x98\x80",
         "text .", "finish stop", "usage 14 5 - -"});
  check(fixture("lmstudio_reasoning.sse"),
        {"start qwen3-8b", "reasoning Let me", "reasoning  think", "text Yes", "text ,", "text  sure",
         "finish stop", "usage 14 5 - -"});
}

TEST_CASE("openai stream: repeated names, a second call under index 0 and finish stop are set right") {
  check(fixture("lmstudio_tools.sse"),
        {"start qwen3-8b", "call 0 [193629320 get_weather] ",
         "call 0 [ ] {\"city\":", "call 0 [ ] \"K\xC3\xB6ln\"}", "call 1 [55512 get_time] {\"zone\":\"CET\"}",
         "finish tool_calls", "usage 14 5 - -"});
}

TEST_CASE("openai stream: llama.cpp's and vLLM's chunks become events") {
  check(fixture("llamacpp_chat.sse"), {"start gpt-oss-20b", "reasoning Hm", "text One", "text  two",
                                       "text  \\three", "finish stop", "usage 24 3 4 -"});
  check(fixture("vllm_tools.sse"), {"start mistral", "reasoning Look", "call 0 [chatcmpl-tool-1 find] ",
                                    "call 0 [ ] {\"q\": \"x\"}", "finish tool_calls", "usage 7 9 - -"});
}

TEST_CASE("openai stream: llama.cpp's timings ride with the usage") {
  const auto decoder = wire::openai::make_stream_decoder(false);
  core::Events events;
  const std::string stream = fixture("llamacpp_chat.sse");
  decoder->feed(stream, events);
  REQUIRE(events.back().kind == core::Event::Kind::usage);
  CHECK(events.back().timings.prefill == std::chrono::microseconds(55500));
  CHECK(events.back().timings.decode == std::chrono::microseconds(31250));
}

TEST_CASE("openai stream: choices interleave and logprobs follow their text") {
  const Lines lines = decode({fixture("openai_two_choices.sse")}, false);
  const std::string entry = R"([{"token":"Hi","logprob":-0.25,"bytes":[72],"top_logprobs":[]}])";
  check(fixture("openai_two_choices.sse"), lines);
  REQUIRE(lines.size() == 10);
  CHECK(lines[1] == "text Hi");
  CHECK(lines[2] == "logprobs " + entry);
  CHECK(lines[3] == "1:text Ho");
  CHECK(lines[7] == "finish stop");
  CHECK(lines[8] == "1:finish length");
  CHECK(lines[9] == "usage 9 3 8 1");
}

TEST_CASE("openai stream: completions carry text and their own form of logprobs") {
  check(
      fixture("completions.sse"),
      {"start base", "text Once",
       R"(logprobs [{"token":"Once","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"Once","logprob":-0.5,"bytes":null},{"token":"At","logprob":-1.5,"bytes":null}]}])",
       "text  upon", "finish length", "usage 1 2 - -"},
      true);
}

TEST_CASE("openai stream: an error in the stream wins over all that follows - B7 B8 D15") {
  check(fixture("lmstudio_error.sse"), {"start qwen3-8b", "text Half", "failure backend_error"});
  check(fixture("vllm_error.sse"), {"start mistral", "failure context_length"});
  check("data: {\"error\":\"Model unloaded\"}\n\n", {"failure backend_error"});
  check("error: {\"code\":500,\"message\":\"boom\",\"type\":\"server_error\"}\n\n",
        {"failure backend_error"});
  check(R"(data: {"object":"error","message":"bad","type":"BadRequestError","param":null,"code":400})"
        "\n\n",
        {"failure backend_rejected"});
}

TEST_CASE("openai stream: an end without a terminal mark is a cut - B6 A12") {
  check(chunk(R"({"content":"a"})"), {"start m", "text a", "failure cut"});
  check(chunk(R"({"content":"a"})") + "data: {\"id\":\"c\",\"cho", {"start m", "text a", "failure cut"});
  check("", {"failure cut"});
  // Finished, or the mark itself without its blank line: complete.
  check(chunk(R"({"content":"a"})") + chunk("{}", "\"stop\""), {"start m", "text a", "finish stop"});
  check(chunk(R"({"content":"a"})") + "data: [DONE]", {"start m", "text a", "finish stop"});
  const std::string last = chunk("{}", "\"length\"");
  check(chunk(R"({"content":"a"})") + last.substr(0, last.size() - 2),
        {"start m", "text a", "finish length"});
}

TEST_CASE("openai stream: neither delta nor finish is a failure, not an empty answer - B10") {
  check(done, {"failure backend_error"});
  check(chunk(R"({"role":"assistant","content":""})") + done, {"start m", "failure backend_error"});
  check(chat({}), {"start m", "finish stop"});
}

TEST_CASE("openai stream: a missing or empty finish is made up only after the mark - B5") {
  check(chunk(R"({"content":"a"})", "\"\"") + done, {"start m", "text a", "finish stop"});
  check(chunk(call(R"({"index":0,"id":"i","type":"function","function":{"name":"f","arguments":"{}"}})")) +
            done,
        {"start m", "call 0 [i f] {}", "finish tool_calls"});
}

TEST_CASE("openai stream: length stays length though tools were called - B15") {
  check(chat({call(R"({"index":0,"id":"i","type":"function","function":{"name":"f","arguments":"{"}})")},
             "\"length\""),
        {"start m", "call 0 [i f] {", "finish length"});
}

TEST_CASE("openai stream: calls are numbered in order of arrival - B11 B12") {
  const Lines two = {"start m", "call 0 [a f] {\"x\":1}", "call 1 [b g] {}", "finish tool_calls"};
  // Always index 0; no index at all; indices that begin at 1.
  check(chat({call(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}})"),
              call(R"({"index":0,"id":"b","function":{"name":"g","arguments":"{}"}})")}),
        two);
  check(chat({call(R"({"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}})"),
              call(R"({"id":"b","function":{"name":"g","arguments":"{}"}})")}),
        two);
  check(
      chat({call(
          R"({"index":1,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},{"index":2,"id":"b","function":{"name":"g","arguments":"{}"}})")}),
      two);
  // Pieces that name no call continue the last one; repetitions are dropped.
  check(chat({call(R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}})"),
              call(R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\""}})"),
              call(R"({"function":{"arguments":":1}"}})")}),
        {"start m", "call 0 [a f] ", "call 0 [ ] {\"x\"", "call 0 [ ] :1}", "finish tool_calls"});
}

TEST_CASE("openai stream: calls without ids get ids of their own that do not change - B13") {
  const std::string stream = chat({call(R"({"index":0,"id":"","function":{"name":"f","arguments":"{}"}})"),
                                   call(R"({"index":0,"function":{"name":"f","arguments":"{}"}})")});
  const Lines lines = decode({stream}, false);
  REQUIRE(lines.size() == 4);
  CHECK(lines[1].starts_with("call 0 [call_"));
  CHECK(lines[2].starts_with("call 1 [call_"));
  CHECK(lines[1].substr(8, 21) != lines[2].substr(8, 21));
  check(stream, lines);
}

TEST_CASE("openai stream: a name that comes late waits for nothing but itself") {
  check(chat({call(R"({"index":0,"id":"a","type":"function","function":{"arguments":"{\"x"}})"),
              call(R"({"index":0,"function":{"name":"f","arguments":"\":1}"}})")}),
        {"start m", "call 0 [a f] {\"x\":1}", "finish tool_calls"});
}

TEST_CASE("openai stream: odd frames are read all the same - A3 A5 B2 B14") {
  check(": hi\n\nevent: ping\n\n" + chunk(R"({"content":"a","tool_calls":[]})") + ": x\n" +
            "data: {\"id\":\"c\",\"model\":\"m\",\"timings\":{\"prompt_ms\":1}}\n\n" +
            "data: {\"id\":\"c\",\ndata: \"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n" +
            chunk("null", "\"stop\"") + done,
        {"start m", "text a", "text b", "finish stop", "usage - - - -"});
}

TEST_CASE("openai stream: what is not JSON is garbage") {
  check(chunk(R"({"content":"a"})") + "data: oops\n\n" + done, {"start m", "text a", "failure garbage"});
  check("data: [1]\n\n", {"failure garbage"});
}

TEST_CASE("openai stream: a broken event that begins like the ones before is still found") {
  check(chunk(R"({"content":"a"})") + chunk(R"({"content":"b"})") + chunk("{\"content\":\"c\x01\"}") + done,
        {"start m", "text a", "text b", "failure garbage"});
  check(chunk(R"({"content":"a"})") + chunk(R"({"content":"b"})") + chunk(R"({"content":"c"d"})") + done,
        {"start m", "text a", "text b", "failure garbage"});
  check(chunk(R"({"content":"a"})") + chunk(R"({"content":"b"})") + chunk(R"({"content":"c\"},\"x\":\"d"})") +
            done,
        {"start m", "text a", "text b", "text c\"},\"x\":\"d", "finish stop"});
}

TEST_CASE("openai whole: a reply becomes the same events") {
  core::Arena arena;
  core::Events events;
  const std::string body =
      R"({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant",)"
      R"("reasoning_content":"hm","content":"a\nb","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},)"
      R"({"id":"2","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],)"
      R"("usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}})";
  wire::openai::decode_whole(false, body, arena, events);
  CHECK(lines_of(events) == Lines{"start m", "reasoning hm", "text a\nb", "call 0 [1 f] {}",
                                  "call 1 [2 f] {}", "finish tool_calls", "usage 1 2 - -"});
}

TEST_CASE("openai whole: errors with status 200 and empty replies are failures - D6") {
  const auto only = [](const std::string& body) {
    core::Arena arena;
    core::Events events;
    wire::openai::decode_whole(false, body, arena, events);
    return lines_of(events);
  };
  const std::string unknown = "{\"error\":\"Unexpected endpoint or method. (POST /v1/x)\"}";
  CHECK(only(unknown) == Lines{"failure backend_rejected"});
  CHECK(only("<html>") == Lines{"failure garbage"});
  CHECK(only("{}") == Lines{"failure garbage"});
  CHECK(only(R"({"choices":[]})") == Lines{"failure garbage"});
}
