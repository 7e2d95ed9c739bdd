#include "escalation_support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

using namespace escalation_support;
using nlohmann::json;

namespace {

House& home() {
  static House one(plan(generous));
  return one;
}

constexpr std::array dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                              Dialect::ollama_generate};
constexpr std::array chats{Dialect::openai_chat, Dialect::ollama_chat};

const std::string tools =
    R"(,"tools":[{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object",)"
    R"("properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}}}])";

}  // namespace

TEST_CASE("escalation: of an answer that is no good the client sees nothing, of the stronger one all") {
  for (const auto dialect : dialects) {
    for (const bool stream : {true, false}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto prompt = refused_by_small("Tell me about " + name(dialect));
      const auto reply = post(home(), dialect, question(dialect, "auto", prompt, stream));
      const auto answer = read(dialect, stream, reply);
      CHECK(answer.text == simulator::answer_for(prompt, large));
      CHECK(reply.body.find("sorry") == std::string::npos);
      CHECK(answer.ends == 1);
      if (!is_ollama(dialect)) CHECK(answer.roles <= 1);
      CHECK(reply.header("x-codecrucible-escalated") == "true");
      CHECK(reply.header("x-codecrucible-escalation-reason") == "refusal");
      CHECK(reply.header("x-codecrucible-model") == large);
      CHECK(reply.header("x-codecrucible-attempts") == "2");
    }
  }
  CHECK(eventually([] { return home().running() == 0; }));
}

TEST_CASE("escalation: a good answer is shown as it is, and told how sure it is") {
  for (const auto dialect : dialects) {
    for (const bool stream : {true, false}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto strong = home().ollama().stats().requests;
      const std::string prompt = "Tell me all about " + name(dialect);
      const auto reply = post(home(), dialect, question(dialect, "auto", prompt, stream));
      const auto answer = read(dialect, stream, reply);
      CHECK(answer.text == simulator::answer_for(prompt, coder));
      CHECK(reply.header("x-codecrucible-escalated") == "false");
      CHECK(reply.header("x-codecrucible-escalation-reason").empty());
      CHECK(std::stod(reply.header("x-codecrucible-confidence")) > 0.6);
      CHECK(home().ollama().stats().requests == strong);
    }
  }
}

TEST_CASE("escalation: usage counts both answers and says which used what") {
  const auto prompt = refused_by_small("Count the tokens");
  const auto parts_of = [](const json& parts, std::int64_t in, std::int64_t out) {
    CHECK(parts["fast"]["model"] == coder);
    CHECK(parts["strong"]["model"] == large);
    std::int64_t prompts = 0, completions = 0;
    for (const auto& part : parts) {
      CHECK(part["completion_tokens"].get<std::int64_t>() > 0);
      prompts += part["prompt_tokens"].get<std::int64_t>();
      completions += part["completion_tokens"].get<std::int64_t>();
    }
    CHECK(in == prompts);
    CHECK(out == completions);
  };
  auto reply = post(home(), Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, false));
  auto answer = read(Dialect::openai_chat, false, reply);
  parts_of(json::parse(reply.body)["usage"]["codecrucible"], answer.prompt_tokens, answer.completion_tokens);

  reply = post(
      home(), Dialect::openai_chat,
      question(Dialect::openai_chat, "auto", prompt, true, R"(,"stream_options":{"include_usage":true})"));
  answer = read(Dialect::openai_chat, true, reply);
  CHECK(answer.usages == 1);
  const auto at = reply.body.rfind("data: {");
  const auto last = json::parse(reply.body.substr(at + 6, reply.body.find("\n\n", at) - at - 6));
  parts_of(last["usage"]["codecrucible"], answer.prompt_tokens, answer.completion_tokens);

  reply = post(home(), Dialect::ollama_chat, question(Dialect::ollama_chat, "auto", prompt, true));
  answer = read(Dialect::ollama_chat, true, reply);
  const auto line = reply.body.rfind('\n', reply.body.size() - 2);
  parts_of(json::parse(reply.body.substr(line + 1))["codecrucible"], answer.prompt_tokens,
           answer.completion_tokens);
}

TEST_CASE("escalation: broken JSON where a schema was asked for is replaced") {
  const std::string schema =
      R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]})";
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    for (const std::string bad :
         {R"({"city": "Rome", "days": )", R"({"town": "Rome"})", "Rome it is, for 3 days."}) {
      CAPTURE(bad);
      const std::string prompt = "Where and how long? [[say@small-coder:" + bad + "]]";
      auto answer = read(
          Dialect::openai_chat, stream,
          post(home(), Dialect::openai_chat,
               question(Dialect::openai_chat, "auto", prompt, stream,
                        R"(,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":)" +
                            schema + "}}")));
      CHECK(json::parse(answer.text, nullptr, false).contains("city"));
      answer = read(Dialect::ollama_chat, stream,
                    post(home(), Dialect::ollama_chat,
                         question(Dialect::ollama_chat, "auto", prompt, stream, R"(,"format":)" + schema)));
      CHECK(json::parse(answer.text, nullptr, false).contains("city"));
    }
  }
}

TEST_CASE("escalation: a tool call that breaks its schema beyond repair is made by the stronger model") {
  for (const auto dialect : chats) {
    for (const bool stream : {true, false}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const std::string prompt =
          R"(weather in Rome [[arguments@small-coder:{"city":["Rome"],"days":"a few"}]])";
      const auto reply = post(home(), dialect, question(dialect, "auto", prompt, stream, tools));
      const auto answer = read(dialect, stream, reply);
      CHECK(reply.header("x-codecrucible-escalated") == "true");
      REQUIRE(answer.calls.size() == 1);
      const auto arguments = json::parse(answer.calls[0].arguments, nullptr, false);
      CHECK(arguments["city"].is_string());
      CHECK(arguments["days"].is_number_integer());
    }
  }
}

TEST_CASE("escalation: tool arguments that can be repaired without guessing are, and it is said") {
  for (const auto dialect : chats) {
    for (const bool stream : {true, false}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto strong = home().ollama().stats().requests;
      const std::string prompt = R"(weather in Rome [[arguments@small-coder:{"city":"Rome","days":"3",}]])";
      const auto reply = post(home(), dialect, question(dialect, "auto", prompt, stream, tools));
      const auto answer = read(dialect, stream, reply);
      CHECK(reply.header("x-codecrucible-repaired-calls") == "1");
      CHECK(reply.header("x-codecrucible-escalated") == "false");
      REQUIRE(answer.calls.size() == 1);
      CHECK(json::parse(answer.calls[0].arguments, nullptr, false) == json{{"city", "Rome"}, {"days", 3}});
      CHECK(answer.ends == 1);
      CHECK(home().ollama().stats().requests == strong);
    }
  }
}

TEST_CASE(
    "escalation: a named model's tool arguments are repaired too, and it is not left for a broken call") {
  for (const auto dialect : chats) {
    for (const bool stream : {true, false}) {
      CAPTURE(name(dialect));
      CAPTURE(stream);
      const auto strong = home().ollama().stats().requests;
      const auto called = [&](const std::string& arguments, const char* repaired) {
        const auto reply =
            post(home(), dialect,
                 question(dialect, coder, "weather in Rome [[arguments@small-coder:" + arguments + "]]",
                          stream, tools));
        const auto answer = read(dialect, stream, reply);
        CHECK(reply.header("x-codecrucible-repaired-calls") == repaired);
        REQUIRE(answer.calls.size() == 1);
        CHECK(answer.ends == 1);
        return json::parse(answer.calls[0].arguments, nullptr, false);
      };
      CHECK(called(R"({"city":"Rome","days":"3",})", "1") == json{{"city", "Rome"}, {"days", 3}});
      const std::string beyond = R"({"city":["Rome"],"days":"a few"})";
      CHECK(called(beyond, "") == json::parse(beyond));
      CHECK(home().ollama().stats().requests == strong);
    }
  }
}

TEST_CASE("escalation: if the stronger model fails the doubted answer is given after all") {
  const std::string text =
      refusal + " It goes on for a while, so that the stream is not over when it is judged.";
  const std::string prompt = "Do it [[say@small-coder:" + text + "]]";
  for (const auto dialect : dialects) {
    for (const bool stream : {true, false}) {
      for (const auto kind : {simulator::Fault::Kind::reset, simulator::Fault::Kind::overloaded}) {
        CAPTURE(name(dialect));
        CAPTURE(stream);
        House house(plan(generous));
        house.ollama().inject({kind, 0}, 100, large);
        const auto reply = post(house, dialect, question(dialect, "auto", prompt, stream));
        const auto answer = read(dialect, stream, reply);
        CHECK(answer.text == text);
        CHECK(answer.ends == 1);
        CHECK(reply.header("x-codecrucible-escalated") == "false");
        CHECK(reply.header("x-codecrucible-escalation") == "kept");
        CHECK(reply.header("x-codecrucible-model") == coder);
        CHECK(reply.body.find("\"codecrucible\"") == std::string::npos);
        CHECK(eventually([&] { return house.lmstudio().stats().requests == 1; }));
        CHECK(eventually([&] { return house.ollama().stats().requests == 1; }));
        if (dialect != Dialect::openai_chat) break;
      }
    }
  }
}

TEST_CASE("escalation: with the stronger host gone the first answer is given") {
  House house(plan(generous));
  const auto prompt = refused_by_small("Do it");
  house.ollama().down(true);
  for (const bool stream : {true, false}) {
    const auto answer =
        read(Dialect::openai_chat, stream,
             post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, stream)));
    CHECK(answer.text == refusal);
  }
}

TEST_CASE("escalation: `never` is obeyed, and a model named by the client is left only for `always`") {
  const auto prompt = refused_by_small("Whom do you ask?");
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    const auto asked = [&](const std::string& model, const Headers& headers) {
      return read(Dialect::openai_chat, stream,
                  post(home(), Dialect::openai_chat, question(Dialect::openai_chat, model, prompt, stream),
                       headers))
          .text;
    };
    const auto strong = home().ollama().stats().requests;
    CHECK(asked("auto", {{"x-codecrucible-escalate", "never"}}) == refusal);
    CHECK(asked(coder, {}) == refusal);
    CHECK(asked(coder, {{"x-codecrucible-escalate", "auto"}}) == refusal);
    CHECK(home().ollama().stats().requests == strong);
    CHECK(asked(coder, {{"x-codecrucible-escalate", "always"}}) == simulator::answer_for(prompt, large));
  }
}

TEST_CASE("escalation: without budget the first answer is given, unless the client insists") {
  House house(plan("    share: 0\n    burst: 0\n"));
  const auto prompt = refused_by_small("Is there any left?");
  const auto asked = [&](const Headers& headers) {
    return read(Dialect::openai_chat, true,
                post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, true),
                     headers))
        .text;
  };
  CHECK(asked({}) == refusal);
  CHECK(house.ollama().stats().requests == 0);
  CHECK(asked({{"x-codecrucible-escalate", "always"}}) == simulator::answer_for(prompt, large));
}

TEST_CASE("escalation: a safe pick is not held, its first word goes out before there is a second") {
  House house(plan(generous + "    holdTokens: 4096\n    holdTime: 60s\n"));
  auto safe = config(generous + "    holdTokens: 4096\n    holdTime: 60s\n");
  safe.replace(safe.find("safeAbove: 1"), 12, "safeAbove: 0");
  REQUIRE(house.apply(safe).has_value());
  for (const auto dialect : dialects) {
    CAPTURE(name(dialect));
    Client client(house.port());
    client.request("POST", path(dialect), question(dialect, "auto", "Slowly [[fault:stall:1]]", true));
    CHECK(client.until("Simulated").find("Simulated") != std::string_view::npos);
    client.close();
  }
  CHECK(eventually([&] { return house.running() == 0; }));
}

TEST_CASE("escalation: time alone ends the hold, though nothing more comes") {
  House house(plan(generous + "    holdTokens: 4096\n    holdTime: 50ms\n"));
  for (const auto dialect : dialects) {
    CAPTURE(name(dialect));
    Client client(house.port());
    client.request("POST", path(dialect), question(dialect, "auto", "Slowly [[fault:stall:2]]", true));
    CHECK(client.until("Simulated").find("Simulated") != std::string_view::npos);
    client.close();
  }
  CHECK(eventually([&] { return house.running() == 0; }));
}

TEST_CASE("escalation: a client that leaves while its answer is held cancels all of it") {
  House house(plan(generous + "    holdTokens: 4096\n    holdTime: 60s\n"));
  {
    Client client(house.port());
    client.request("POST", path(Dialect::openai_chat),
                   question(Dialect::openai_chat, "auto", "Slowly [[fault:stall:3]]", true));
    CHECK(eventually([&] { return house.lmstudio().stats().running == 1; }));
    client.close();
    CHECK(eventually([&] { return house.running() == 0; }));
  }
  // While the doubted answer waits here, and the stronger one is silent.
  house.ollama().inject({simulator::Fault::Kind::hang, 0}, 1, large);
  Client client(house.port());
  client.request("POST", path(Dialect::openai_chat),
                 question(Dialect::openai_chat, "auto", refused_by_small("Do it"), true));
  CHECK(eventually([&] { return !house.ollama().bodies().empty(); }));
  const auto cancelled = house.ollama().stats().cancelled;
  client.close();
  CHECK(eventually([&] { return house.ollama().stats().cancelled == cancelled + 1; }));
  CHECK(eventually([&] { return house.running() == 0; }));
}

TEST_CASE("escalation: a backend that dies while its answer is held is replaced unseen") {
  for (const auto dialect : dialects) {
    CAPTURE(name(dialect));
    home().lmstudio().inject({simulator::Fault::Kind::cut, 3}, 1, coder);
    const std::string prompt = "Say something long about " + name(dialect);
    const auto answer = read(dialect, true, post(home(), dialect, question(dialect, "auto", prompt, true)));
    CHECK(answer.text.starts_with("Simulated answer"));
    CHECK(answer.text.find("End of") != std::string::npos);
    CHECK(answer.ends == 1);
  }
}

TEST_CASE("escalation: the conversation stays with the stronger model") {
  const Headers session{{"x-codecrucible-session", "one-conversation"}};
  const auto prompt = refused_by_small("Begin");
  auto reply =
      post(home(), Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, true), session);
  CHECK(reply.header("x-codecrucible-model") == large);
  const std::string more =
      R"({"model":"auto","messages":[{"role":"user","content":"Begin"},{"role":"assistant","content":"Yes."},)"
      R"({"role":"user","content":"Go on"}]})";
  reply = post(home(), Dialect::openai_chat, more, session);
  CHECK(reply.header("x-codecrucible-model") == large);
  CHECK(reply.header("x-codecrucible-escalated") == "false");
}

TEST_CASE("escalation: log-probabilities judge an answer and are not shown to who did not ask") {
  const Headers cpp{{"x-pick", "cpp"}};
  for (const auto dialect : chats) {
    CAPTURE(name(dialect));
    const std::string unsure = "Tell me about it [[logprob@cpp-model:-4]]";
    auto reply = post(home(), dialect, question(dialect, "auto", unsure, true), cpp);
    auto answer = read(dialect, true, reply);
    CHECK(answer.text == simulator::answer_for(unsure, large));
    CHECK(reply.header("x-codecrucible-escalation-reason") == "unlikely tokens");
    const std::string sure = "Tell me about it [[logprob@cpp-model:-0.1]]";
    reply = post(home(), dialect, question(dialect, "auto", sure, true), cpp);
    answer = read(dialect, true, reply);
    CHECK(answer.text == simulator::answer_for(sure, llamacpp_model));
    CHECK(answer.logprobs == 0);
  }
}

TEST_CASE("escalation: answers of two small models that differ are doubted, the same ones are not") {
  House house(plan(generous + "    secondSampleBelow: 1\n    secondSampleShare: 1\n"));
  const std::string question_text = "Tom has 3 apples and buys 4 more. How many apples does Tom have? ";
  const auto asked = [&](const std::string& second) {
    const std::string prompt = question_text + "[[say@small-coder:3 + 4 = 7. The answer is 7.]]";
    std::string all = prompt;
    for (const std::string model : {lm_thinker, lm_vision, llamacpp_model}) {
      all += " [[say@" + model + ":" + second + "]]";
    }
    const auto reply = post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", all, false));
    read(Dialect::openai_chat, false, reply);
    return reply;
  };
  auto reply = asked("3 + 4 = 7. The answer is 7.");
  CHECK(reply.header("x-codecrucible-escalated") == "false");
  reply = asked("The answer is 12.");
  CHECK(reply.header("x-codecrucible-escalated") == "true");
  CHECK(reply.header("x-codecrucible-escalation-reason") == "second answer differs");
  CHECK(eventually([&] { return house.running() == 0; }));
}

TEST_CASE("escalation: on one host the first answer makes room, and is asked for again if need be") {
  Plan wanted;
  wanted.more = config(generous);
  const auto at = wanted.more.find("  rules:");
  wanted.more = wanted.more.substr(0, at) +
                "  rules:\n    - name: near\n      target: \"ollama/deep-thinker:14b\"\n" +
                "models:\n  overrides:\n    \"large*\": {quality: 0.99}\n    \"deep*\": {quality: 0.5}\n" +
                "    \"small*\": {quality: 0.4}\n";
  wanted.concurrent = 1;
  House house(std::move(wanted));
  const std::string text = refusal + " It goes on for a while, so that it is not over when it is judged.";
  const std::string prompt = "Do it [[say@deep-thinker:14b:" + text + "]]";
  for (const bool stream : {true, false}) {
    CAPTURE(stream);
    auto reply = post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, stream));
    CHECK(read(Dialect::openai_chat, stream, reply).text == simulator::answer_for(prompt, large));
    house.ollama().inject({simulator::Fault::Kind::overloaded, 0}, 1, large);
    reply = post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", prompt, stream));
    CHECK(read(Dialect::openai_chat, stream, reply).text == text);
    CHECK(reply.header("x-codecrucible-escalation") == "kept");
  }
  CHECK(eventually([&] { return house.running() == 0; }));
}

TEST_CASE("escalation: what came of it is counted; who was rescued counts as served") {
  House house(plan(generous));
  post(house, Dialect::openai_chat,
       question(Dialect::openai_chat, "auto", refused_by_small("Count me"), true));
  house.lmstudio().inject({simulator::Fault::Kind::reset, 0}, 1, coder);
  post(house, Dialect::openai_chat, question(Dialect::openai_chat, "auto", "Rescue me", true));
  const auto page = ask(house.port(), "GET", "/metrics").body;
  CHECK(page.find("codecrucible_escalations_total{result=\"escalated\"} 1") != std::string::npos);
  CHECK(page.find("codecrucible_doubted_answers_total{reason=\"refusal\"} 1") != std::string::npos);
  CHECK(page.find("codecrucible_answer_confidence_count") != std::string::npos);
  CHECK(page.find("codecrucible_requests_total{surface=\"openai-chat\",outcome=\"ok\"} 2") !=
        std::string::npos);
}
