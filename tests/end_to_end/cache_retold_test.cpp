// What a cached answer says of its end: the same as the one that was generated.
#include "house/answer.hpp"
#include "messages_client.hpp"

#include <doctest/doctest.h>

using namespace messages_client;

namespace {

const std::string cut = R"([[say:one two STOP three]])";

// The value that stands behind the last `member` which is not null.
std::string value_of(const std::string& body, const std::string& member) {
  const auto open = "\"" + member + "\":\"";
  const auto at = body.rfind(open);
  if (at == std::string::npos) return {};
  const auto from = at + open.size();
  return body.substr(from, body.find('"', from) - from);
}

}  // namespace

TEST_CASE("cache: an answer from memory says which stop string ended it, in every dialect") {
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    const std::string run = stream ? "streamed " : "whole ";
    for (const auto dialect : {Dialect::openai_chat, Dialect::openai_completions}) {
      CAPTURE(name(dialect));
      const auto body =
          question(dialect, vllm_model, run + cut, stream, R"(,"temperature":0,"stop":["NEVER","STOP"])");
      for (const std::string word : {"miss", "hit"}) {
        CAPTURE(word);
        const auto reply = ask(home().port(), "POST", path(dialect), body);
        CHECK(reply.header("x-codecrucible-cache") == word);
        CHECK(value_of(reply.body, "finish_reason") == "stop");
        CHECK(value_of(reply.body, "stop_reason") == "STOP");
      }
    }
    for (const std::string word : {"miss", "hit"}) {
      CAPTURE(word);
      // Another limit than before, so that nothing is known yet.
      const auto reply = post(body_of(vllm_model, user(run + cut), stream,
                                      R"(,"temperature":0,"stop_sequences":["NEVER","STOP"])"));
      CHECK(reply.header("x-codecrucible-cache") == word);
      const auto answer = read(stream, reply);
      CHECK(answer.text() == "one two ");
      CHECK(answer.stop_reason == "stop_sequence");
      CHECK(answer.stop_sequence == "STOP");
    }
  }
}

TEST_CASE("cache: where no stop string was met or told none is made up") {
  for (const std::string model : {vllm_model, large}) {
    CAPTURE(model);
    const auto prompt = model == vllm_model ? "nothing to stop at" : "nothing is told " + cut;
    const auto body =
        question(Dialect::openai_chat, model, prompt, false, R"(,"temperature":0,"stop":["STOP"])");
    for (const std::string word : {"miss", "hit"}) {
      const auto reply = ask(home().port(), "POST", path(Dialect::openai_chat), body);
      CHECK(reply.header("x-codecrucible-cache") == word);
      CHECK(value_of(reply.body, "stop_reason").empty());
    }
  }
}
