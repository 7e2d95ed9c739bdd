#include "cli/answer_stream.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::cli;

namespace {

const std::string stream =
    ": keep-alive\n"
    "data: "
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"reasoning_content\":"
    "\"hm\"}}]}\n\n"
    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Gr\u00fc\u00df \"}}]}\n\n"
    "data: "
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Gott\"},\"finish_reason\":\"stop\"}]"
    "}\n\n"
    "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\n"
    "data: [DONE]\n\n";

}  // namespace

TEST_CASE("answer stream: gathers text, reasoning, finish and usage however the bytes are cut") {
  for (std::size_t cut = 1; cut < 60; ++cut) {
    AnswerStream answer;
    std::string pieces, thoughts;
    answer.text = [&](std::string_view piece) { pieces += piece; };
    answer.reasoning = [&](std::string_view piece) { thoughts += piece; };
    for (std::size_t at = 0; at < stream.size(); at += cut) answer.feed(stream.substr(at, cut));
    CHECK(answer.answer == "Gr\u00fc\u00df Gott");
    CHECK(pieces == answer.answer);
    CHECK(thoughts == "hm");
    CHECK(answer.model == "m");
    CHECK(answer.finish == "stop");
    CHECK(answer.usage.find("prompt_tokens") != std::string::npos);
    CHECK(!answer.error);
  }
}

TEST_CASE("answer stream: an error in the stream is kept as such") {
  AnswerStream answer;
  answer.feed("data: {\"error\":{\"message\":\"it broke\"}}\n\n");
  REQUIRE(answer.error);
  CHECK(answer.error->find("it broke") != std::string::npos);
}
