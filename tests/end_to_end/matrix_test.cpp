#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

constexpr std::array dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                              Dialect::ollama_generate};
constexpr std::array models{coder, large, llamacpp_model, vllm_model};

House& home() {
  static House one(all_kinds());
  return one;
}

void check_sound(const Answer& answer) {
  for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
  CHECK_MESSAGE(!answer.error, answer.error.value_or(""));
}

}  // namespace

TEST_CASE("matrix: every client dialect gets every backend's answer whole and right, streamed or not") {
  int asked = 0;
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      for (const bool stream : {false, true}) {
        CAPTURE(name(dialect));
        CAPTURE(model);
        CAPTURE(stream);
        const std::string prompt =
            "What is \"a \\ b\" in Grüße 你好 🙂, number " + std::to_string(++asked) + "?";
        const auto reply =
            ask(home().port(), "POST", path(dialect), question(dialect, model, prompt, stream));
        REQUIRE_MESSAGE(reply.status == 200, reply.head, reply.body);
        const auto answer = read_answer(dialect, stream, reply);
        check_sound(answer);
        CHECK(answer.text == simulator::answer_for(prompt, model));
        CHECK(answer.finish == "stop");
        CHECK(answer.ends == 1);
        if (dialect != Dialect::openai_completions) CHECK(answer.roles == 1);
        CHECK(answer.model.find(model) != std::string::npos);
        if (stream) CHECK(answer.events > 10);
        const bool asked_for_usage = !stream || is_ollama(dialect);
        CHECK(answer.usages == (asked_for_usage ? 1 : 0));
        if (asked_for_usage) {
          CHECK(answer.prompt_tokens > 0);
          CHECK(answer.completion_tokens > 0);
        }
        if (is_ollama(dialect)) CHECK(answer.total_duration > 0);
      }
    }
  }
}

TEST_CASE("matrix: usage comes as one last chunk, and only to the client that asked") {
  for (const auto dialect : {Dialect::openai_chat, Dialect::openai_completions}) {
    for (const std::string model : models) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      const auto with =
          ask(home().port(), "POST", path(dialect),
              question(dialect, model, "count me", true, R"(,"stream_options":{"include_usage":true})"));
      const auto answer = read_stream(dialect, with);
      check_sound(answer);
      CHECK(answer.bare_usages == 1);
      CHECK(answer.prompt_tokens > 0);
      CHECK(answer.completion_tokens > 10);
      const auto without =
          ask(home().port(), "POST", path(dialect),
              question(dialect, model, "count me", true, R"(,"stream_options":{"include_usage":false})"));
      CHECK(read_stream(dialect, without).usages == 0);
      CHECK(without.body.find("\"choices\":[]") == std::string::npos);
    }
  }
}

TEST_CASE("matrix: every reply says where it came from") {
  for (const auto dialect : dialects) {
    for (const bool stream : {false, true}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto reply = ask(home().port(), "POST", path(dialect), question(dialect, large, "where", stream),
                             {{"x-request-id", "my-own-id-7"}});
      CHECK(reply.header("x-codecrucible-provider") == "ollama");
      CHECK(reply.header("x-codecrucible-model") == large);
      CHECK(reply.header("x-codecrucible-attempts") == "1");
      CHECK(reply.header("x-codecrucible-escalated") == "false");
      CHECK(reply.header("x-codecrucible-cache") == "bypass");  // not deterministic
      CHECK(reply.header("x-request-id") == "my-own-id-7");
      if (stream) CHECK(reply.header("cache-control").find("no-cache") != std::string::npos);
      if (stream) CHECK(reply.header("x-accel-buffering") == "no");
      CHECK(!reply.headers.contains("content-encoding"));
    }
  }
}

TEST_CASE("matrix: the head tells the gateway's own share of the time, without the backend's") {
  House slow;
  const auto own = [](const Reply& reply) {
    const auto text = reply.header("x-codecrucible-overhead-ms");
    const auto point = text.find('.');
    REQUIRE_MESSAGE(point != std::string::npos, reply.head);
    CHECK(text.size() - point == 4);  // microseconds
    return std::stod(text);
  };
  for (const auto dialect : dialects) {
    for (const bool stream : {false, true}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto began = std::chrono::steady_clock::now();
      const auto reply = ask(slow.port(), "POST", path(dialect),
                             question(dialect, coder, "wait [[fault:slow-first:300]]", stream));
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
      REQUIRE(reply.status == 200);
      CHECK(own(reply) > 0);
      // True on any machine, however busy: the backend's 300 ms passed and are not the gateway's.
      CHECK(own(reply) <= took.count() - 300);
    }
  }
  const nlohmann::json twice = {
      {"model", coder}, {"temperature", 0}, {"messages", {{{"role", "user"}, {"content", "again"}}}}};
  for (const char* const word : {"miss", "hit"}) {
    const auto reply = ask(slow.port(), "POST", "/v1/chat/completions", twice.dump());
    CHECK(reply.header("x-codecrucible-cache") == word);
    CHECK(own(reply) > 0);
  }
  const nlohmann::json vectors = {{"model", lm_vectors}, {"input", "a text"}};
  CHECK(own(ask(slow.port(), "POST", "/v1/embeddings", vectors.dump())) > 0);
  const auto refused = ask(slow.port(), "POST", path(Dialect::openai_chat),
                           question(Dialect::openai_chat, "nobody", "x", false));
  CHECK(!refused.headers.contains("x-codecrucible-overhead-ms"));
}

TEST_CASE("matrix: a simulated backend says so in the provider header and in the list of models") {
  Plan plan;
  plan.simulated = true;
  House pretend(plan);
  const auto reply = ask(pretend.port(), "POST", "/v1/chat/completions",
                         question(Dialect::openai_chat, coder, "hello", false));
  CHECK(reply.header("x-codecrucible-provider").find("simulat") != std::string::npos);
  CHECK(ask(pretend.port(), "GET", "/v1/models").body.find("simulat") != std::string::npos);
  const auto real = ask(home().port(), "POST", "/v1/chat/completions",
                        question(Dialect::openai_chat, coder, "hello", false));
  CHECK(real.header("x-codecrucible-provider") == "lmstudio");
}

TEST_CASE("matrix: an event leaves the gateway when it arrives, not at the end") {
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      Client client(home().port());
      client.request("POST", path(dialect), question(dialect, model, "slowly [[words:400]]", true));
      const std::string sofar(client.until("Simulated"));
      // 400 words take at least a tenth of a second, so the first bytes cannot hold them all.
      CHECK(sofar.find("End of") == std::string::npos);
      const auto answer = read_stream(dialect, client.reply());
      CHECK(answer.text == simulator::answer_for("slowly [[words:400]]", model));
    }
  }
}

TEST_CASE("matrix: model lists of both dialects name every model, and one by its id") {
  const auto list = ask(home().port(), "GET", "/v1/models");
  REQUIRE(list.status == 200);
  for (const std::string model : models) {
    CHECK(list.body.find("\"" + model + "\"") != std::string::npos);
    const auto one = ask(home().port(), "GET", "/v1/models/" + model);
    CHECK(one.status == 200);
    CHECK(one.body.find("\"" + model + "\"") != std::string::npos);
  }
  CHECK(ask(home().port(), "GET", "/v1/models/org%2Fvllm-model").status == 200);
  CHECK(ask(home().port(), "GET", "/v1/models/nobody").status == 404);
  CHECK(list.body.find("\"auto\"") != std::string::npos);
  const auto tags = ask(home().port(), "GET", "/api/tags");
  CHECK(tags.body.find("large:34b") != std::string::npos);
  CHECK(tags.body.find("small-coder:latest") != std::string::npos);
  CHECK(ask(home().port(), "GET", "/api/version").body.find("\"version\":\"0.") != std::string::npos);
  const auto shown = ask(home().port(), "POST", "/api/show", R"({"model":"large:34b"})");
  CHECK(shown.status == 200);
  CHECK(shown.body.find("\"capabilities\":[") != std::string::npos);
  CHECK(ask(home().port(), "GET", "/").body == "Ollama is running");
  CHECK(ask(home().port(), "HEAD", "/").status == 200);
}

TEST_CASE("matrix: names are found without tag, in other case, and with the provider before them") {
  for (const std::string wanted : {"Large:34B", "ollama/large:34b", "SMALL-CODER", "small-coder:latest"}) {
    CAPTURE(wanted);
    const auto reply = ask(home().port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, wanted, "who", false));
    CHECK_MESSAGE(reply.status == 200, reply.body);
  }
}
