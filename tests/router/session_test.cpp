#include "world.hpp"

using namespace codecrucible;
using namespace codecrucible::router;
using core::Complexity;
using core::TaskType;

namespace {

// A running conversation that was answered by the warm small model.
struct Talk {
  classifier::Verdict verdict = verdict_of(TaskType::edit, Complexity::simple);
  Facts facts{.verdict = &verdict,
              .running = true,
              .previous_provider = "lmstudio",
              .previous_model = "codellama-13b-instruct"};
  core::FleetView fleet = desk();
  Settings settings;
  Decision decide() const { return router::decide(facts, policy_of(settings), fleet, 0.99); }
  std::size_t first() const { return decide().ranked.at(0).model; }
};

void say(core::ChatRequest& request, core::Arena& arena, core::Role role, std::string_view text) {
  auto& message = request.messages.emplace_back();
  message.role = role;
  auto& part = message.parts.emplace_back();
  part.text = arena.copy(text);
}

}  // namespace

TEST_CASE("router: a running conversation stays where it is") {
  Talk talk;
  CHECK(talk.first() == small_13b);
  CHECK(talk.decide().stuck);
  talk.facts.running = false;
  CHECK(talk.first() == warm_7b);
  talk.facts.running = true;
  talk.settings.stickiness.conversations = false;
  CHECK(talk.first() == warm_7b);
  talk.facts.tool_loop = true;  // always
  CHECK(talk.first() == small_13b);
}

TEST_CASE("router: a conversation leaves a model that is gone, resting, too small or unable") {
  for (int exit = 0; exit < 6; ++exit) {
    Talk talk;
    talk.facts.tool_loop = true;
    auto& model = talk.fleet.models[small_13b];
    if (exit == 0) model.id = model.public_id = "renamed";
    if (exit == 1) model.breaker = core::BreakerState::open;
    if (exit == 2) model.window = 100;
    if (exit == 3) talk.fleet.hosts[0].draining = true;
    if (exit == 4) talk.fleet.hosts[0].reachable = false;
    if (exit == 5) {
      model.can.vision = false;
      talk.fleet.models[large_72b].can.vision = true;
      talk.facts.vision = true;
    }
    talk.facts.prompt_tokens = 500;
    const auto decision = talk.decide();
    CHECK_FALSE(decision.stuck);
    REQUIRE_FALSE(decision.ranked.empty());
    CHECK(talk.fleet.models[decision.ranked[0].model].id != "codellama-13b-instruct");
    CHECK(decision.reason.find("cannot go on") != std::string::npos);
  }
}

TEST_CASE("router: a conversation moves upward when it gets hard, never down, and never in a tool loop") {
  Talk talk;
  talk.verdict = verdict_of(TaskType::debugging, Complexity::complex);
  CHECK(talk.fleet.models[talk.first()].host == 1);
  talk.facts.tool_loop = true;
  CHECK(talk.first() == small_13b);
  talk.facts.tool_loop = false;
  talk.facts.previous_provider = "ollama";
  talk.facts.previous_model = "qwen2.5:72b";
  talk.verdict = verdict_of(TaskType::format, Complexity::simple);
  CHECK(talk.first() == large_72b);
  talk.settings.rules = {to("taskType == 'format'", "lmstudio")};
  CHECK(talk.first() == large_72b);  // a rule for task types does not pull a conversation down
  talk.settings.rules[0].always = true;
  CHECK(talk.fleet.models[talk.first()].host == 0);
  talk.facts.tool_loop = true;
  CHECK(talk.first() == large_72b);
}

TEST_CASE("router: a concrete model keeps its replica") {
  Talk talk;
  talk.fleet.models.push_back(model_of(1, "codellama-13b-instruct", true));
  talk.facts.model = "codellama-13b-instruct";
  CHECK(talk.first() == small_13b);
  talk.facts.running = false;
  CHECK(talk.first() == 5);
}

TEST_CASE("router: facts of a request tell its needs, its session and its language") {
  core::Arena arena;
  core::ChatRequest request(arena);
  request.user = "ann";
  say(request, arena, core::Role::system, "You help.");
  say(request, arena, core::Role::user, "Fix this:\n```python\nx = 1\n```");
  classifier::Verdict verdict;
  verdict.prompt_tokens = 40;
  auto facts = facts_of(request, verdict);
  CHECK(facts.conversation != 0);
  CHECK_FALSE(facts.running);
  CHECK_FALSE(facts.tool_loop);
  CHECK(facts.language == "python");
  CHECK(facts.prompt_tokens == 40);
  CHECK(facts.prompt_length == 9 + 29);
  const auto key = facts.conversation;

  say(request, arena, core::Role::assistant, "done");
  say(request, arena, core::Role::user, "and now?");
  facts = facts_of(request, verdict);
  CHECK(facts.conversation == key);
  CHECK(facts.running);
  CHECK_FALSE(facts.tool_loop);
  request.user = "bob";
  CHECK(facts_of(request, verdict).conversation != key);

  say(request, arena, core::Role::assistant, "");
  say(request, arena, core::Role::tool, "42");
  CHECK(facts_of(request, verdict).tool_loop);
  say(request, arena, core::Role::user, "go on");  // Anthropic: text after the results in the same turn
  CHECK(facts_of(request, verdict).tool_loop);
  say(request, arena, core::Role::assistant, "fine");
  say(request, arena, core::Role::user, "thanks");
  CHECK_FALSE(facts_of(request, verdict).tool_loop);

  request.tools.emplace_back();
  CHECK(facts_of(request, verdict).tools);
  request.tool_choice = core::ToolChoice::none;
  CHECK_FALSE(facts_of(request, verdict).tools);
  request.messages.back().parts.emplace_back().kind = core::Part::Kind::image;
  request.format.kind = core::Format::Kind::schema;
  request.effort = "low";
  request.logprobs = true;
  facts = facts_of(request, verdict);
  CHECK(facts.vision);
  CHECK(facts.structured);
  CHECK(facts.thinking);
  CHECK(facts.logprobs);
  request.think = false;
  CHECK_FALSE(facts_of(request, verdict).thinking);
}

TEST_CASE("router: a changing billing line does not change the conversation") {
  const auto key = [](std::string_view system) {
    core::Arena arena;
    core::ChatRequest request(arena);
    say(request, arena, core::Role::system, system);
    say(request, arena, core::Role::user, "hello");
    return facts_of(request, classifier::Verdict()).conversation;
  };
  CHECK(key("x-anthropic-billing-header: cch=1\nYou help.") ==
        key("x-anthropic-billing-header: cch=2\nYou help."));
  CHECK(key("You help.") != key("You code."));
  CHECK(conversation_key("abc") != 0);
  CHECK(conversation_key("") == 0);
}

TEST_CASE("router: completions and embeddings state their needs") {
  core::Arena arena;
  core::ChatRequest request(arena);
  request.surface = core::Surface::openai_completions;
  request.prompt = "def f(";
  CHECK(facts_of(request, {}).completion);
  CHECK(facts_of(request, {}).conversation == 0);
  request.suffix = "return x";
  CHECK(facts_of(request, {}).insert);
  request = core::ChatRequest(arena);
  request.surface = core::Surface::ollama_generate;
  CHECK_FALSE(facts_of(request, {}).completion);
  core::EmbeddingsRequest vectors(arena);
  vectors.inputs.push_back("four bytes a token");
  CHECK(facts_of(vectors).embeddings);
  CHECK(facts_of(vectors).prompt_tokens == 4);
  CHECK(prefer_of("FAST") == Prefer::fast);
  CHECK_FALSE(prefer_of("slow"));
}
