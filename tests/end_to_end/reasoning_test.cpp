#include "house/answer.hpp"
#include "house/house.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::house;

TEST_CASE(
    "reasoning: tags that LM Studio leaves in the text become reasoning, where the configuration says so") {
  Plan plan;
  plan.lmstudio = "  thinkTags: tags\n";
  House home(plan);
  for (const auto dialect : {Dialect::openai_chat, Dialect::ollama_chat}) {
    for (const bool stream : {false, true}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto reply = ask(home.port(), "POST", path(dialect),
                             question(dialect, coder, "[[say:<think>two and two</think>\n\nfour]]", stream));
      REQUIRE_MESSAGE(reply.status == 200, reply.body);
      const auto answer = read_answer(dialect, stream, reply);
      CHECK(answer.broken.empty());
      CHECK(answer.reasoning == "two and two");
      CHECK(answer.text == "four");
    }
  }
}

TEST_CASE("reasoning: without that setting the text goes on as it came") {
  House home;
  const auto reply = ask(home.port(), "POST", path(Dialect::openai_chat),
                         question(Dialect::openai_chat, coder, "[[say:<think>x</think>y]]", true));
  CHECK(read_answer(Dialect::openai_chat, true, reply).text == "<think>x</think>y");
}
