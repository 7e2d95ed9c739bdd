#include "wire/ollama/backend.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace codecrucible;
using core::Cause;
using Kind = core::Event::Kind;

namespace {

// An event with its own copies of everything, to compare over different cuts.
std::string told(const core::Event& event) {
  switch (event.kind) {
    case Kind::start:
      return "start " + std::string(event.text);
    case Kind::text:
      return "text " + std::string(event.text);
    case Kind::reasoning:
      return "reasoning " + std::string(event.text);
    case Kind::refusal:
      return "refusal";
    case Kind::tool_call:
      return "call " + std::to_string(event.tool_index) + " " + std::string(event.tool_id) + " " +
             std::string(event.tool_name) + " " + std::string(event.text);
    case Kind::logprobs:
      return "logprobs " + std::string(event.text);
    case Kind::finish:
      return "finish " + std::to_string(static_cast<int>(event.finish));
    case Kind::usage:
      return "usage " + std::to_string(event.usage.prompt_tokens.value_or(-1)) + " " +
             std::to_string(event.usage.completion_tokens.value_or(-1)) + " " +
             std::to_string(event.timings.decode.count());
    case Kind::failure:
      return "failure " + std::string(core::label(event.failure->cause));
  }
  return "?";
}

using Story = std::vector<std::string>;

Story read(const std::vector<std::string>& parts) {
  const auto decoder = wire::ollama::make_stream_decoder();
  Story story;
  core::Events events;
  const auto take = [&] {
    for (const auto& event : events) story.push_back(told(event));
    events.clear();
  };
  for (const auto& part : parts) {
    decoder->feed(part, events);
    take();
  }
  decoder->end(events);
  take();
  return story;
}

Story read(const std::string& whole) {
  return read(std::vector<std::string>{whole});
}

std::string text(const std::string& content, const std::string& more = "") {
  return R"({"model":"m","created_at":"2026-01-01T00:00:00.1Z","message":{"role":"assistant","content":")" +
         content + "\"" + more + "},\"done\":false}\n";
}

const std::string last =
    R"({"model":"m","created_at":"2026-01-01T00:00:00.2Z","message":{"role":"assistant","content":""},"done":true,)"
    R"("done_reason":"stop","total_duration":9,"load_duration":1,"prompt_eval_count":9,"prompt_eval_duration":2,)"
    R"("eval_count":1,"eval_duration":3})"
    "\n";

// Everything that a stream may hold, in one.
const std::string rich =
    text("", R"(,"thinking":"let me \u00e9\ud83d\ude00")") + text("Hi \\\"x\\\" \\u003cb\\u003e") + "\r\n" +
    text("\xc3\xa9\xf0\x9f\x98\x80 plain") +
    R"({"model":"m","message":{"role":"assistant","content":"lp"},"logprobs":[{"token":"lp","logprob":-0.5,"bytes":[108,112]}],"done":false})"
    "\n" +
    R"({"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{"z":1,"a":"\"}"}}},{"id":"b","function":{"index":0,"name":"g","arguments":{}}}]},"done":false})"
    "\n" +
    R"({"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"h","arguments":{}}}]},"done":false})"
    "\n" +
    last;

const Story rich_story = {"start m",
                          "reasoning let me \xc3\xa9\xf0\x9f\x98\x80",
                          "text Hi \"x\" <b>",
                          "text \xc3\xa9\xf0\x9f\x98\x80 plain",
                          "text lp",
                          R"(logprobs [{"token":"lp","logprob":-0.5,"bytes":[108,112],"top_logprobs":[]}])",
                          R"(call 0 a f {"z":1,"a":"\"}"})",
                          "call 1 b g {}",
                          "call 2 c h {}",
                          "finish 2",
                          "usage 9 1 3"};

}  // namespace

TEST_CASE("ollama stream: everything a stream may hold becomes events") {
  CHECK(read(rich) == rich_story);
}

TEST_CASE("ollama stream: A1 A2 the same events at every cut") {
  for (std::size_t cut = 0; cut <= rich.size(); ++cut) {
    CAPTURE(cut);
    CHECK(read({rich.substr(0, cut), rich.substr(cut)}) == rich_story);
  }
  std::vector<std::string> bytes;
  for (const char c : rich) bytes.emplace_back(1, c);
  CHECK(read(bytes) == rich_story);
}

TEST_CASE("ollama stream: A11 a line of nine megabytes is read") {
  const std::string big(9 << 20, 'x');
  const auto story = read(text(big + "\\n") + last);
  REQUIRE(story.size() == 4);
  CHECK(story[1].size() == big.size() + 6);
  const auto call =
      read(R"({"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":)"
           R"({"name":"f","arguments":{"text":")" +
           big + "\"}}}]},\"done\":false}\n" + last);
  CHECK(call[1].size() > big.size());
}

TEST_CASE("ollama stream: A12 a last object without its line end counts") {
  CHECK(read(rich.substr(0, rich.size() - 1)) == rich_story);
}

TEST_CASE("ollama stream: B6 an end without done is a cut, also in the middle of a line") {
  CHECK(read("") == Story{"failure cut"});
  CHECK(read(text("a")) == Story{"start m", "text a", "failure cut"});
  CHECK(read(text("a") + last.substr(0, last.size() / 2)).back() == "failure cut");
}

TEST_CASE("ollama stream: B7 B8 an error at any time ends the reply and the first one wins") {
  const auto story = read(text("a") + "{\"error\":\"llama runner process has terminated: exit status 2\"}\n" +
                          last + "{\"error\":\"other\"}\n");
  CHECK(story == Story{"start m", "text a", "failure backend_error"});
  CHECK(read("{\"error\":{\"message\":\"model 'x' not found\"}}\n") ==
        Story{"failure backend_model_missing"});
  CHECK(read("{\"error\":\"server busy, please try again.  maximum pending requests exceeded\"}\n") ==
        Story{"failure overloaded"});
  CHECK(read("{\"error\":\"the prompt is longer than the context length currently available\"}\n") ==
        Story{"failure context_length"});
  CHECK(read("{\"error\":\"CUDA error: out of memory\"}\n") == Story{"failure backend_error"});
  CHECK(read("{\"error\":\"odd\"}") == Story{"failure backend_error"});
}

TEST_CASE("ollama stream: what is not a reply is garbage") {
  CHECK(read("<html>\n") == Story{"failure garbage"});
  CHECK(read("[1]\n") == Story{"failure garbage"});
  CHECK(read("{}\n") == Story{"failure garbage"});
  CHECK(read("{\"status\":\"success\"}\n") == Story{"failure garbage"});
  CHECK(read(text("a\xff")) == Story{"failure garbage"});
  CHECK(read(text("a\\q")) == Story{"failure garbage"});
  CHECK(read(text("a\tb")) == Story{"failure garbage"});
}

TEST_CASE("ollama stream: B11 B13 calls are numbered as they come and get ids that differ") {
  const auto call = [](const std::string& time) {
    return R"({"model":"m","created_at":")" + time +
           R"(","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{}}},)"
           R"({"function":{"name":"f","arguments":{}}}]},"done":false})"
           "\n";
  };
  const auto ids = [&](const std::string& time) {
    const auto decoder = wire::ollama::make_stream_decoder();
    core::Events events;
    decoder->feed(call(time), events);
    Story found;
    for (const auto& event : events) {
      if (event.kind == Kind::tool_call) found.emplace_back(event.tool_id);
    }
    return found;
  };
  const auto first = ids("2026-01-01T00:00:00.1Z");
  const auto again = ids("2026-01-01T00:00:00.1Z");
  const auto later = ids("2026-01-01T00:00:09.7Z");
  REQUIRE(first.size() == 2);
  CHECK(first == again);
  CHECK(std::set<std::string>{first[0], first[1], later[0], later[1]}.size() == 4);
  CHECK(first[0].starts_with("call_"));
}

TEST_CASE("ollama stream: B15 stop after calls means tool calls, length stays length") {
  const std::string call =
      R"({"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]},)";
  CHECK(read(call + "\"done\":true,\"done_reason\":\"stop\"}\n")[2] == "finish 2");
  CHECK(read(call + "\"done\":true,\"done_reason\":\"length\"}\n")[2] == "finish 1");
  CHECK(read(call + "\"done\":true}\n")[2] == "finish 2");
}

TEST_CASE("ollama stream: the last object may carry content, and counts may be missing") {
  const auto story =
      read(R"({"model":"m","message":{"role":"assistant","content":"end","thinking":"t"},"done":true})");
  CHECK(story == Story{"start m", "reasoning t", "text end", "finish 0", "usage -1 -1 0"});
}

TEST_CASE("ollama stream: generate is read too") {
  CHECK(read("{\"model\":\"m\",\"response\":\"a\",\"done\":false}\n"
             "{\"model\":\"m\",\"response\":\"\",\"thinking\":\"t\",\"done\":false}\n"
             "{\"model\":\"m\",\"response\":\"b\",\"done\":true,\"context\":[1,2,3],\"eval_count\":2}\n") ==
        Story{"start m", "text a", "reasoning t", "text b", "finish 0", "usage -1 2 0"});
}

TEST_CASE("ollama stream: any order of keys and any spaces are the same line") {
  CHECK(read("{ \"done\" : false , \"message\" : { \"content\" : \"a\" , \"role\" : \"assistant\" } , "
             "\"model\" : \"m\" }\n" +
             last) == read(text("a") + last));
}

TEST_CASE("ollama stream: lone surrogates become replacement characters") {
  CHECK(read(text("a\\ud800b") + last)[1] ==
        "text a\xef\xbf\xbd"
        "b");
}

TEST_CASE("ollama stream: complete is told as soon as done was read") {
  const auto decoder = wire::ollama::make_stream_decoder();
  core::Events events;
  decoder->feed(text("a"), events);
  CHECK_FALSE(decoder->complete());
  decoder->feed(last, events);
  CHECK(decoder->complete());
}

TEST_CASE("ollama whole reply: read as one object, errors included") {
  core::Arena arena;
  core::Events events;
  wire::ollama::decode_whole(
      "\n{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"a\\nb\"},\"done\":true,"
      "\"done_reason\":\"length\"}\n",
      arena, events);
  REQUIRE(events.size() == 4);
  CHECK(events[1].text == "a\nb");
  CHECK(events[2].finish == core::FinishReason::length);
  for (const std::string_view wrong :
       {"", " ", "nonsense", "{\"error\":\"model is loading\"}",
        "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"a\"},\"done\":false}"}) {
    CAPTURE(wrong);
    events.clear();
    wire::ollama::decode_whole(wrong, arena, events);
    REQUIRE_FALSE(events.empty());
    CHECK(events.back().kind == Kind::failure);
  }
}
