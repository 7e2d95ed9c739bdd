#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

House& home() {
  static House one([] {
    Plan plan;
    plan.llamacpp = true;
    return plan;
  }());
  return one;
}

// The data lines of a stream, without those the gateway answers for itself.
std::string body_of_last(simulator::Simulator& server) {
  return server.bodies().back();
}

}  // namespace

TEST_CASE("lane: well-formed events of the same dialect pass as the bytes they were") {
  for (const std::string model : {coder, llamacpp_model}) {
    CAPTURE(model);
    auto& server = model == coder ? home().lmstudio() : home().llamacpp();
    // Usage is asked for, so that the backend's last chunk belongs to the client too.
    const std::string body = question(Dialect::openai_chat, model, "same bytes é 🙂", true,
                                      R"(,"stream_options":{"include_usage":true})");
    const auto through = ask(home().port(), "POST", "/v1/chat/completions", body);
    const auto direct = ask(server.port(), "POST", "/v1/chat/completions", body);
    REQUIRE(through.status == 200);
    REQUIRE(direct.status == 200);
    CHECK(through.body == direct.body);
    const std::string plain = question(Dialect::openai_chat, model, "same bytes é 🙂", false);
    const auto whole = ask(home().port(), "POST", "/v1/chat/completions", plain);
    CHECK(whole.body == ask(server.port(), "POST", "/v1/chat/completions", plain).body);
  }
}

TEST_CASE("lane: a request body goes on as it came, order, spaces and unknown fields kept") {
  const std::string body =
      R"({ "temperature" : 0.70, "zzz_unknown": {"b":1,"a":[1, 2]}, "model":"small-coder",)"
      "\n"
      R"(  "messages" : [ {"content":"keep \u00e9 me", "role":"user"} ], "seed":7 })";
  const auto reply = ask(home().port(), "POST", "/v1/chat/completions", body);
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
  CHECK(body_of_last(home().lmstudio()) == body);
}

TEST_CASE("lane: only the model's name and the wish for usage are spliced in") {
  const std::string before = R"({"stream":true,"messages":[{"role":"user","content":"x"}],"model":)";
  const auto reply =
      ask(home().port(), "POST", "/v1/chat/completions", before + R"("lmstudio/Small-Coder","seed" : 3})");
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
  const auto sent = body_of_last(home().lmstudio());
  CAPTURE(sent);
  CHECK(sent.ends_with(before.substr(1) + R"("small-coder","seed" : 3})"));
  CHECK(sent.find("include_usage") != std::string::npos);
}

TEST_CASE("lane: the client's credentials, host, origin and cookies stay in the gateway") {
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    auto& server = model == coder ? home().lmstudio() : home().ollama();
    const auto reply =
        ask(home().port(), "POST", "/v1/chat/completions", question(Dialect::openai_chat, model, "x", false),
            {{"Authorization", "Bearer client-secret"},
             {"Origin", "http://localhost:3000"},
             {"Referer", "http://localhost:3000/page"},
             {"Cookie", "session=client-cookie"},
             {"x-codecrucible-session", "abc"},
             {"Accept-Encoding", "gzip, br"}});
    REQUIRE(reply.status == 200);
    const auto heads = server.last_headers();
    CHECK(heads.find("client-secret") == std::string::npos);
    CHECK(heads.find("client-cookie") == std::string::npos);
    CHECK(heads.find("origin:") == std::string::npos);
    CHECK(heads.find("referer:") == std::string::npos);
    CHECK(heads.find("gateway.test") == std::string::npos);
    CHECK(heads.find("gzip") == std::string::npos);
    CHECK(heads.find("host: 127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
    CHECK(heads.find("authorization: Bearer house-key") != std::string::npos);
  }
}

TEST_CASE("lane: a developer message reaches servers that know only system") {
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    const std::string body =
        R"({"model":")" + model +
        R"(","messages":[{"role":"developer","content":"be brief"},{"role":"user","content":"hello"}]})";
    const auto reply = ask(home().port(), "POST", "/v1/chat/completions", body);
    CHECK_MESSAGE(reply.status == 200, reply.body);
    CHECK(read_whole(Dialect::openai_chat, reply).text == simulator::answer_for("hello", model));
  }
}
