#include "world.hpp"

#include <atomic>
#include <thread>

using namespace codecrucible;
using namespace codecrucible::router;
using core::Cause;
using core::Complexity;
using core::TaskType;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("router: the forms of the mission work as written") {
  const auto policy = policy_of(mission());
  const auto fleet = desk();
  auto verdict = verdict_of(TaskType::template_, Complexity::simple);
  Facts facts{.verdict = &verdict, .model = "auto"};
  auto decision = decide(facts, policy, fleet, 0.5);
  REQUIRE_FALSE(decision.ranked.empty());
  CHECK(fleet.models[decision.ranked[0].model].host == 0);
  CHECK(decision.confidence == doctest::Approx(0.9));
  CHECK(decision.rule == "Templates are fast tasks best handled by LM Studio");
  CHECK(decision.ranked.size() == 4);  // the others stay behind the target as fallbacks
  CHECK(decision.ranked[0].model == warm_7b);

  verdict = verdict_of(TaskType::debugging, Complexity::complex);
  decision = decide(facts, policy, fleet, 0.5);
  CHECK(fleet.models[decision.ranked[0].model].host == 1);
  CHECK(decision.confidence == doctest::Approx(0.95));
  CHECK(fleet.models[decision.ranked[2].model].host == 0);
}

TEST_CASE("router: a concrete name is honoured in every spelling") {
  auto fleet = desk();
  fleet.models.push_back(model_of(1, "llama3:latest", true));
  fleet.models.push_back(model_of(0, "meta/Llama-Guard", true));
  const auto policy = policy_of(mission());
  const auto first = [&](std::string_view name) {
    const auto decision = decide({.model = name}, policy, fleet, 0);
    CHECK(decision.concrete);
    return decision.ranked.size() == 1 ? decision.ranked[0].model : std::size_t{99};
  };
  CHECK(first("qwen2.5:72b") == large_72b);
  CHECK(first("QWEN2.5:72B") == large_72b);
  CHECK(first("llama3") == 5);
  CHECK(first("llama3:latest") == 5);
  CHECK(first("ollama/llama3") == 5);
  CHECK(first("meta%2Fllama-guard") == 6);
  CHECK(first("llama-guard") == 6);
  CHECK(first("lmstudio/meta/llama-guard") == 6);
  CHECK(first("other/llama3") == 5);
  CHECK(decide({.model = "google/llama-guard"}, policy, fleet, 0).refusal.cause == Cause::model_not_found);
  CHECK(decide({.model = "lmstudio/qwen2.5:72b"}, policy, fleet, 0).ranked.empty());
}

TEST_CASE("router: an unknown model is refused with the nearest names") {
  const auto decision = decide({.model = "qwen2.5:7b"}, policy_of({}), desk(), 0);
  CHECK(decision.ranked.empty());
  CHECK(decision.refusal.cause == Cause::model_not_found);
  CHECK(decision.refusal.param == "model");
  CHECK(has(decision.refusal.detail, "qwen2.5:72b"));
  Settings settings;
  settings.unknown_model = UnknownModel::automatic;
  CHECK_FALSE(decide({.model = "gpt-4o"}, policy_of(settings), desk(), 0).ranked.empty());
}

TEST_CASE("router: aliases lead to models, providers and virtual models") {
  Settings settings;
  settings.aliases = {{"gpt-4o*", "auto-quality"}, {"small", "lmstudio/qwen2.5-coder-7b"}, {"big", "ollama"}};
  const auto policy = policy_of(settings);
  const auto fleet = desk();
  CHECK(decide({.model = "small"}, policy, fleet, 0).ranked[0].model == warm_7b);
  CHECK_FALSE(decide({.model = "GPT-4o-mini"}, policy, fleet, 0).concrete);
  const auto big = decide({.model = "big"}, policy, fleet, 0);
  CHECK(big.ranked.size() == 2);
  CHECK(fleet.models[big.ranked[0].model].host == 1);
  CHECK(resolve("gpt-4o", policy, fleet).prefer == Prefer::quality);
  CHECK(resolve("gpt-4o", policy, fleet).by_alias);
  CHECK(resolve("ollama", policy, fleet).models.size() == 2);
}

TEST_CASE("router: a model on several hosts yields all replicas") {
  auto fleet = desk();
  fleet.models.push_back(model_of(0, "qwen2.5:72b", true));
  auto decision = decide({.model = "qwen2.5:72b"}, policy_of({}), fleet, 0);
  REQUIRE(decision.ranked.size() == 2);
  CHECK(decision.ranked[0].model == 5);  // the one that is in memory
  fleet.models[5].speed.queue_seconds = 600;
  decision = decide({.model = "qwen2.5:72b"}, policy_of({}), fleet, 0);
  CHECK(decision.ranked[0].model == large_72b);
}

TEST_CASE("router: fast and quality wishes go before rules, deny and model rules do not yield") {
  auto settings = mission();
  const auto fleet = desk();
  auto verdict = verdict_of(TaskType::debugging, Complexity::complex);
  Facts facts{.verdict = &verdict, .model = "auto-fast"};
  CHECK(decide(facts, policy_of(settings), fleet, 0).ranked[0].model == warm_7b);
  CHECK(decide(facts, policy_of(settings), fleet, 0).rule.empty());
  facts.model = "auto";
  facts.prefer = Prefer::fast;
  CHECK(decide(facts, policy_of(settings), fleet, 0).ranked[0].model == warm_7b);

  settings.tiers = {{"fast", {"codellama-13b-instruct"}}, {"quality", {"ollama"}}};
  const auto tiered = decide(facts, policy_of(settings), fleet, 0);
  CHECK(tiered.ranked[0].model == small_13b);
  CHECK(tiered.tier == "fast");

  settings.rules.push_back(to("model == 'gpt-4'", "ollama/qwen2.5:72b"));
  Rule deny;
  deny.condition = "user == 'mallory'";
  deny.deny = Deny{.reason = "not you", .status = 403};
  settings.rules.push_back(deny);
  facts = {.verdict = &verdict, .model = "gpt-4"};
  CHECK(decide(facts, policy_of(settings), fleet, 0).ranked[0].model == large_72b);
  facts = {.verdict = &verdict, .model = "qwen2.5:72b", .user = "mallory"};
  const auto denied = decide(facts, policy_of(settings), fleet, 0);
  CHECK(denied.refusal.cause == Cause::forbidden);
  CHECK(denied.refusal.detail == "not you");
}

TEST_CASE("router: each gate shuts out and says why") {
  const auto policy = policy_of({});
  const auto refusal = [&](const Facts& facts, const core::FleetView& fleet) {
    const auto decision = decide(facts, policy, fleet, 0);
    CHECK(decision.ranked.empty());
    return decision.refusal;
  };
  const auto fleet = desk();
  Facts facts{.model = "qwen2.5:72b", .prompt_tokens = 8000, .max_tokens = 1000};
  auto failure = refusal(facts, fleet);
  CHECK(failure.cause == Cause::context_length);
  CHECK(failure.needed_tokens == 9000);
  CHECK(failure.window_tokens == 8192);

  struct Case {
    bool Facts::* need;
    bool core::Capabilities::* can;
    std::string_view param;
  };
  for (const auto& [need, can, param] :
       {Case{&Facts::tools, &core::Capabilities::tools, "tools"},
        Case{&Facts::vision, &core::Capabilities::vision, "messages"},
        Case{&Facts::structured, &core::Capabilities::structured, "response_format"},
        Case{&Facts::thinking, &core::Capabilities::thinking, "reasoning_effort"},
        Case{&Facts::logprobs, &core::Capabilities::logprobs, "logprobs"},
        Case{&Facts::insert, &core::Capabilities::insert, "suffix"},
        Case{&Facts::completion, &core::Capabilities::completion, "prompt"}}) {
    auto without = desk();
    without.models[large_72b].can.*can = false;
    Facts wanting{.model = "qwen2.5:72b"};
    wanting.*need = true;
    failure = refusal(wanting, without);
    CHECK(failure.cause == Cause::unsupported);
    CHECK(failure.param == param);
    without.models[large_72b].can.*can = true;
    CHECK_FALSE(decide(wanting, policy, without, 0).ranked.empty());
    // auto goes to the one that can.
    wanting.model = "auto";
    for (auto& model : without.models) model.can.*can = model.id == "codellama:34b";
    const auto decision = decide(wanting, policy, without, 0);
    REQUIRE(decision.ranked.size() == 1);
    CHECK(decision.ranked[0].model == large_34b);
    CHECK_FALSE(decision.excluded.empty());
  }

  failure = refusal({.model = "text-embedding-nomic-embed-text-v1.5"}, fleet);
  CHECK(failure.cause == Cause::unsupported);
  Facts vectors{.model = "auto", .embeddings = true};
  CHECK(decide(vectors, policy, fleet, 0).ranked[0].model == embedder);
  vectors.model = "qwen2.5:72b";
  CHECK(refusal(vectors, fleet).cause == Cause::unsupported);

  const std::vector<std::string> allowed{"lmstudio/*"};
  Facts keyed{.model = "qwen2.5:72b", .allowed_models = allowed};
  CHECK(refusal(keyed, fleet).cause == Cause::forbidden);
  keyed.model = "auto";
  CHECK(decide(keyed, policy, fleet, 0).ranked.size() == 2);
}

TEST_CASE("router: without max_tokens some room is kept, an unknown window passes") {
  const auto policy = policy_of({});
  auto fleet = desk();
  Facts facts{.model = "qwen2.5:72b", .prompt_tokens = 8000};
  CHECK(decide(facts, policy, fleet, 0).refusal.cause == Cause::context_length);
  facts.prompt_tokens = 7900;
  CHECK_FALSE(decide(facts, policy, fleet, 0).ranked.empty());
  // This model's tokenizer was seen to make more of the same text.
  fleet.models[large_72b].token_factor = 1.2;
  const auto shut = decide(facts, policy, fleet, 0).refusal;
  CHECK(shut.cause == Cause::context_length);
  CHECK(shut.detail.find("9480 in the prompt") != std::string::npos);
  fleet.models[large_72b].token_factor = 1;
  facts.prompt_tokens = 1000000;
  fleet.models[large_72b].window.reset();
  CHECK_FALSE(decide(facts, policy, fleet, 0).ranked.empty());
}

TEST_CASE("router: for Messages max_tokens is a ceiling and thinking a hint, so neither shuts a gate") {
  const auto policy = policy_of({});
  auto fleet = desk();
  Facts facts{.model = "qwen2.5:72b", .prompt_tokens = 7000, .max_tokens = 32000};
  CHECK(decide(facts, policy, fleet, 0).refusal.cause == Cause::context_length);
  facts.surface = core::Surface::anthropic_messages;
  CHECK_FALSE(decide(facts, policy, fleet, 0).ranked.empty());
  facts.prompt_tokens = 8100;
  CHECK(decide(facts, policy, fleet, 0).refusal.cause == Cause::context_length);
  facts.max_tokens = 20;
  CHECK_FALSE(decide(facts, policy, fleet, 0).ranked.empty());
  core::Arena arena;
  core::ChatRequest request(arena);
  request.think = true;
  const classifier::Verdict verdict;
  CHECK(facts_of(request, verdict).thinking);
  request.surface = core::Surface::anthropic_messages;
  CHECK_FALSE(facts_of(request, verdict).thinking);
}

TEST_CASE("router: an effort leads to a model that thinks, but shuts nobody out where none does") {
  const auto policy = policy_of({});
  auto fleet = desk();
  core::Arena arena;
  core::ChatRequest request(arena);
  request.model = "auto";
  request.effort = "low";
  request.think = true;
  const classifier::Verdict verdict;
  auto facts = facts_of(request, verdict);
  for (auto& model : fleet.models) model.can.thinking = model.id == "codellama:34b";
  auto decision = decide(facts, policy, fleet, 0);
  REQUIRE(decision.ranked.size() == 1);
  CHECK(decision.ranked[0].model == large_34b);
  for (auto& model : fleet.models) model.can.thinking = false;
  decision = decide(facts, policy, fleet, 0);
  CHECK(decision.ranked.size() > 1);
  for (const auto& out : decision.excluded) CHECK(out.gate != Gate::thinking);
  facts.model = "qwen2.5:72b";
  CHECK(decide(facts, policy, fleet, 0).ranked.size() == 1);
  // Who asks an Ollama client's way to think means it, as does `think: true`.
  request.surface = core::Surface::ollama_chat;
  CHECK(decide(facts_of(request, verdict), policy, fleet, 0).refusal.cause == Cause::unsupported);
  request.surface = core::Surface::openai_chat;
  request.effort = {};
  CHECK(decide(facts_of(request, verdict), policy, fleet, 0).refusal.cause == Cause::unsupported);
}

TEST_CASE("router: a host that is away is passed over, all away is no backend with a time to come back") {
  const auto policy = policy_of(mission());
  auto verdict = verdict_of(TaskType::template_, Complexity::simple);
  const Facts facts{.verdict = &verdict, .model = "auto"};
  const auto away = {
      +[](core::FleetView& f, std::size_t h) { f.hosts[h].reachable = false; },
      +[](core::FleetView& f, std::size_t h) { f.hosts[h].breaker = core::BreakerState::open; },
      +[](core::FleetView& f, std::size_t h) { f.hosts[h].draining = true; },
      +[](core::FleetView& f, std::size_t h) {
        for (auto& model : f.models) {
          if (model.host == h) model.breaker = core::BreakerState::open;
        }
      }};
  for (const auto leave : away) {
    auto fleet = desk();
    leave(fleet, 0);
    auto decision = decide(facts, policy, fleet, 0);
    REQUIRE_FALSE(decision.ranked.empty());
    CHECK(fleet.models[decision.ranked[0].model].host == 1);
    CHECK(has(decision.reason, "cannot take it now"));
    leave(fleet, 1);
    decision = decide(facts, policy, fleet, 0);
    CHECK(decision.ranked.empty());
    CHECK(decision.refusal.cause == Cause::no_backend);
    CHECK(decision.refusal.retry_after.has_value());
  }
  // One fits but is away, the other is too small: waiting helps, so it is no backend.
  auto fleet = desk();
  fleet.hosts[1].reachable = false;
  fleet.models[large_72b].window = 100000;
  Facts large = facts;
  large.prompt_tokens = 50000;
  CHECK(decide(large, policy, fleet, 0).refusal.cause == Cause::no_backend);
  CHECK(decide({.model = "ollama/nobody"}, policy, fleet, 0).refusal.cause == Cause::no_backend);
  CHECK(decide({.model = "auto"}, policy, {}, 0).refusal.cause == Cause::no_backend);
}

TEST_CASE("router: private requests stay on local providers") {
  auto settings = mission();
  settings.providers[1].local = false;
  const auto fleet = desk();
  auto verdict = verdict_of(TaskType::debugging, Complexity::complex);
  Facts facts{.verdict = &verdict, .model = "auto", .local_only = true};
  const auto decision = decide(facts, policy_of(settings), fleet, 0);
  REQUIRE(decision.ranked.size() == 2);
  CHECK(fleet.models[decision.ranked[0].model].host == 0);
  facts.model = "qwen2.5:72b";
  CHECK(decide(facts, policy_of(settings), fleet, 0).refusal.cause == Cause::unsupported);
}

TEST_CASE("router: decisions are the same for the same arguments, whatever is asked") {
  auto settings = mission();
  settings.exploration.enabled = Exploring::always;
  const auto policy = policy_of(settings);
  const auto fleet = desk();
  auto verdict = verdict_of(TaskType::analysis, Complexity::medium);
  for (const double dice : {-1.0, 0.0, 0.3, 0.97, 0.999, 1.0, 2.0}) {
    Facts facts{.verdict = &verdict, .model = "auto", .prompt_tokens = -5, .max_tokens = -1};
    const auto one = decide(facts, policy, fleet, dice), two = decide(facts, policy, fleet, dice);
    CHECK(one.ranked.size() == two.ranked.size());
    CHECK(one.ranked[0].model == two.ranked[0].model);
    CHECK(one.reason == two.reason);
  }
}

TEST_CASE("router: many threads may decide with one policy") {
  const auto policy = policy_of(mission());
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto fleet = desk();
      for (int i = 0; i < 500; ++i) {
        // More models than the cache of traits holds.
        fleet.models[small_13b].id = "model-" + std::to_string(i * (t % 2 + 1)) + "-13b";
        fleet.models[warm_7b].id = "other-" + std::to_string(i) + "-7b";
        wrong += decide({.model = "auto"}, policy, fleet, 0).ranked.size() != 4;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}
