#include "confidence/evidence.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace codecrucible;
using confidence::Evidence;
using confidence::Facts;
using confidence::Sign;
using core::Event;

namespace {

Event piece(Event::Kind kind, std::string_view text) {
  Event event;
  event.kind = kind;
  event.text = text;
  return event;
}

// The answer in pieces of `size` bytes, then its finish.
Evidence read(const Facts& facts, std::string_view answer, std::size_t size = 3,
              core::FinishReason finish = core::FinishReason::stop) {
  Evidence evidence(facts);
  for (std::size_t at = 0; at < answer.size(); at += size)
    evidence.feed(piece(Event::Kind::text, answer.substr(at, size)));
  Event end;
  end.kind = Event::Kind::finish;
  end.finish = finish;
  evidence.feed(end);
  return evidence;
}

}  // namespace

TEST_CASE("confidence: a sound answer shows no sign") {
  Facts facts;
  facts.prompt = "Why is the sky blue?";
  facts.language = confidence::Language::english;
  const std::string text =
      "The sky is blue because air scatters short waves more than long ones. That is all there is to it.";
  for (const std::size_t size : {1U, 3U, 7U, 1000U}) CHECK(read(facts, text, size).signs().none());
}

TEST_CASE("confidence: refusal and hedging are seen wherever pieces are cut") {
  for (const std::size_t size : {1U, 2U, 5U, 500U}) {
    CHECK(read({}, "I\xE2\x80\x99m sorry, but I can't help with that.", size).signs().has(Sign::refusal));
    CHECK(read({}, "I can't  help\nwith that.", size).signs().has(Sign::refusal));
    CHECK(read({}, "Well, I'm not sure about this one.", size).signs().has(Sign::hedging));
  }
  CHECK_FALSE(read({}, "You can help with that by opening the file.").signs().has(Sign::refusal));
  CHECK(read({}, "x", 1, core::FinishReason::content_filter).signs().has(Sign::refusal));
}

TEST_CASE("confidence: repetition is seen and tables and lists are not") {
  std::string loop, lines, table = "| a | b |\n", rule(120, '-');
  for (int i = 0; i < 40; ++i) loop += "we can use the first premise ";
  for (int i = 0; i < 12; ++i) lines += "the value of the thing is three\n";
  for (int i = 0; i < 60; ++i) table += "| " + std::to_string(i) + " | x |\n";
  CHECK(read({}, loop).signs().has(Sign::loop));
  CHECK(read({}, lines).signs().has(Sign::loop));
  CHECK_FALSE(read({}, table).signs().has(Sign::loop));
  CHECK_FALSE(read({}, rule).signs().has(Sign::loop));
  CHECK(read({}, std::string(600, 'a')).signs().has(Sign::loop));
}

TEST_CASE("confidence: another language than the prompt's is a sign unless translation was asked for") {
  Facts facts;
  facts.prompt = "Please explain what the difference between these is and how they are used with the tool";
  facts.language = confidence::language_of(facts.prompt);
  REQUIRE(facts.language == confidence::Language::english);
  const std::string german =
      "Der Unterschied ist nicht groß, und die Werkzeuge werden mit dem gleichen Befehl aufgerufen. Das ist "
      "auch für "
      "die anderen der Fall, wie man sich denken kann, und wird von allen so gemacht.";
  CHECK(read(facts, german).signs().has(Sign::wrong_language));
  facts.translation = true;
  CHECK_FALSE(read(facts, german).signs().has(Sign::wrong_language));
}

TEST_CASE("confidence: scripts are told apart") {
  using confidence::Language;
  CHECK(confidence::language_of("Что это такое и как оно работает") == Language::russian);
  CHECK(confidence::language_of("这是什么意思请解释一下") == Language::chinese);
  CHECK(confidence::language_of("これは何ですか説明してください") == Language::japanese);
  CHECK(confidence::language_of("x = 1") == Language::unknown);
}

TEST_CASE("confidence: code that was asked for must come, closed and balanced") {
  Facts facts;
  facts.prompt = "Write a function";
  facts.code_wanted = true;
  CHECK(read(facts, "Sure, you should think about the function first.").signs().has(Sign::code_missing));
  CHECK(read(facts, "```cpp\nint main() { return 0; }\n```").signs().none());
  CHECK(read(facts, "```cpp\nint main() { return 0; }\n").signs().has(Sign::broken_fence));
  CHECK(read(facts, "```cpp\nint main() { return f(0; }\n```\n").signs().has(Sign::broken_code));
  CHECK_FALSE(read(facts, "```cpp\nputs(\":(\");\n```\n").signs().has(Sign::broken_code));
  CHECK_FALSE(read(facts, "```python\nprint(':(')\n```\n").signs().has(Sign::broken_code));
}

TEST_CASE("confidence: broken JSON is known before its end, a schema mismatch at the end") {
  Facts facts;
  facts.format.kind = core::Format::Kind::schema;
  facts.format.schema = R"({"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}})";
  Evidence early(facts);
  early.feed(piece(Event::Kind::text, "{\"a\": "));
  CHECK(early.signs().none());
  early.feed(piece(Event::Kind::text, "oops"));
  CHECK(early.signs().has(Sign::broken_json));
  for (const std::size_t size : {1U, 4U}) {
    CHECK(read(facts, R"( {"a": 5, "b": [1.5e-3, true, null, {"c": "\u00e9\n"}], "d": {}} )", size)
              .signs()
              .none());
    CHECK(read(facts, R"({"b": 5})", size).signs().has(Sign::schema_mismatch));
    CHECK(read(facts, R"({"a": 5)", size).signs().has(Sign::broken_json));
    CHECK(read(facts, R"({"a": 5,})", size).signs().has(Sign::broken_json));
    CHECK(read(facts, R"({"a": 5}})", size).signs().has(Sign::broken_json));
  }
}

TEST_CASE("confidence: tool arguments are judged against their schema and repaired where that is safe") {
  core::Tool tool{
      "weather", "", R"({"type":"object","properties":{"days":{"type":"integer"}},"required":["days"]})", {}};
  Facts facts;
  facts.tools = std::span(&tool, 1);
  const auto call = [&](std::string_view name, std::string_view arguments) {
    Evidence evidence(facts);
    auto event = piece(Event::Kind::tool_call, arguments.substr(0, 4));
    event.tool_name = name;
    event.tool_id = "c1";
    evidence.feed(event);
    evidence.feed(
        piece(Event::Kind::tool_call, arguments.substr(std::min<std::size_t>(4, arguments.size()))));
    evidence.feed(piece(Event::Kind::finish, ""));
    return evidence;
  };
  CHECK(call("weather", R"({"days":5})").signs().none());
  const auto repaired = call("weather", R"({"days":"5",})");
  CHECK(repaired.signs().has(Sign::repaired_arguments));
  REQUIRE(repaired.tools().size() == 1);
  CHECK(repaired.tools()[0].repaired == R"({"days":5})");
  CHECK(repaired.tools()[0].good);
  CHECK(call("weather", R"({"days":"soon"})").signs().has(Sign::broken_arguments));
  CHECK(call("sunshine", "{}").signs().has(Sign::unknown_tool));
}

TEST_CASE("confidence: empty and cut answers are signs") {
  CHECK(read({}, "  \n").signs().has(Sign::empty));
  CHECK(read({}, "It begins well", 3, core::FinishReason::length).signs().has(Sign::cut));
  Facts facts;
  facts.type = core::TaskType::planning;
  facts.complexity = core::Complexity::complex;
  CHECK(read(facts, "Just do it.").signs().has(Sign::too_short));
}

TEST_CASE("confidence: equations that do not hold and missing final answers are signs") {
  Facts facts;
  facts.prompt = "He has 3 apples and buys 4. How many apples does he have?";
  CHECK(read(facts, "3 + 4 = 8, so the answer is 8.").signs().has(Sign::false_equation));
  CHECK(read(facts, "3 + 4 = 7, so the answer is 7.").signs().none());
  CHECK(read(facts, "He has some apples.").signs().has(Sign::no_final_answer));
}

TEST_CASE("confidence: log-probabilities are read from OpenAI entries") {
  Evidence evidence({});
  for (int i = 0; i < 10; ++i) {
    evidence.feed(piece(
        Event::Kind::logprobs,
        R"([{"token":"\"logprob\":","logprob":-2.0,"bytes":[1],"top_logprobs":[{"token":"a","logprob":-0.5},{"token":"b","logprob":-2.0}]}])"));
  }
  const auto& stats = evidence.token_stats();
  CHECK(stats.count == 10);
  CHECK(stats.mean == doctest::Approx(-2.0));
  CHECK(stats.lowest == doctest::Approx(-2.0));
  CHECK(stats.margin == doctest::Approx(0.6065 - 0.1353).epsilon(0.01));
  CHECK(stats.entropy > 0.5F);
  CHECK(evidence.signs().has(Sign::unlikely_tokens));
  Evidence odd({});
  for (const std::string_view text : {"", "[", "[{", R"([{"logprob":)", R"([{"logprob":null}])", R"(["x)"})
    odd.feed(piece(Event::Kind::logprobs, text));
  CHECK(odd.token_stats().count == 0);
}

TEST_CASE("confidence: other choices than the first are not read") {
  Evidence evidence({});
  auto event = piece(Event::Kind::text, "I cannot help with that.");
  event.choice = 1;
  evidence.feed(event);
  CHECK(evidence.signs().none());
  CHECK_FALSE(evidence.began());
}
