#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

using Clock = std::chrono::steady_clock;

// Waits until the server counts one cancellation more than `before` and generates nothing; says how long it
// took. The aim is 50 ms; the bound here is eventually()'s, because a test machine may be busy.
void check_cancelled(simulator::Simulator& server, std::uint64_t before, Clock::time_point left,
                     int still_running = 0) {
  CHECK(eventually([&] {
    const auto now = server.stats();
    return now.cancelled > before && now.running == still_running;
  }));
  MESSAGE("cancelled after ", std::chrono::duration<double, std::milli>(Clock::now() - left).count(), " ms");
}

constexpr std::array models{coder, large};
constexpr std::array dialects{Dialect::openai_chat, Dialect::ollama_chat};

simulator::Simulator& server_of(House& home, const std::string& model) {
  return model == coder ? home.lmstudio() : home.ollama();
}

// Slow enough that nothing ends by itself during a test.
Plan slow_plan(int concurrent) {
  Plan plan;
  plan.time_scale = 1;
  plan.concurrent = concurrent;
  plan.more = "resources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  return plan;
}

const std::string endless = "go on [[words:5000]]";

}  // namespace

TEST_CASE("leaving: a client that closes in mid-stream stops its generation, in both ways of closing") {
  House home(slow_plan(4));
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      for (const bool hard : {false, true}) {
        CAPTURE(name(dialect));
        CAPTURE(model);
        CAPTURE(hard);
        auto& server = server_of(home, model);
        const auto before = server.stats().cancelled;
        Client client(home.port());
        client.request("POST", path(dialect), question(dialect, model, endless, true));
        REQUIRE(client.until("Simulated").find("Simulated") != std::string_view::npos);
        CHECK(server.stats().running == 1);
        const auto left = Clock::now();
        if (hard) {
          client.reset();
        } else {
          client.close();
        }
        check_cancelled(server, before, left);
      }
    }
  }
}

TEST_CASE("leaving: a client that closes while its whole answer is made stops the generation") {
  House home(slow_plan(4));
  for (const auto dialect : dialects) {
    for (const std::string model : models) {
      CAPTURE(name(dialect));
      CAPTURE(model);
      auto& server = server_of(home, model);
      const auto before = server.stats().cancelled;
      Client client(home.port());
      client.request("POST", path(dialect), question(dialect, model, endless, false));
      REQUIRE(eventually([&] { return server.stats().running == 1; }));
      const auto left = Clock::now();
      client.close();
      check_cancelled(server, before, left);
    }
  }
}

TEST_CASE("leaving: a client that closes during prefill stops it") {
  auto plan = slow_plan(4);
  plan.adjust = [](simulator::Settings& settings) {
    for (auto& model : settings.models) model.prefill_tokens_per_second = 0.01;
  };
  House home(plan);
  for (const std::string model : models) {
    for (const bool stream : {false, true}) {
      CAPTURE(model);
      CAPTURE(stream);
      auto& server = server_of(home, model);
      const auto before = server.stats().cancelled;
      Client client(home.port());
      client.request("POST", "/v1/chat/completions",
                     question(Dialect::openai_chat, model, "long read", stream));
      REQUIRE(eventually([&] { return server.stats().running == 1; }));
      const auto left = Clock::now();
      client.close();
      check_cancelled(server, before, left);
    }
  }
}

TEST_CASE("leaving: who leaves the queue never reaches the backend, and the next one gets the slot") {
  House home(slow_plan(1));
  for (const std::string model : models) {
    CAPTURE(model);
    auto& server = server_of(home, model);
    const auto requests = server.stats().requests;
    Client first(home.port());
    first.request("POST", "/v1/chat/completions", question(Dialect::openai_chat, model, endless, true));
    first.until("Simulated");
    {
      Client second(home.port());
      second.request("POST", "/v1/chat/completions",
                     question(Dialect::openai_chat, model, "never asked", true));
      Client third(home.port());
      third.request("POST", "/v1/chat/completions",
                    question(Dialect::openai_chat, model, "never asked", false));
      CHECK(eventually([&] {
        for (const auto& known : home.fleet()->models) {
          if (known.id == model && known.queued == 2) return true;
        }
        return false;
      }));
    }
    CHECK(eventually([&] {
      for (const auto& known : home.fleet()->models) {
        if (known.id == model && known.queued != 0) return false;
      }
      return true;
    }));
    Client fourth(home.port());
    fourth.request("POST", "/v1/chat/completions",
                   question(Dialect::openai_chat, model, "short [[say:done]]", false));
    first.close();
    CHECK(read_whole(Dialect::openai_chat, fourth.reply()).text == "done");
    CHECK(server.stats().requests == requests + 2);
    CHECK(server.stats().most_running == 1);
  }
}

TEST_CASE("leaving: slots are free again after many clients left") {
  House home(slow_plan(2));
  for (int round = 0; round < 5; ++round) {
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back(home.port());
      clients.back().request("POST", "/v1/chat/completions",
                             question(Dialect::openai_chat, i % 2 ? coder : large, endless, i % 3 != 0));
    }
    REQUIRE(eventually([&] { return home.running() > 0; }));
  }
  CHECK(eventually([&] { return home.running() == 0; }));
  for (const std::string model : models) {
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, model, "[[say:ok]]", false));
    CHECK(read_whole(Dialect::openai_chat, reply).text == "ok");
  }
  CHECK(eventually([&] {
    for (const auto& known : home.fleet()->models) {
      if (known.running != 0 || known.queued != 0) return false;
    }
    return true;
  }));
}

TEST_CASE("leaving: a client that only shuts its sending side still gets its answer or a clean close") {
  House home;
  Client client(home.port());
  client.request("POST", "/v1/chat/completions", question(Dialect::openai_chat, coder, "half closed", false));
  client.shut_send();
  const auto reply = client.reply();
  if (reply.status == 200)
    CHECK(read_whole(Dialect::openai_chat, reply).text == simulator::answer_for("half closed", coder));
  CHECK(client.closed());
  CHECK(eventually([&] { return home.running() == 0; }));
}
