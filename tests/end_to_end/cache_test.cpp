#include "house/answer.hpp"
#include "house/house.hpp"
#include "simulator/text.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <set>
#include <thread>

using namespace codecrucible;
using namespace codecrucible::house;
using simulator::Fault;
using Kind = Fault::Kind;

namespace {

constexpr std::array chats{Dialect::openai_chat, Dialect::ollama_chat};

// Members that make a request deterministic.
std::string cold(Dialect dialect) {
  return is_ollama(dialect) ? R"(,"options":{"temperature":0})" : R"(,"temperature":0)";
}

Reply ask_cold(House& home, Dialect dialect, const std::string& model, const std::string& prompt, bool stream,
               const Headers& headers = {}, const std::string& more = {}) {
  return ask(home.port(), "POST", path(dialect),
             question(dialect, model, prompt, stream, cold(dialect) + more), headers);
}

std::string cache_of(const Reply& reply) {
  return reply.header("x-codecrucible-cache");
}

std::uint64_t generations(House& home) {
  std::uint64_t all = 0;
  for (auto* const server : home.all()) all += server->stats().requests;
  return all;
}

void check_whole(const Answer& answer, const std::string& text) {
  for (const auto& broken : answer.broken) CHECK_MESSAGE(false, broken);
  CHECK_MESSAGE(!answer.error, answer.error.value_or(""));
  CHECK(answer.text == text);
  CHECK(answer.ends == 1);
  CHECK(answer.finish == "stop");
}

Plan slow_plan() {
  Plan plan;
  plan.time_scale = 1;
  plan.more = "resources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  return plan;
}

// As in the tests of faults: no breaker hides one, silence is noticed soon, nobody tries twice.
Plan faulty_plan() {
  Plan plan;
  plan.more =
      "fallback:\n  attempts: 1\n  loadingWait: 20ms\n"
      "  timeouts:\n    connect: 500ms\n    firstToken: 250ms\n    firstTokenWhileLoading: 1s\n    idle: "
      "400ms\n"
      "  breaker:\n    failures: 10000\n  hostBreaker:\n    failures: 10000\n"
      "queue:\n  recoveryWait: 0ms\nresources:\n  cancelGracePrefill: 0ms\n  cancelGraceDecode: 0ms\n";
  return plan;
}

}  // namespace

TEST_CASE("cache: an answer is told again in every dialect that asks the same, streamed or whole") {
  House home;
  for (const std::string model : {coder, large}) {
    for (const auto first : chats) {
      const std::string prompt = "tell me " + model + name(first);
      const auto text = simulator::answer_for(prompt, model);
      const auto before = generations(home);
      std::set<std::string> ids;
      bool fresh = true;
      for (const bool stream : {first == Dialect::openai_chat, first != Dialect::openai_chat}) {
        for (const auto dialect : {first, chats[0], chats[1]}) {
          CAPTURE(model);
          CAPTURE(name(first));
          CAPTURE(name(dialect));
          CAPTURE(stream);
          const auto reply = ask_cold(home, dialect, model, prompt, stream);
          REQUIRE_MESSAGE(reply.status == 200, reply.head, reply.body);
          CHECK(cache_of(reply) == (fresh ? "miss" : "hit"));
          check_whole(read_answer(dialect, stream, reply), text);
          if (!stream || is_ollama(dialect)) CHECK(read_answer(dialect, stream, reply).completion_tokens > 0);
          CHECK(reply.header("x-codecrucible-model") == model);
          if (!fresh && dialect == Dialect::openai_chat) {
            const auto at = reply.body.find("chatcmpl-");
            REQUIRE(at != std::string::npos);
            CHECK(ids.insert(reply.body.substr(at, 40)).second);
          }
          fresh = false;
        }
      }
      CHECK(generations(home) == before + 1);
    }
  }
}

TEST_CASE("cache: completions have answers of their own in each dialect") {
  House home;
  for (const auto dialect : {Dialect::openai_completions, Dialect::ollama_generate}) {
    const auto text = simulator::answer_for("once upon", coder);
    CHECK(cache_of(ask_cold(home, dialect, coder, "once upon", false)) == "miss");
    const auto reply = ask_cold(home, dialect, coder, "once upon", true);
    CHECK(cache_of(reply) == "hit");
    check_whole(read_answer(dialect, true, reply), text);
  }
}

TEST_CASE("cache: a request that may be answered in many ways is asked anew") {
  House home;
  for (const std::string more : {"", R"(,"temperature":0.7)"}) {
    for (int i = 0; i < 2; ++i) {
      const auto reply = ask(home.port(), "POST", path(Dialect::openai_chat),
                             question(Dialect::openai_chat, coder, "surprise me", false, more));
      CHECK(cache_of(reply) == "bypass");
    }
  }
  CHECK(generations(home) == 4);
  const auto seeded =
      question(Dialect::openai_chat, coder, "surprise me", false, R"(,"seed":7,"temperature":1)");
  CHECK(cache_of(ask(home.port(), "POST", path(Dialect::openai_chat), seeded)) == "miss");
  CHECK(cache_of(ask(home.port(), "POST", path(Dialect::openai_chat), seeded)) == "hit");
  const auto insisting = question(Dialect::openai_chat, coder, "surprise me", false);
  const Headers yes{{"x-codecrucible-cache", "yes"}};
  CHECK(cache_of(ask(home.port(), "POST", path(Dialect::openai_chat), insisting, yes)) == "miss");
  CHECK(cache_of(ask(home.port(), "POST", path(Dialect::openai_chat), insisting, yes)) == "hit");
}

TEST_CASE("cache: a request's own wishes are heard") {
  House home;
  const auto with = [&](const std::string& name, const std::string& value) {
    const auto reply = ask_cold(home, Dialect::openai_chat, coder, "obey", false, {{name, value}});
    check_whole(read_answer(Dialect::openai_chat, false, reply), simulator::answer_for("obey", coder));
    return cache_of(reply);
  };
  CHECK(with("cache-control", "no-store") == "bypass");
  CHECK(with("x-codecrucible-cache", "no") == "bypass");
  CHECK(with("accept", "*/*") == "miss");
  CHECK(with("cache-control", "max-age=60") == "hit");
  CHECK(with("cache-control", "No-Cache, private") == "miss");
  CHECK(with("cache-control", "max-age=0") == "miss");
  CHECK(with("x-codecrucible-cache", "refresh") == "miss");
  CHECK(with("cache-control", "no-store") == "bypass");
  CHECK(with("accept", "*/*") == "hit");
  CHECK(generations(home) == 7);
}

TEST_CASE("cache: five hundred identical requests at once make one generation") {
  auto plan = slow_plan();
  plan.server = "  maxConnections: 2000\n";
  House home(plan);
  const std::string prompt = "all together [[words:40]]";
  const auto text = simulator::answer_for(prompt, coder);
  std::vector<Client> clients;
  for (int i = 0; i < 500; ++i) clients.emplace_back(home.port());
  const auto dialect_of = [](std::size_t i) {
    return i % 3 == 0 ? Dialect::ollama_chat : Dialect::openai_chat;
  };
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto dialect = dialect_of(i);
    REQUIRE(clients[i].request("POST", path(dialect),
                               question(dialect, coder, prompt, i % 2 == 0, cold(dialect))));
  }
  int led = 0, joined = 0, hit = 0;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto reply = clients[i].reply();
    REQUIRE_MESSAGE(reply.status == 200, reply.head, reply.body);
    check_whole(read_answer(dialect_of(i), i % 2 == 0, reply), text);
    led += cache_of(reply) == "miss";
    joined += cache_of(reply) == "joined";
    hit += cache_of(reply) == "hit";
  }
  CHECK(generations(home) == 1);
  CHECK(led == 1);
  CHECK(led + joined + hit == 500);
  CHECK(joined > 400);
}

TEST_CASE("cache: the leader leaves and the others get their answer; when all have left it is cancelled") {
  House home(slow_plan());
  for (const std::string model : {coder, large}) {
    CAPTURE(model);
    const std::string prompt = "stay with us [[words:60]]";
    const auto body = question(Dialect::openai_chat, model, prompt, true, cold(Dialect::openai_chat));
    const auto before = generations(home);
    Client leader(home.port());
    leader.request("POST", "/v1/chat/completions", body);
    REQUIRE(leader.until("Simulated").find("Simulated") != std::string_view::npos);
    Client joiner(home.port());
    joiner.request("POST", "/v1/chat/completions", body);
    REQUIRE(joiner.until("Simulated").find("joined") != std::string_view::npos);
    leader.reset();
    const auto reply = joiner.reply();
    check_whole(read_answer(Dialect::openai_chat, true, reply), simulator::answer_for(prompt, model));
    CHECK(generations(home) == before + 1);
    CHECK(cache_of(ask(home.port(), "POST", "/v1/chat/completions", body)) == "hit");

    auto& server = model == coder ? home.lmstudio() : home.ollama();
    const auto cancelled = server.stats().cancelled;
    const auto endless =
        question(Dialect::openai_chat, model, "for ever [[words:5000]]", true, cold(Dialect::openai_chat));
    Client first(home.port()), second(home.port());
    first.request("POST", "/v1/chat/completions", endless);
    REQUIRE(first.until("Simulated").find("Simulated") != std::string_view::npos);
    second.request("POST", "/v1/chat/completions", endless);
    REQUIRE(second.until("Simulated").find("joined") != std::string_view::npos);
    first.close();
    second.reset();
    CHECK(eventually([&] { return server.stats().cancelled == cancelled + 1 && home.running() == 0; }));
    Client third(home.port());
    third.request("POST", "/v1/chat/completions", endless);
    CHECK(third.until("Simulated").find("x-codecrucible-cache: miss") != std::string_view::npos);
  }
}

TEST_CASE("cache: a client that does not read holds up nobody") {
  Plan plan;
  plan.time_scale = 0;
  House home(plan);
  // More than the sockets of one connection take.
  const std::string prompt = "a long story [[words:50000]]";
  const auto body = question(Dialect::openai_chat, large, prompt, true, cold(Dialect::openai_chat));
  Client stalled(home.port());
  stalled.request("POST", "/v1/chat/completions", body);
  REQUIRE(stalled.until("Simulated").find("Simulated") != std::string_view::npos);
  Client joiner(home.port());
  joiner.request("POST", "/v1/chat/completions", body);
  const auto reply = joiner.reply();
  CHECK(cache_of(reply) == "joined");
  check_whole(read_answer(Dialect::openai_chat, true, reply), simulator::answer_for(prompt, large));
  const auto late = stalled.reply();
  check_whole(read_answer(Dialect::openai_chat, true, late), simulator::answer_for(prompt, large));
}

TEST_CASE("cache: what failed is told to all who waited, and never kept") {
  House home(faulty_plan());
  const std::vector<Fault> faults{{Kind::reset, 0},
                                  {Kind::error500, 0},
                                  {Kind::overloaded, 0},
                                  {Kind::loading, 0},
                                  {Kind::garbage, 0},
                                  {Kind::hang, 0},
                                  {Kind::cut, 0},
                                  {Kind::cut, 5},
                                  {Kind::stall, 5},
                                  {Kind::malformed, 4},
                                  {Kind::error_in_stream, 0},
                                  {Kind::error_in_stream, 5},
                                  {Kind::empty, 0},
                                  {Kind::gzip, 0},
                                  {Kind::wrong_model, 0},
                                  {Kind::context, 0}};
  int number = 0;
  for (const auto dialect : chats) {
    for (const std::string model : {coder, large}) {
      auto& server = model == coder ? home.lmstudio() : home.ollama();
      for (const bool stream : {true, false}) {
        for (const auto& fault : faults) {
          if (!stream && (fault.kind == Kind::empty || fault.kind == Kind::gzip || fault.at > 0)) continue;
          const std::string prompt = "go wrong " + std::to_string(++number);
          CAPTURE(name(dialect));
          CAPTURE(model);
          CAPTURE(stream);
          CAPTURE(simulator::name(fault.kind));
          CAPTURE(fault.at);
          server.inject(fault, 100);
          const auto bad = ask_cold(home, dialect, model, prompt, stream);
          server.forgive();
          const auto reply = ask_cold(home, dialect, model, prompt, stream);
          REQUIRE_MESSAGE(reply.status == 200, reply.head, reply.body);
          const auto text = simulator::answer_for(prompt, model);
          check_whole(read_answer(dialect, stream, reply), text);
          const bool told_well = bad.status == 200 && !read_answer(dialect, stream, bad).error &&
                                 read_answer(dialect, stream, bad).text == text;
          // What was mended unseen was a whole answer all the same.
          CHECK(cache_of(reply) == (told_well ? "hit" : "miss"));
        }
      }
    }
  }
}

TEST_CASE("cache: those who joined are told the failure in their own dialect") {
  auto plan = faulty_plan();
  plan.time_scale = 1;
  House home(plan);
  for (const int at : {0, 12}) {
    const std::string prompt = "fall together " + std::to_string(at) + " [[words:60]]";
    home.lmstudio().inject({Kind::stall, at}, 1);
    Client leader(home.port()), joiner(home.port());
    leader.request("POST", "/v1/chat/completions",
                   question(Dialect::openai_chat, coder, prompt, true, cold(Dialect::openai_chat)));
    CHECK(eventually([&] { return home.running() == 1; }));
    joiner.request("POST", "/api/chat",
                   question(Dialect::ollama_chat, coder, prompt, true, cold(Dialect::ollama_chat)));
    const auto led = leader.reply(), joined = joiner.reply();
    CHECK(cache_of(joined) == "joined");
    if (at == 0) {
      CHECK(led.status >= 500);
      CHECK(joined.status == led.status);
      CHECK(!error_of(Dialect::ollama_chat, joined).empty());
    } else {
      CHECK(read_stream(Dialect::openai_chat, led).error);
      CHECK(read_stream(Dialect::ollama_chat, joined).error);
    }
  }
}

TEST_CASE("cache: an answer cut by the window is not kept, one cut by the client's own limit is") {
  House home;
  const auto limited =
      ask_cold(home, Dialect::openai_chat, coder, "short [[words:50]]", false, {}, R"(,"max_tokens":5)");
  CHECK(cache_of(limited) == "miss");
  const auto again =
      ask_cold(home, Dialect::openai_chat, coder, "short [[words:50]]", true, {}, R"(,"max_tokens":5)");
  CHECK(cache_of(again) == "hit");
  CHECK(read_stream(Dialect::openai_chat, again).finish == "length");
}

TEST_CASE("cache: calls of tools are told again, complete") {
  House home;
  const std::string tools =
      R"(,"tool_choice":"required","tools":[{"type":"function","function":{"name":"look","parameters":{"type":"object",)"
      R"("properties":{"where":{"type":"string"},"deep":{"type":"boolean"}},"required":["where"]}}}])";
  const std::string same =
      R"(,"tools":[{"function":{"parameters":{"required":["where"],"properties":{"deep":{"type":"boolean"},)"
      R"("where":{"type":"string"}},"type":"object"},"name":"look"},"type":"function"}],"tool_choice":"required")";
  const auto first = ask_cold(home, Dialect::openai_chat, coder, "use the tool", false, {}, tools);
  const auto calls = read_whole(Dialect::openai_chat, first).calls;
  REQUIRE(calls.size() == 1);
  for (const bool stream : {false, true}) {
    const auto reply = ask_cold(home, Dialect::openai_chat, coder, "use the tool", stream, {}, same);
    CHECK(cache_of(reply) == "hit");
    const auto answer = read_answer(Dialect::openai_chat, stream, reply);
    CHECK(answer.finish == "tool_calls");
    REQUIRE(answer.calls.size() == 1);
    CHECK(answer.calls[0].name == calls[0].name);
    CHECK(answer.calls[0].arguments == calls[0].arguments);
    CHECK(!answer.calls[0].id.empty());
  }
}

TEST_CASE("cache: a change of the routing is a change of the answers, one of the monitoring is not") {
  House home;
  const std::string to_large = "routing:\n  rules:\n    - name: everything\n      target: large:34b\n";
  const std::string to_coder = "routing:\n  rules:\n    - name: everything\n      target: small-coder\n";
  const auto who = [&] {
    const auto reply = ask_cold(home, Dialect::openai_chat, "auto", "who are you", false);
    CHECK(reply.status == 200);
    return cache_of(reply) + " " + reply.header("x-codecrucible-model") + " " +
           reply.header("x-codecrucible-rule");
  };
  REQUIRE(home.apply(to_large).has_value());
  CHECK(who() == "miss large:34b everything");
  CHECK(who() == "hit large:34b everything");
  REQUIRE(home.apply(to_large + "performance:\n  monitoring:\n    slowRequest: 1m\n").has_value());
  CHECK(who() == "hit large:34b everything");
  REQUIRE(home.apply(to_coder).has_value());
  CHECK(who() == "miss small-coder everything");
  REQUIRE(home.apply(to_large).has_value());
  CHECK(who() == "hit large:34b everything");
}

TEST_CASE("cache: a rule says how long its answers are good") {
  House home;
  REQUIRE(
      home.apply("routing:\n  rules:\n    - name: fleeting\n      condition: \"user == 'f'\"\n      target: "
                 "small-coder\n      cacheTtl: 0s\n    - name: lasting\n      target: small-coder\n")
          .has_value());
  const auto reply_for = [&](const std::string& user) {
    return ask_cold(home, Dialect::openai_chat, "auto", "how long", false, {}, R"(,"user":")" + user + '"');
  };
  CHECK(cache_of(reply_for("f")) == "miss");
  CHECK(cache_of(reply_for("f")) == "miss");
  CHECK(cache_of(reply_for("g")) == "miss");
  CHECK(cache_of(reply_for("g")) == "hit");
}

TEST_CASE("cache: tenants do not see each other's answers, and each can be cleared") {
  Plan plan;
  plan.more =
      "security:\n  keys:\n    - name: red\n      key: secret-red-key-1\n    - name: blue\n      key: "
      "secret-blue-key-1\n";
  House home(plan);
  const auto as = [&](const std::string& who) {
    return cache_of(ask_cold(home, Dialect::openai_chat, coder, "mine", false,
                             {{"authorization", "Bearer secret-" + who + "-key-1"}}));
  };
  CHECK(as("red") == "miss");
  CHECK(as("blue") == "miss");
  CHECK(as("red") == "hit");
  const auto clear = [&](const std::string& query) {
    const auto reply = ask(home.port(), "DELETE", "/admin/cache" + query);
    REQUIRE_MESSAGE(reply.status == 200, reply.body);
    return nlohmann::json::parse(reply.body)["cleared"].get<int>();
  };
  CHECK(clear("?tenant=red") == 1);
  CHECK(as("red") == "miss");
  CHECK(as("blue") == "hit");
  CHECK(clear("?model=large%3A34b") == 0);
  CHECK(clear("?model=lmstudio/small-coder") == 2);
  CHECK(as("blue") == "miss");
  CHECK(clear("") == 1);
  const auto page = nlohmann::json::parse(ask(home.port(), "GET", "/admin/cache").body);
  CHECK(page["answers"] == 0);
  const auto metrics = ask(home.port(), "GET", "/metrics").body;
  CHECK(metrics.find("codecrucible_cache_lookups_total{result=\"exact_hit\"} 2") != std::string::npos);
  CHECK(metrics.find("codecrucible_cache_stores_refused_total{cause=\"failed\"} 0") != std::string::npos);
}

TEST_CASE("cache: it can be switched off") {
  Plan plan;
  plan.more = "performance:\n  cache:\n    exact:\n      enabled: false\n";
  House home(plan);
  for (int i = 0; i < 2; ++i) {
    CHECK(cache_of(ask_cold(home, Dialect::openai_chat, coder, "again", false)) == "bypass");
  }
  CHECK(generations(home) == 2);
}

TEST_CASE(
    "cache: the same in other words is told where that is switched on, and nothing that only looks alike") {
  Plan plan;
  plan.more = "performance:\n  cache:\n    semantic:\n      enabled: true\n";
  House home(plan);
  const std::string first = "how do I install packages from requirements.txt";
  CHECK(cache_of(ask_cold(home, Dialect::openai_chat, coder, first, false)) == "miss");
  for (const auto dialect : chats) {
    for (const bool stream : {false, true}) {
      const auto reply =
          ask_cold(home, dialect, coder, "How do I install the packages from requirements.txt?", stream);
      CHECK(cache_of(reply).starts_with("semantic(0.9"));
      check_whole(read_answer(dialect, stream, reply), simulator::answer_for(first, coder));
    }
  }
  CHECK(generations(home) == 1);
  const auto ask_chat = [&](const std::string& model, const std::string& prompt,
                            const Headers& headers = {}) {
    return cache_of(ask_cold(home, Dialect::openai_chat, model, prompt, false, headers));
  };
  CHECK(ask_chat(coder, "how do I install packages from constraints.txt") == "miss");
  CHECK(ask_chat(large, "How do I install the packages from requirements.txt?") == "miss");
  const std::string third = "So how do I install packages from requirements.txt?";
  CHECK(ask_chat(coder, third, {{"cache-control", "no-store"}}) == "bypass");
  CHECK(ask_chat(coder, third, {{"cache-control", "no-cache"}}) == "miss");
  CHECK(ask(home.port(), "DELETE", "/admin/cache").status == 200);
  CHECK(ask_chat(coder, "Please, how do I install packages from requirements.txt?") == "miss");
}

TEST_CASE("cache: meanings told by a backend's embedding model are compared with each other only") {
  for (const std::string teller : {lm_vectors, ollama_vectors}) {
    CAPTURE(teller);
    Plan plan;
    plan.more =
        "performance:\n  cache:\n    semantic:\n      enabled: true\n      model: \"" + teller + "\"\n";
    House home(plan);
    const std::string first = "how do I install packages from requirements.txt";
    const auto ask_chat = [&](const std::string& prompt) {
      return cache_of(ask_cold(home, Dialect::openai_chat, coder, prompt, false));
    };
    CHECK(ask_chat(first) == "miss");
    const auto like = ask_chat("How do I install the packages from requirements.txt?");
    CHECK_MESSAGE(like.starts_with("semantic(0."), like);
    CHECK(ask_chat("how do I install packages from constraints.txt") == "miss");
    CHECK(generations(home) == 2);

    // The built-in vectors know nothing of what the model told.
    REQUIRE(home.apply("performance:\n  cache:\n    semantic:\n      enabled: true\n").has_value());
    CHECK(ask_chat("So how do I install packages from requirements.txt?") == "miss");
    REQUIRE(home.apply(plan.more).has_value());
    auto& server = teller == lm_vectors ? home.lmstudio() : home.ollama();
    server.unload(teller);
    CHECK(eventually([&] {
      for (const auto& model : home.fleet()->models) {
        if (model.id == teller && model.resident) return false;
      }
      return true;
    }));
    // Nobody tells meanings now: answers are generated, not compared by something else.
    CHECK(ask_chat("Please, how do I install packages from requirements.txt?") == "miss");
  }
}
