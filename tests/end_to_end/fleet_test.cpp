#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>

using namespace codecrucible;
using namespace codecrucible::house;
using nlohmann::json;

namespace {

// One slot, and nothing ends by itself during a test.
Plan narrow_plan(const std::string& more = {}) {
  Plan plan;
  plan.time_scale = 1;
  plan.concurrent = 1;
  plan.more = "resources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n" + more;
  return plan;
}

const std::string endless = "go on [[words:5000]]";

// Holds the one slot of a model until it is closed.
Client holder(House& home, const std::string& model) {
  Client client(home.port());
  client.request("POST", "/v1/chat/completions", question(Dialect::openai_chat, model, endless, true));
  REQUIRE(client.until("Simulated").find("Simulated") != std::string_view::npos);
  return client;
}

int queued(House& home) {
  int sum = 0;
  for (const auto& host : home.fleet()->hosts) sum += host.queued;
  return sum;
}

Reply command(House& home, const std::string& verb, const std::string& provider) {
  return ask(home.port(), "POST", "/admin/fleet/" + verb, "{\"provider\":\"" + provider + "\"}");
}

Reply ask_for(House& home, const std::string& model, const std::string& prompt = "hello") {
  return ask(home.port(), "POST", "/v1/chat/completions",
             question(Dialect::openai_chat, model, prompt, false));
}

}  // namespace

TEST_CASE("queue: one that waits hears its place in the keep-alives") {
  House home(narrow_plan());
  auto first = holder(home, coder);
  Client waiting(home.port());
  waiting.request("POST", "/v1/chat/completions",
                  question(Dialect::openai_chat, coder, "short [[words:10]]", true));
  CHECK(waiting.until(": waiting, 0 before you\n").find(": waiting, 0 before you\n") !=
        std::string_view::npos);
  first.close();
  const auto answer = read_stream(Dialect::openai_chat, waiting.reply());
  CHECK(answer.broken.empty());
  CHECK(answer.text == simulator::answer_for("short [[words:10]]", coder));
}

TEST_CASE("queue: a full one refuses at once, with the time to come back, in both dialects") {
  House home(narrow_plan("queue:\n  length: 1\n"));
  auto first = holder(home, coder);
  Client second(home.port());
  second.request("POST", "/v1/chat/completions", question(Dialect::openai_chat, coder, "second", false));
  REQUIRE(eventually([&] { return queued(home) == 1; }));
  for (const auto dialect : {Dialect::openai_chat, Dialect::ollama_chat}) {
    const auto refused = ask(home.port(), "POST", path(dialect), question(dialect, coder, "third", true));
    CHECK(refused.status == 429);
    CHECK(!error_of(dialect, refused).empty());
    CHECK(!refused.header("retry-after").empty());
  }
  const auto metrics = ask(home.port(), "GET", "/metrics").body;
  CHECK(metrics.find("codecrucible_queue_events_total{event=\"refused\"} 2") != std::string::npos);
  CHECK(metrics.find("codecrucible_queue_events_total{event=\"entered\"} 1") != std::string::npos);
  first.close();
  CHECK(second.reply().status == 200);
}

TEST_CASE("queue: a wait over its deadline ends with the time to come back") {
  House home(narrow_plan("queue:\n  deadline: 100ms\n"));
  auto first = holder(home, coder);
  const auto late = ask_for(home, coder);
  CHECK(late.status == 429);
  CHECK(!late.header("retry-after").empty());
}

TEST_CASE("queue: what is marked as batch lets others go before it") {
  House home(narrow_plan());
  auto first = holder(home, coder);
  Client batch(home.port());
  batch.request("POST", "/v1/chat/completions", question(Dialect::openai_chat, coder, endless, true),
                {{"x-codecrucible-priority", "batch"}});
  REQUIRE(eventually([&] { return queued(home) == 1; }));
  Client other(home.port());
  other.request("POST", "/v1/chat/completions",
                question(Dialect::openai_chat, coder, "soon [[words:5]]", false));
  REQUIRE(eventually([&] { return queued(home) == 2; }));
  first.close();
  // Would the endless batch request have the slot, this one had to wait for ever.
  CHECK(other.reply().status == 200);
  CHECK(batch.until("Simulated").find("Simulated") != std::string_view::npos);
}

TEST_CASE("fleet commands: a drained host finishes what runs and gets nothing new until it is resumed") {
  Plan plan;
  plan.twin = true;
  plan.time_scale = 0.2;
  House home(plan);
  const auto finished = [&](simulator::Simulator& server) { return server.stats().finished; };
  std::vector<Client> running;
  for (int i = 0; i < 4; ++i) {
    running.emplace_back(home.port());
    running.back().request("POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, coder, "run on [[words:60]]", true));
    running.back().until("Simulated");
  }
  const auto drained = command(home, "drain", "twin");
  CHECK(drained.status == 200);
  for (auto& client : running) CHECK(read_stream(Dialect::openai_chat, client.reply()).ends == 1);
  CHECK(eventually([&] { return home.running() == 0; }));
  const auto before = finished(home.twin());
  for (int i = 0; i < 6; ++i) CHECK(ask_for(home, coder).status == 200);
  CHECK(finished(home.twin()) == before);
  const auto page = json::parse(ask(home.port(), "GET", "/admin/fleet").body);
  CHECK(page["hosts"][2]["name"] == "twin");
  CHECK(page["hosts"][2]["draining"] == true);
  CHECK(command(home, "resume", "twin").status == 200);
  // At the latest when its measurements are renewed.
  for (int i = 0; i < 24; ++i) CHECK(ask_for(home, coder, "once [[words:2]]").status == 200);
  CHECK(finished(home.twin()) > before);
  CHECK(command(home, "drain", "nobody").status == 404);
  CHECK(command(home, "explode", "twin").status == 404);
}

TEST_CASE("fleet commands: a breaker is open after the configured count and a reset closes it") {
  Plan plan;
  plan.more =
      "queue:\n  recoveryWait: 0ms\nfallback:\n  attempts: 1\n  breaker: {failures: 3, share: 0.1, backoff: "
      "1h, "
      "maxBackoff: 1h}\n";
  House home(plan);
  home.ollama().inject({simulator::Fault::Kind::error500, 0}, 3);
  for (int i = 0; i < 3; ++i) CHECK(ask_for(home, large, "kill " + std::to_string(i)).status == 502);
  CHECK(ask_for(home, large, "rests").status == 503);
  CHECK(home.ollama().stats().requests == 3);
  CHECK(ask(home.port(), "POST", "/admin/fleet/reset",
            std::string("{\"provider\":\"ollama\",\"model\":\"") + large + "\"}")
            .status == 200);
  CHECK(ask_for(home, large, "again").status == 200);
}

TEST_CASE("breaker: one prompt that kills a model at every try does not close the model for others") {
  Plan plan;
  plan.more =
      "fallback:\n  attempts: 5\n  retryBudget: 1\n  breaker: {failures: 3, share: 0.1, backoff: 1h, "
      "maxBackoff: 1h}\n";
  House home(plan);
  home.ollama().inject({simulator::Fault::Kind::error500, 0}, 5);
  CHECK(ask_for(home, large, "poison").status == 502);
  CHECK(home.ollama().stats().requests >= 3);  // as often as would open it
  CHECK(ask_for(home, large, "harmless").status == 200);
}

TEST_CASE("fleet: the models that the operator wants in memory are loaded when their host is there") {
  Plan plan;
  plan.ollama = std::string("  autoStartModels: [\"") + large + "\"]\n";
  plan.adjust = [](simulator::Settings& settings) {
    if (settings.kind == core::ProviderKind::ollama) settings.resident.clear();
  };
  House home(plan);
  CHECK(eventually([&] {
    for (const auto& model : home.fleet()->models) {
      if (model.id == large && model.resident) return true;
    }
    return false;
  }));
  CHECK(home.ollama().stats().loads == 1);
}

TEST_CASE("fleet: models and machine are shown with their state, foreseen times are held against the clock") {
  House home;
  for (int i = 0; i < 5; ++i) {
    CHECK(ask(home.port(), "POST", "/v1/chat/completions",
              question(Dialect::openai_chat, coder, "number " + std::to_string(i), true))
              .status == 200);
  }
  const auto models = json::parse(ask(home.port(), "GET", "/v1/models").body);
  bool seen = false;
  for (const auto& model : models["data"]) {
    if (model["id"] != coder) continue;
    seen = true;
    CHECK(model["codecrucible"]["state"] == "loaded");
    CHECK(model["codecrucible"]["slots"] == 4);
    CHECK(model["codecrucible"]["running"] == 0);
    CHECK(model["codecrucible"]["queued"] == 0);
  }
  CHECK(seen);
  CHECK(eventually([&] {
    const auto page = json::parse(ask(home.port(), "GET", "/admin/fleet").body);
    return page["machine"]["ram_total"].get<std::uint64_t>() > 0;
  }));
  const auto metrics = ask(home.port(), "GET", "/metrics").body;
  CHECK(metrics.find("codecrucible_prediction_error_ratio_count ") != std::string::npos);
  CHECK(metrics.find("codecrucible_machine_memory_bytes{kind=\"total\"}") != std::string::npos);
  CHECK(metrics.find("codecrucible_model_slots{provider=\"lmstudio\",model=\"small-coder\"} 4") !=
        std::string::npos);
}

TEST_CASE("continue: a text that breaks off is continued where the operator allows it and the server can") {
  Plan plan;
  plan.llamacpp = true;
  plan.more = "fallback:\n  midStream: continue\n  retryBudget: 1\n  retryBurst: 1000\n";
  House home(plan);
  for (const auto dialect : {Dialect::openai_chat, Dialect::ollama_chat}) {
    for (const std::string model : {large, llamacpp_model}) {
      for (const auto kind : {simulator::Fault::Kind::cut, simulator::Fault::Kind::error_in_stream}) {
        for (const int at : {1, 7}) {
          CAPTURE(name(dialect));
          CAPTURE(model);
          CAPTURE(simulator::name(kind));
          CAPTURE(at);
          auto& server = model == large ? home.ollama() : home.llamacpp();
          server.inject({kind, at}, 2);
          const std::string prompt = "go on " + std::to_string(at) + " [[words:40]]";
          const auto reply = ask(home.port(), "POST", path(dialect), question(dialect, model, prompt, true));
          const auto answer = read_stream(dialect, reply);
          CHECK(answer.broken.empty());
          CHECK(!answer.error.has_value());
          CHECK(answer.text == simulator::answer_for(prompt, model));
          CHECK(answer.ends == 1);
          CHECK(answer.roles <= (is_ollama(dialect) ? 1000 : 1));
          if (!is_ollama(dialect)) {
            CHECK(reply.body.find(": continued by another backend\n") != std::string::npos);
          }
        }
      }
    }
  }
  CHECK(eventually([&] { return home.running() == 0; }));
}

TEST_CASE("continue: what is no plain text or has no server that can ends with an error as ever") {
  Plan plan;
  plan.more = "fallback:\n  midStream: continue\n  retryBudget: 1\n  retryBurst: 1000\n";
  House home(plan);
  const auto ask_cut = [&](const std::string& model, const std::string& more) {
    auto& server = model == large || model == ollama_thinker ? home.ollama() : home.lmstudio();
    server.inject({simulator::Fault::Kind::cut, 4}, 1);
    return read_stream(Dialect::openai_chat,
                       ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, model, "text [[words:40]]", true, more)));
  };
  CHECK(ask_cut(coder, "").error.has_value());
  CHECK(ask_cut(ollama_thinker, "").error.has_value());
  CHECK(ask_cut(large, R"(,"tools":[{"type":"function","function":{"name":"f"}}])").error.has_value());
  CHECK(!ask_cut(large, "").error.has_value());
}
