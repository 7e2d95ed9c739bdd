#include "core/result.hpp"
#include "wire/ollama/relay.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace codecrucible;
using nlohmann::json;

namespace {

wire::ReplyContext context_for(core::Surface surface = core::Surface::ollama_chat) {
  wire::ReplyContext context;
  context.surface = surface;
  context.model = "auto";
  return context;
}

const std::string piece =
    R"({"model":"m:8b", "created_at":"t","message":{"role":"assistant","content":"Hi"},"done":false})"
    "\n";
const std::string call =
    R"({"model":"m:8b","message":{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{"z": 1}}}]},"done":false})"
    "\n";
const std::string last =
    R"({"model":"m:8b","created_at":"t","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",)"
    R"("total_duration":9,"load_duration":1,"prompt_eval_count":9,"prompt_eval_duration":2,"eval_count":7,"eval_duration":3,"new":[]})"
    "\n";

struct Relayed {
  std::string out;
  wire::openai::Observed seen;
  core::Events events;
};

Relayed relay(const std::vector<std::string>& parts, bool end = true,
              core::Surface surface = core::Surface::ollama_chat) {
  const auto context = context_for(surface);
  const auto machine = wire::ollama::make_relay(context);
  Relayed result;
  for (const auto& part : parts) machine->feed(part, result.out, &result.events);
  if (end) machine->end(result.out, &result.events);
  result.seen = machine->observed();
  return result;
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

}  // namespace

TEST_CASE("ollama relay: well-formed lines go on as their original bytes, at every cut") {
  const auto stream = piece + call + last;
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    const auto result = relay({stream.substr(0, cut), stream.substr(cut)});
    CHECK(result.out == stream);
    CHECK(result.seen.repaired == 0);
  }
  const auto result = relay({stream});
  CHECK(result.seen.complete);
  CHECK(result.seen.content);
  CHECK(result.seen.events == 3);
  CHECK(result.seen.model == "m:8b");
  CHECK(result.seen.usage.completion_tokens == 7);
  CHECK(result.seen.finish == core::FinishReason::tool_calls);
  CHECK(result.events.size() == 5);
}

TEST_CASE("ollama relay: calls wrongly numbered or without id are mended, the rest is not") {
  const std::string wrong =
      R"({"model":"m:8b","message":{"role":"assistant","content":"","tool_calls":[{"function":{"index":0,"name":"g","arguments":{}}}]},"done":false})"
      "\n";
  const auto result = relay({piece + call + wrong + last});
  CHECK(result.seen.repaired == 1);
  CHECK(result.out.starts_with(piece + call));
  CHECK(result.out.ends_with(last));
  const auto mended = lines_of(result.out)[2]["message"]["tool_calls"][0];
  CHECK(mended["function"]["index"] == 1);
  CHECK(mended["id"].get<std::string>().starts_with("call_"));
}

TEST_CASE("ollama relay: E3 a last object without counts gets them") {
  const auto result = relay({piece + piece +
                             R"({"model":"m:8b","message":{"role":"assistant","content":""},"done":true})"
                             "\n"});
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[2]["done"] == true);
  CHECK(lines[2]["done_reason"] == "stop");
  CHECK(lines[2]["eval_count"] == 2);
  CHECK(lines[2]["eval_duration"].get<int>() > 0);
}

TEST_CASE("ollama relay: a last object with content that must be mended keeps its content") {
  const auto lines = lines_of(
      relay(
          {R"({"model":"m","message":{"role":"assistant","content":"end"},"done":true,"done_reason":"length"})"})
          .out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["message"]["content"] == "end");
  CHECK(lines[1]["done_reason"] == "length");
}

TEST_CASE("ollama relay: errors, cuts and outer failures end the stream with one error line") {
  const auto error = relay({piece + "{\"error\":\"boom\"}\n" + last});
  CHECK(lines_of(error.out).size() == 2);
  CHECK(lines_of(error.out)[1].contains("error"));
  REQUIRE(error.seen.failure.has_value());
  CHECK_FALSE(error.seen.complete);
  const auto cut = relay({piece});
  CHECK(lines_of(cut.out)[1].contains("error"));
  CHECK(cut.seen.failure->cause == core::Cause::cut);

  const auto context = context_for();
  const auto machine = wire::ollama::make_relay(context);
  std::string out;
  machine->feed(piece, out, nullptr);
  machine->keep_alive(out);
  machine->fail(core::fail(core::Cause::stall, "silent for too long"), out);
  machine->fail(core::fail(core::Cause::stall, "again"), out);
  machine->end(out, nullptr);
  machine->keep_alive(out);
  const auto lines = lines_of(out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[1]["message"]["content"] == "");
  CHECK(lines[2] == json{{"error", "silent for too long"}});
  CHECK(machine->observed().failure->cause == core::Cause::stall);
}

TEST_CASE("ollama relay: a reply in the other endpoint's shape is written anew") {
  const auto result = relay({piece + last}, true, core::Surface::ollama_generate);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["response"] == "Hi");
  CHECK(lines[1]["eval_count"] == 7);
  CHECK(result.seen.repaired == 2);
}

TEST_CASE("ollama relay: a whole reply keeps its bytes or is mended") {
  const auto context = context_for();
  std::string storage;
  wire::openai::Observed seen;
  const auto body = last.substr(0, last.size() - 1);
  CHECK(wire::ollama::relay_whole(context, body, storage, seen).data() == body.data());
  CHECK(seen.complete);
  CHECK(seen.repaired == 0);
  wire::openai::Observed mended;
  const auto reply = json::parse(wire::ollama::relay_whole(
      context, R"({"model":"m","message":{"role":"assistant","content":"x"},"done":true})", storage, mended));
  CHECK(reply["message"]["content"] == "x");
  CHECK(reply.contains("eval_count"));
  CHECK(mended.repaired == 1);
  wire::openai::Observed failed;
  CHECK(json::parse(wire::ollama::relay_whole(context, "{\"error\":\"x\"}", storage, failed))
            .contains("error"));
  CHECK(failed.failure.has_value());
}
