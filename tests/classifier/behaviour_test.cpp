#include "classifier/verdict_json.hpp"
#include "request.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::classifier;
using classifier::tests::classify_text;
using classifier::tests::Conversation;
using classifier::tests::shipped_layers;
using core::Complexity;
using core::TaskType;

namespace {

struct Case {
  std::string_view text;
  TaskType type;
};

// Plain cases that a person would not argue about.
constexpr Case plain[] = {
    {"Write a bash script that deletes log files older than 30 days", TaskType::template_},
    {"write a regex that matches IPv4 addresses", TaskType::template_},
    {"create a python function that returns the median of a list", TaskType::template_},
    {"Translate this comment to French: // opens the file", TaskType::format},
    {"add docstrings to all methods of this class", TaskType::format},
    {"convert this YAML to JSON", TaskType::format},
    {"add a `timeout` parameter to `fetch_page` and pass it to the client", TaskType::edit},
    {"change the colour of the submit button to green in settings.html", TaskType::edit},
    {"remove the unused import in parser.py", TaskType::edit},
    {"explain what this function does\n```python\ndef f(x):\n    return x and x & -x\n```",
     TaskType::analysis},
    {"Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\nKeyError: 'id'",
     TaskType::debugging},
    {"fix this error: TypeError: cannot read properties of undefined", TaskType::debugging},
    {"How should we split the monolith into services? What are the trade-offs of the options?",
     TaskType::planning},
    {"What is the capital of Portugal?", TaskType::general},
    {"Write a short poem about autumn", TaskType::general},
};

}  // namespace

TEST_CASE("classifier: plain requests get the type a person would give") {
  const auto layers = shipped_layers();
  REQUIRE(layers.model);
  for (const auto& one : plain) {
    CAPTURE(one.text);
    const auto verdict = classify_text(one.text, layers);
    CAPTURE(to_json(verdict));
    CHECK(core::name(verdict.type) == core::name(one.type));
  }
}

TEST_CASE("classifier: a hunt for a bug in code at hand is debugging, whatever the verb") {
  const auto layers = shipped_layers();
  REQUIRE(layers.model);
  for (const auto* text :
       {"Find the bug in this function:\n```python\ndef total(rows):\n    for row in rows:\n        sum = 0\n"
        "        sum += row.price\n    return sum\n```",
        "What's wrong with this loop?\n\nfor (let i = 0; i <= list.length; i++) print(list[i].name);",
        "can you spot the mistake in here\n\nif (user = null) return;",
        "Identify the error in the following code:\n\nint half(int n) { return n / 2.0f * 0; }"}) {
    CAPTURE(text);
    const auto verdict = classify_text(text, layers);
    CAPTURE(to_json(verdict));
    CHECK(core::name(verdict.type) == "debugging");
  }
}

TEST_CASE("classifier: greetings and small talk are general and simple") {
  const auto layers = shipped_layers();
  REQUIRE(layers.model);
  for (const auto* text :
       {"Say hello", "say hello!", "hello", "Hi, how are you doing?", "good afternoon everyone", "ping",
        "Reply with the single word yes", "thanks, bye", "who are you?", "say something funny",
        "Say hello to Maria", "are you still there?", "guten Morgen", "tell me a riddle"}) {
    CAPTURE(text);
    const auto verdict = classify_text(text, layers);
    CAPTURE(to_json(verdict));
    CHECK(core::name(verdict.type) == "general");
    CHECK(core::name(verdict.complexity) == "simple");
  }
}

TEST_CASE("classifier: rules alone get most plain requests right") {
  Layers layers;
  layers.settings.parser_type = ParserType::rule_based;
  std::size_t right = 0;
  for (const auto& one : plain) right += classify_text(one.text, layers).type == one.type;
  CHECK(right >= std::size(plain) * 2 / 3);
}

TEST_CASE("classifier: the last user message decides, not the ones before") {
  const auto layers = shipped_layers();
  Conversation talk("What is the capital of Portugal?");
  talk.say(core::Role::assistant, "Lisbon.");
  talk.say(core::Role::user, "fix this error: NameError: name 'x' is not defined");
  CHECK(classify(talk.request, layers).type == TaskType::debugging);
}

TEST_CASE("classifier: a short yes leans on the message before it") {
  const auto layers = shipped_layers();
  const auto before = classify_text("fix the crash in the login handler, here is the stack trace", layers);
  Conversation talk("fix the crash in the login handler, here is the stack trace");
  talk.say(core::Role::assistant, "Shall I?");
  talk.say(core::Role::user, "yes");
  CHECK(classify(talk.request, layers).type == before.type);
}

TEST_CASE("classifier: needs, files, tokens and keywords are read from the whole request") {
  Conversation talk(
      "<file path=\"a.py\">\nprint(1)\n</file>\n<file path=\"b.py\">\nprint(2)\n</file>\nreview the security "
      "of both");
  auto& message = talk.request.messages.back();
  core::Part image;
  image.kind = core::Part::Kind::image;
  message.parts.push_back(image);
  talk.request.format.kind = core::Format::Kind::json;
  talk.request.tools.emplace_back();
  Layers layers;
  const auto verdict = classify(talk.request, layers);
  CHECK(verdict.needs.vision);
  CHECK(verdict.needs.structured);
  CHECK(verdict.needs.tools);
  CHECK(verdict.context_files == 2);
  CHECK(verdict.prompt_tokens > 10);
  CHECK(std::find(verdict.keywords.begin(), verdict.keywords.end(), "security") != verdict.keywords.end());
}

TEST_CASE("classifier: a long prompt needs a long window") {
  Layers layers;
  CHECK_FALSE(classify_text("hello", layers).needs.long_context);
  std::string pages;
  for (int i = 0; i < 6000; ++i) pages += "some words ";
  CHECK(classify_text(pages + "summarize this", layers).needs.long_context);
}

TEST_CASE("classifier: a verdict as JSON parses and says everything") {
  const auto layers = shipped_layers();
  const auto json = nlohmann::json::parse(to_json(classify_text("rename foo to bar in `main.c`", layers)));
  for (const char* key :
       {"type", "complexity", "score", "confidence", "decided_by", "needs", "signals", "keywords", "votes"})
    CHECK(json.contains(key));
  CHECK(json["votes"].size() == 2);
}
