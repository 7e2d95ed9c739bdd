#include "wire/ollama/client.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace codecrucible;
using core::Event;
using nlohmann::json;
using Kind = core::Event::Kind;

namespace {

wire::ReplyContext context_for(core::Surface surface) {
  wire::ReplyContext context;
  context.surface = surface;
  context.model = "auto";
  context.prompt_tokens = 11;
  context.created = std::chrono::system_clock::time_point(std::chrono::milliseconds(1767225600123));
  return context;
}

Event piece(Kind kind, std::string_view text) {
  Event event;
  event.kind = kind;
  event.text = text;
  return event;
}

Event call(int index, std::string_view id, std::string_view name, std::string_view arguments) {
  Event event = piece(Kind::tool_call, arguments);
  event.tool_index = index;
  event.tool_id = id;
  event.tool_name = name;
  return event;
}

Event finish(core::FinishReason reason) {
  Event event;
  event.kind = Kind::finish;
  event.finish = reason;
  return event;
}

Event usage() {
  Event event;
  event.kind = Kind::usage;
  event.usage.prompt_tokens = 9;
  event.usage.completion_tokens = 3;
  event.timings = {std::chrono::nanoseconds(900), std::chrono::nanoseconds(100),
                   std::chrono::nanoseconds(200), std::chrono::nanoseconds(600)};
  return event;
}

Event failure(std::string detail) {
  Event event;
  event.kind = Kind::failure;
  event.failure = core::Failure{};
  event.failure->detail = std::move(detail);
  return event;
}

std::string stream(core::Surface surface, const std::vector<Event>& events, bool ended = true) {
  const auto context = context_for(surface);
  const auto encoder = wire::ollama::make_stream_encoder(context);
  std::string out;
  for (const auto& event : events) encoder->encode(event, out);
  if (ended) encoder->finish(out);
  return out;
}

std::vector<json> lines_of(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

json whole(core::Surface surface, const std::vector<Event>& events) {
  const auto context = context_for(surface);
  const auto encoder = wire::ollama::make_whole_encoder(context);
  for (const auto& event : events) encoder->gather(event);
  std::string out;
  encoder->write(out);
  return json::parse(out);
}

constexpr auto chat = core::Surface::ollama_chat;
constexpr auto generate = core::Surface::ollama_generate;

}  // namespace

TEST_CASE("ollama encoder: a chat stream has its exact shape") {
  const auto out = stream(chat, {piece(Kind::start, "m"), piece(Kind::text, "Hi \"you\"\n"),
                                 finish(core::FinishReason::stop), usage()});
  CHECK(
      out ==
      R"({"model":"auto","created_at":"2026-01-01T00:00:00.123000000Z","message":{"role":"assistant","content":"Hi \"you\"\n"},"done":false})"
      "\n"
      R"({"model":"auto","created_at":"2026-01-01T00:00:00.123000000Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":900,"load_duration":100,"prompt_eval_count":9,"prompt_eval_duration":200,"eval_count":3,"eval_duration":600})"
      "\n");
}

TEST_CASE("ollama encoder: generate says response and thinking") {
  const auto lines = lines_of(stream(
      generate, {piece(Kind::reasoning, "hm"), piece(Kind::text, "Hi"), finish(core::FinishReason::length)}));
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["thinking"] == "hm");
  CHECK(lines[0]["response"] == "");
  CHECK(lines[1]["response"] == "Hi");
  CHECK(lines[2]["response"] == "");
  CHECK(lines[2]["done"] == true);
  CHECK(lines[2]["done_reason"] == "length");
  CHECK_FALSE(lines[2].contains("message"));
}

TEST_CASE("ollama encoder: E1 a stream ends with done true or with an error, never with both") {
  const auto broken =
      lines_of(stream(chat, {piece(Kind::text, "a"), failure("it broke"), finish({}), usage()}));
  REQUIRE(broken.size() == 2);
  CHECK(broken[1] == json{{"error", "it broke"}});
  const auto good = lines_of(stream(chat, {}));
  REQUIRE(good.size() == 1);
  CHECK(good[0]["done"] == true);
  CHECK(good[0]["done_reason"] == "stop");
}

TEST_CASE("ollama encoder: E3 counts and durations are there though nobody gave them") {
  const auto last =
      lines_of(stream(chat, {piece(Kind::text, "a"), piece(Kind::text, "b"), finish({})})).back();
  CHECK(last["eval_count"] == 2);
  CHECK(last["prompt_eval_count"] == 11);
  CHECK(last["eval_duration"].get<std::int64_t>() > 0);
  CHECK(last["prompt_eval_duration"].get<std::int64_t>() > 0);
  CHECK(last["total_duration"].get<std::int64_t>() > 0);
  CHECK(last["load_duration"] == 0);
  const core::Time start{std::chrono::seconds(5)};
  const auto timings =
      wire::ollama::measured(start, start + std::chrono::seconds(1), start + std::chrono::seconds(4));
  CHECK(timings.total == std::chrono::seconds(4));
  CHECK(timings.prefill == std::chrono::seconds(1));
  CHECK(timings.decode == std::chrono::seconds(3));
  CHECK(wire::ollama::measured(start, {}, start).decode.count() == 0);
}

TEST_CASE("ollama encoder: E4 pieces of calls become whole calls with object arguments") {
  const std::vector<Event> events = {call(0, "c0", "find", ""),
                                     call(0, "", "", "{\"z\":1,\n"),
                                     call(0, "", "", " \"a\":2}"),
                                     call(1, "c1", "bare", ""),
                                     call(2, "c2", "odd", "{\"cut"),
                                     finish(core::FinishReason::tool_calls),
                                     usage()};
  const auto text = stream(chat, events);
  CHECK(text.find(R"("arguments":{"z":1,  "a":2}})") != std::string::npos);
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 4);
  const auto& first = lines[0]["message"]["tool_calls"][0];
  CHECK(first["id"] == "c0");
  CHECK(first["function"]["index"] == 0);
  CHECK(first["function"]["name"] == "find");
  CHECK(lines[1]["message"]["tool_calls"][0]["function"]["arguments"] == json::object());
  CHECK(lines[2]["message"]["tool_calls"][0]["function"]["arguments"]["_raw"] == "{\"cut");
  CHECK(lines[3]["done_reason"] == "stop");
  const auto message = whole(chat, events)["message"];
  REQUIRE(message["tool_calls"].size() == 3);
  CHECK(message["tool_calls"][0]["function"]["arguments"]["a"] == 2);
  CHECK(whole(generate, events)["tool_calls"].size() == 3);
}

TEST_CASE("ollama encoder: B19 logprobs join the line of their text") {
  const std::string entries = R"([{"token":"Hi","logprob":-0.1,"bytes":null,"top_logprobs":[]}])";
  for (const auto surface : {chat, generate}) {
    const auto joined = lines_of(stream(surface, {piece(Kind::text, "Hi"), piece(Kind::logprobs, entries)}));
    REQUIRE(joined.size() == 2);
    CHECK(joined[0]["logprobs"][0]["token"] == "Hi");
    CHECK((surface == chat ? joined[0]["message"]["content"] : joined[0]["response"]) == "Hi");
  }
  const auto context = context_for(chat);
  const auto encoder = wire::ollama::make_stream_encoder(context);
  std::string out;
  encoder->encode(piece(Kind::text, "Hi"), out);
  out.clear();  // flushed
  encoder->encode(piece(Kind::logprobs, entries), out);
  const auto apart = lines_of(out);
  REQUIRE(apart.size() == 1);
  CHECK(apart[0]["message"]["content"] == "");
  CHECK(apart[0]["logprobs"].size() == 1);
  CHECK(whole(chat, {piece(Kind::logprobs, entries), piece(Kind::logprobs, entries)})["logprobs"].size() ==
        2);
}

TEST_CASE("ollama encoder: a keep-alive is a piece without text") {
  const auto context = context_for(generate);
  const auto encoder = wire::ollama::make_stream_encoder(context);
  std::string out;
  encoder->keep_alive(out);
  const auto lines = lines_of(out);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0]["response"] == "");
  CHECK(lines[0]["done"] == false);
}

TEST_CASE("ollama encoder: a whole reply holds all, a failed one only its error") {
  const auto reply = whole(chat, {piece(Kind::reasoning, "h"), piece(Kind::reasoning, "m"),
                                  piece(Kind::text, "Hé\n"), piece(Kind::text, "llo"), finish({}), usage()});
  CHECK(reply["message"]["content"] == "Hé\nllo");
  CHECK(reply["message"]["thinking"] == "hm");
  CHECK(reply["done"] == true);
  CHECK(reply["eval_count"] == 3);
  CHECK(whole(chat, {piece(Kind::text, "a"), failure("no \"luck\"")}) == json{{"error", "no \"luck\""}});
  CHECK(json::parse(wire::ollama::error_body({})) == json{{"error", "internal"}});
}

TEST_CASE("ollama encoder: vectors read back as the same floats") {
  const std::vector<float> vector = {0.1F, -1e-8F, 3.4e38F};
  std::string out;
  core::Usage counted;
  counted.prompt_tokens = 5;
  wire::ollama::write_embed({vector, {1}}, counted, "e", out);
  const auto reply = json::parse(out);
  CHECK(reply["embeddings"][0].get<std::vector<float>>() == vector);
  CHECK(reply["embeddings"].size() == 2);
  CHECK(reply["prompt_eval_count"] == 5);
  out.clear();
  wire::ollama::write_embedding(vector, out);
  CHECK(json::parse(out)["embedding"].get<std::vector<float>>() == vector);
}
