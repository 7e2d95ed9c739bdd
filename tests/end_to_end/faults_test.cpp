#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace codecrucible;
using namespace codecrucible::house;
using simulator::Fault;
using Kind = Fault::Kind;

namespace {

// Breakers that never open here, so that one fault does not hide the next; short limits, so that silence is
// noticed.
Plan patient_plan(int attempts = 4) {
  Plan plan;
  plan.llamacpp = true;
  plan.more =
      "fallback:\n  attempts: " + std::to_string(attempts) +
      "\n  retryBudget: 1\n  retryBurst: 10000\n  loadingWait: 20ms\n"
      "  timeouts:\n    connect: 500ms\n    firstToken: 250ms\n    firstTokenWhileLoading: 1s\n    idle: "
      "400ms\n"
      "  breaker:\n    failures: 10000\n  hostBreaker:\n    failures: 10000\n"
      "queue:\n  recoveryWait: 0ms\nresources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  return plan;
}

constexpr std::array dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                              Dialect::ollama_generate};
// One of each way of encoding: same dialect for OpenAI clients, translated for Ollama's, and the other way
// round.
constexpr std::array models{coder, large};

simulator::Simulator& server_of(House& home, const std::string& model) {
  return model == coder ? home.lmstudio() : home.ollama();
}

// Faults that come before any content of a stream, on the wire.
const std::vector<Fault> early{{Kind::reset, 0},   {Kind::error500, 0}, {Kind::overloaded, 0},
                               {Kind::loading, 0}, {Kind::garbage, 0},  {Kind::hang, 0},
                               {Kind::cut, 0},     {Kind::stall, 0},    {Kind::error_in_stream, 0},
                               {Kind::empty, 0},   {Kind::gzip, 0}};
const std::vector<Fault> late{{Kind::cut, 5}, {Kind::stall, 5}, {Kind::error_in_stream, 5}};

// What costs a wait is tried with two of the four dialects.
bool costs_a_wait(const Fault& fault) {
  return fault.kind == Kind::hang || fault.kind == Kind::stall || fault.kind == Kind::overloaded;
}

bool is_chat(Dialect dialect) {
  return dialect == Dialect::openai_chat || dialect == Dialect::ollama_chat;
}

void check_one_answer(const Answer& answer, const std::string& text) {
  for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
  CHECK_MESSAGE(!answer.error, answer.error.value_or(""));
  CHECK(answer.text == text);
  CHECK(answer.ends == 1);
  CHECK(answer.finish == "stop");
}

}  // namespace

TEST_CASE("faults: before content the next candidate answers and the client sees nothing of it") {
  House home(patient_plan());
  int number = 0;
  for (const auto dialect : dialects) {
    for (const bool stream : {false, true}) {
      for (const auto& fault : early) {
        if (!stream && (fault.kind == Kind::empty || fault.kind == Kind::gzip))
          continue;  // faults of streams only
        if (costs_a_wait(fault) && !is_chat(dialect)) continue;
        CAPTURE(name(dialect));
        CAPTURE(stream);
        CAPTURE(simulator::name(fault.kind));
        const std::string prompt = "refuse me " + std::to_string(++number);
        // Whoever is asked first meets the fault; which one that is does not matter.
        for (auto* const server : home.all()) server->inject(fault, 1);
        const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, "auto", prompt, stream));
        REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
        const auto answer = read_answer(dialect, stream, reply);
        const auto by = reply.header("x-codecrucible-model");
        check_one_answer(answer, simulator::answer_for(prompt, by));
        for (auto* const server : home.all()) server->forgive();
      }
    }
  }
  CHECK(eventually([&] { return home.running() == 0; }));
}

TEST_CASE("faults: where nobody else has the model, the client gets an error in its own dialect") {
  House home(patient_plan(2));
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      for (const bool stream : {false, true}) {
        for (const auto& fault : early) {
          if (!stream && (fault.kind == Kind::empty || fault.kind == Kind::gzip)) continue;
          if (costs_a_wait(fault) && !is_chat(dialect)) continue;
          CAPTURE(name(dialect));
          CAPTURE(model);
          CAPTURE(stream);
          CAPTURE(simulator::name(fault.kind));
          auto& server = server_of(home, model);
          server.inject(fault, 20);
          const auto reply =
              ask(home.port(), "POST", path(dialect), question(dialect, model, "fail", stream));
          server.forgive();
          REQUIRE(reply.complete);
          CHECK_MESSAGE(reply.status >= 500, reply.head, "\n", reply.body);
          CHECK_MESSAGE(!error_of(dialect, reply).empty(), reply.body);
        }
      }
    }
  }
  CHECK(eventually([&] { return home.running() == 0; }));
}

TEST_CASE("faults: a backend that refuses our key is the operator's matter, and its words stay here") {
  House home(patient_plan(2));
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      auto& server = server_of(home, model);
      server.inject({Kind::unauthorized}, 20);
      const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, "fail", false));
      server.forgive();
      CHECK(reply.status == 502);
      const auto told = error_of(dialect, reply);
      CHECK_MESSAGE(told.find("apiKey") != std::string::npos, told);
      CHECK_MESSAGE(told.find("sk-simulated") == std::string::npos, told);
    }
  }
}

TEST_CASE("faults: after content the stream ends with an error event and never with a made-up stop") {
  House home(patient_plan());
  int told = 0, mended = 0;
  for (const auto dialect : dialects) {
    for (const std::string model : {coder, large, llamacpp_model}) {
      for (const auto& fault : late) {
        CAPTURE(name(dialect));
        CAPTURE(model);
        CAPTURE(simulator::name(fault.kind));
        auto& server = model == llamacpp_model ? home.llamacpp() : server_of(home, model);
        server.inject(fault, 1);
        const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, "break", true));
        REQUIRE(reply.status == 200);
        const auto answer = read_stream(dialect, reply);
        for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
        const auto whole = simulator::answer_for("break", model);
        if (!answer.error) {
          // The fault came in the same read as the first pieces, before the client had seen any: tried again,
          // unseen.
          CHECK(answer.text == whole);
          CHECK(answer.ends == 1);
          ++mended;
          continue;
        }
        ++told;
        CHECK(!answer.text.empty());
        CHECK(answer.text.size() < whole.size());
        CHECK(whole.starts_with(answer.text));
        CHECK(answer.finish.empty());
        CHECK(answer.ends == 0);
      }
    }
  }
  CHECK(told > mended);
  CHECK(eventually([&] { return home.running() == 0; }));
}

TEST_CASE("faults: whole replies that are cut, stalled, half JSON or an error with 200 are errors") {
  House home(patient_plan(2));
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      for (const auto kind : {Kind::cut, Kind::stall, Kind::malformed, Kind::error_in_stream}) {
        CAPTURE(name(dialect));
        CAPTURE(model);
        CAPTURE(simulator::name(kind));
        auto& server = server_of(home, model);
        server.inject({kind, 0}, 20);
        const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, "half", false));
        server.forgive();
        REQUIRE(reply.complete);
        CHECK_MESSAGE(reply.status >= 500, reply.head, "\n", reply.body);
        CHECK(!error_of(dialect, reply).empty());
      }
    }
  }
}

TEST_CASE("faults: a malformed event in the middle never reaches the client as if all were well") {
  House home(patient_plan());
  for (const auto dialect : dialects) {
    for (const std::string model : {coder, large, llamacpp_model}) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      auto& server = model == llamacpp_model ? home.llamacpp() : server_of(home, model);
      server.inject({Kind::malformed, 5}, 1);
      const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, "odd", true));
      REQUIRE(reply.status == 200);
      const auto answer = read_stream(dialect, reply);
      for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
      if (!answer.error) {
        // It was read before anything had gone out: another try answered unseen, and whole.
        CHECK(answer.text == simulator::answer_for("odd", model));
        continue;
      }
      CHECK(answer.finish.empty());
      CHECK(answer.ends == 0);
    }
  }
}

TEST_CASE("faults: an answer of another model than the one asked for is not passed on as its own") {
  House home(patient_plan());
  for (const bool stream : {false, true}) {
    CAPTURE(stream);
    home.lmstudio().inject({Kind::wrong_model, 0}, 20);
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, coder, "who", stream));
    home.lmstudio().forgive();
    CHECK(reply.status >= 500);
    CHECK(error_of(Dialect::openai_chat, reply).find("some-other-model") != std::string::npos);
  }
}

TEST_CASE("faults: a body that ends with the connection is a whole answer if its terminal mark came") {
  House home(patient_plan());
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      server_of(home, model).inject({Kind::close_delimited, 0}, 1);
      const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, "bare", true));
      REQUIRE(reply.status == 200);
      check_one_answer(read_stream(dialect, reply), simulator::answer_for("bare", model));
    }
  }
}

TEST_CASE("faults: a prompt that does not fit is the client's matter, in the words its tools look for") {
  House home(patient_plan());
  for (const std::string model : models) {
    CAPTURE(model);
    server_of(home, model).inject({Kind::context, 0}, 20);
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, model, "long", false));
    server_of(home, model).forgive();
    CHECK(reply.status == 400);
    CHECK(reply.body.find("context_length_exceeded") != std::string::npos);
  }
}

TEST_CASE("faults: an idle connection that the backend closed meanwhile costs the next request nothing") {
  House home(patient_plan());
  for (int i = 0; i < 5; ++i) {
    for (const std::string model : models) {
      const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                             question(Dialect::openai_chat, model, "again", false));
      CHECK(reply.status == 200);
    }
    for (auto* const server : home.all()) {
      server->down(true);  // closes what is open
      server->down(false);
    }
  }
}
