#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace codecrucible;
using namespace codecrucible::house;

namespace {

using Clock = std::chrono::steady_clock;

const std::string wide_queue = "queue:\n  length: 2000\n  perClient: 2000\n";

std::string always_to(const std::string& target) {
  return wide_queue + "routing:\n  rules:\n    - name: all-to-" + target + "\n      target: " + target + "\n";
}

Reply ask_auto(House& home, const std::string& prompt) {
  return ask(home.port(), "POST", "/v1/chat/completions",
             question(Dialect::openai_chat, "auto", prompt, false));
}

}  // namespace

TEST_CASE("live: new rules reach the next request while 200 streams run, and cut none of them") {
  Plan plan;
#ifdef CODECRUCIBLE_SANITIZED
  plan.time_scale = 2;  // all 200 have to run before the first is done
#else
  plan.time_scale = 0.5;
#endif
  plan.concurrent = 200;
  plan.more = always_to("lmstudio");
  House home(plan);
  std::vector<Client> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(home.port());
    const auto dialect = i % 2 ? Dialect::openai_chat : Dialect::ollama_chat;
    clients.back().request(
        "POST", path(dialect),
        question(dialect, i % 4 < 2 ? coder : large, "run " + std::to_string(i) + " [[words:400]]", true));
  }
  for (auto& client : clients) REQUIRE(client.until("Simulated").find("Simulated") != std::string_view::npos);
  CHECK(home.running() == 200);
  CHECK(ask_auto(home, "where to before").header("x-codecrucible-provider") == "lmstudio");
  const auto begin = Clock::now();
  REQUIRE(home.apply(always_to("ollama")).has_value());
  const auto after = ask_auto(home, "where to after [[say:there]]");
  MESSAGE("first request after the change answered after ",
          std::chrono::duration<double, std::milli>(Clock::now() - begin).count(), " ms");
  CHECK(after.header("x-codecrucible-provider") == "ollama");
  CHECK(after.header("x-codecrucible-rule") == "all-to-ollama");
  CHECK(home.running() >= 200);  // that one may just be ending
  for (int i = 0; i < 200; ++i) {
    CAPTURE(i);
    const auto dialect = i % 2 ? Dialect::openai_chat : Dialect::ollama_chat;
    const auto answer = read_stream(dialect, clients[static_cast<std::size_t>(i)].reply());
    CHECK(answer.broken.empty());
    CHECK(answer.ends == 1);
    CHECK(answer.text ==
          simulator::answer_for("run " + std::to_string(i) + " [[words:400]]", i % 4 < 2 ? coder : large));
  }
}

TEST_CASE("live: rules that make no sense are refused and the old ones stay in force") {
  Plan plan;
  plan.more = always_to("ollama");
  House home(plan);
  const auto refused = home.apply(
      wide_queue + "routing:\n  rules:\n    - condition: \"taskTipe == 'edit'\"\n      target: lmstudio\n");
  CHECK(!refused.has_value());
  CHECK(refused.error().detail.find("taskTipe") != std::string::npos);
  CHECK(ask_auto(home, "still").header("x-codecrucible-provider") == "ollama");
}

TEST_CASE("live: the rules of the mission send templates to LM Studio and complex work to Ollama") {
  Plan plan;
  plan.more =
      "routing:\n  rules:\n    - condition: \"taskType == 'template'\"\n      target: \"lmstudio\"\n      "
      "confidence: 0.9\n"
      "    - condition: \"complexity == 'complex'\"\n      target: \"ollama\"\n      confidence: 0.95\n";
  House home(plan);
  const auto small = ask_auto(home, "create a React login component");
  CHECK(small.status == 200);
  CHECK(small.header("x-codecrucible-task") == "template");
  CHECK(small.header("x-codecrucible-provider") == "lmstudio");
  const auto big = ask_auto(
      home,
      "Analyze this whole codebase for security vulnerabilities: the authentication, the session handling, "
      "the concurrency of the cache, race conditions and injection, across all services, then plan a "
      "migration of the architecture with performance constraints and explain the trade-offs.");
  CHECK(big.status == 200);
  CHECK(big.header("x-codecrucible-complexity") == "complex");
  CHECK(big.header("x-codecrucible-provider") == "ollama");
}

TEST_CASE("live: auto-fast and auto-quality go to different places") {
  House home;
  const auto fast = ask(home.port(), "POST", "/v1/chat/completions",
                        question(Dialect::openai_chat, "auto-fast", "hello there", false));
  const auto quality = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, "auto-quality", "hello there", false));
  CHECK(fast.status == 200);
  CHECK(quality.status == 200);
  CHECK(fast.header("x-codecrucible-provider") == "lmstudio");
  CHECK(quality.header("x-codecrucible-provider") == "ollama");
}

TEST_CASE("hosts: a host that dies is left at once, and traffic is back when it is") {
  Plan plan;
  plan.twin = true;
  plan.time_scale = 0.1;  // times that a busy machine does not double
  plan.more =
      "fallback:\n  retryBudget: 1\n  timeouts:\n    connect: 500ms\n  hostBreaker:\n    backoff: 100ms\n    "
      "maxBackoff: 300ms\n"
      "  breaker:\n    backoff: 100ms\n    maxBackoff: 300ms\n";
  House home(plan);
  const auto ask_coder = [&](int i) {
    return ask(home.port(), "POST", "/v1/chat/completions",
               question(Dialect::openai_chat, coder, "twin " + std::to_string(i), false));
  };
  for (auto* const dying : {&home.twin(), &home.lmstudio()}) {
    dying->down(true);
    for (int i = 0; i < 20; ++i) {
      const auto reply = ask_coder(i);
      CHECK_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
      CHECK(read_whole(Dialect::openai_chat, reply).text ==
            simulator::answer_for("twin " + std::to_string(i), coder));
    }
    // It is known to be gone: no request tries there any more.
    CHECK(eventually([&] {
      const auto fleet = home.fleet();
      const auto& host = dying == &home.twin() ? fleet->hosts.back() : fleet->hosts.front();
      return !host.reachable || host.breaker == core::BreakerState::open;
    }));
    const auto before = dying->stats().finished;
    dying->down(false);
    // One at a time, so that nobody goes there for want of a slot elsewhere: equals share the work, also one
    // that was never measured.
    CHECK(eventually([&] {
      CHECK(ask_coder(0).status == 200);
      return dying->stats().finished > before;
    }));
  }
}

TEST_CASE("hosts: both dead is a clear refusal, and a stream that was cut says so") {
  Plan plan;
  plan.time_scale = 1;
  plan.more = "queue:\n  recoveryWait: 50ms\n";
  House home(plan);
  Client client(home.port());
  client.request("POST", "/api/chat", question(Dialect::ollama_chat, large, "cut me [[words:500]]", true));
  client.until("Simulated");
  home.ollama().down(true);
  const auto answer = read_stream(Dialect::ollama_chat, client.reply());
  CHECK(answer.error.has_value());
  CHECK(answer.ends == 0);
  home.lmstudio().down(true);
  for (const bool stream : {false, true}) {
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, "auto", "anyone", stream));
    CHECK(reply.status >= 500);
    CHECK(!error_of(Dialect::openai_chat, reply).empty());
  }
  // Lists and health do not hang on dead hosts.
  CHECK(ask(home.port(), "GET", "/v1/models").status == 200);
  CHECK(ask(home.port(), "GET", "/healthz").status == 200);
}

TEST_CASE("hosts: one that accepts and never answers costs requests to others nothing") {
  Plan plan;
  plan.more = "fallback:\n  timeouts:\n    firstToken: 20s\n";
  House home(plan);
  home.ollama().inject({simulator::Fault::Kind::hang, 0}, 4);
  std::vector<Client> hanging;
  for (int i = 0; i < 4; ++i) {
    hanging.emplace_back(home.port());
    hanging.back().request("POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, large, "hang", i % 2 == 0));
  }
  REQUIRE(eventually([&] { return home.ollama().bodies().size() == 4; }));
  const auto begin = Clock::now();
  for (int i = 0; i < 20; ++i) {
    const auto reply = ask(home.port(), "POST", "/v1/chat/completions",
                           question(Dialect::openai_chat, coder, "quick", false));
    CHECK(reply.status == 200);
  }
  // Twenty answers take well under the twenty seconds that the hanging ones wait.
  CHECK(Clock::now() - begin < std::chrono::seconds(15));
}

TEST_CASE("stop: running streams finish, new connections are not taken") {
  Plan plan;
  plan.time_scale = 0.3;
  auto home = std::make_unique<House>(plan);
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(home->port());
    clients.back().request(
        "POST", "/v1/chat/completions",
        question(Dialect::openai_chat, i % 2 ? coder : large, "finish [[words:150]]", true));
  }
  for (auto& client : clients) client.until("Simulated");
  std::thread stopping([&] { home->stop(); });
  for (int i = 0; i < 4; ++i) {
    const auto answer = read_stream(Dialect::openai_chat, clients[static_cast<std::size_t>(i)].reply());
    CHECK(answer.broken.empty());
    CHECK(answer.ends == 1);
    CHECK(answer.text == simulator::answer_for("finish [[words:150]]", i % 2 ? coder : large));
  }
  stopping.join();
  CHECK(ask(home->port(), "GET", "/healthz").status == 0);
}

TEST_CASE("stop: past the deadline a stream ends with an error event and no made-up end") {
  Plan plan;
  plan.time_scale = 1;
  plan.server = "  stopDeadline: 200ms\n";
  auto home = std::make_unique<House>(plan);
  std::vector<Client> clients;
  for (const auto dialect : {Dialect::openai_chat, Dialect::ollama_chat}) {
    for (const std::string model : {coder, large}) {
      clients.emplace_back(home->port());
      clients.back().request("POST", path(dialect),
                             question(dialect, model, "never ends [[words:3000]]", true));
    }
  }
  Client whole(home->port());
  whole.request("POST", "/v1/chat/completions",
                question(Dialect::openai_chat, coder, "never ends [[words:3000]]", false));
  for (auto& client : clients) client.until("Simulated");
  std::thread stopping([&] { home->stop(); });
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CAPTURE(i);
    const auto answer = read_stream(i < 2 ? Dialect::openai_chat : Dialect::ollama_chat, clients[i].reply());
    CHECK(answer.broken.empty());
    CHECK(answer.error.has_value());
    CHECK(answer.finish.empty());
    CHECK(answer.ends == 0);
  }
  const auto refused = whole.reply();
  CHECK(refused.status == 503);
  CHECK(!error_of(Dialect::openai_chat, refused).empty());
  stopping.join();
}

TEST_CASE(
    "load: three hundred mixed requests at once are all answered, whole and right, and nothing is left "
    "behind") {
  Plan plan;
  plan.concurrent = 8;
  plan.llamacpp = plan.vllm = true;
  plan.more = wide_queue;
  House home(plan);
  const std::vector<Dialect> dialects{Dialect::openai_chat, Dialect::openai_completions, Dialect::ollama_chat,
                                      Dialect::ollama_generate};
  const std::vector<std::string> models{coder, large, llamacpp_model, vllm_model, "auto"};
  std::vector<Client> clients;
  const auto dialect_of = [&](int i) { return dialects[static_cast<std::size_t>(i) % 4]; };
  const auto model_of = [&](int i) { return models[static_cast<std::size_t>(i / 4) % 5]; };
  const auto stream_of = [](int i) { return i % 3 != 0; };
  for (int i = 0; i < 300; ++i) {
    clients.emplace_back(home.port());
    clients.back().request("POST", path(dialect_of(i)),
                           question(dialect_of(i), model_of(i), "mixed " + std::to_string(i), stream_of(i)));
  }
  for (int i = 0; i < 300; ++i) {
    const auto reply = clients[static_cast<std::size_t>(i)].reply();
    CAPTURE(i);
    REQUIRE_MESSAGE(reply.status == 200, reply.head, "\n", reply.body);
    const auto answer = read_answer(dialect_of(i), stream_of(i), reply);
    for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
    CHECK(answer.ends == 1);
    CHECK(answer.text ==
          simulator::answer_for("mixed " + std::to_string(i), reply.header("x-codecrucible-model")));
  }
  clients.clear();
  CHECK(home.running() == 0);
  CHECK(eventually([&] {
    for (const auto& known : home.fleet()->models) {
      if (known.running != 0 || known.queued != 0) return false;
    }
    return true;
  }));
  // Pooled connections to the backends are closed when nobody uses them.
  CHECK(eventually([&] {
    std::uint64_t open = 0;
    for (auto* const server : home.all()) open += server->stats().connections;
    return open <= 8;
  }));
}
