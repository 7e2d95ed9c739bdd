// Counts allocations by replacing operator new, which the sanitizers do themselves.
#ifndef CODECRUCIBLE_SANITIZED
#include "router/condition/program.hpp"
#include "world.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t allocations = 0;
}

// Counts for the whole test program; the memory is malloc's as before.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

using namespace codecrucible;
using namespace codecrucible::router;

TEST_CASE("router: evaluating a condition allocates nothing") {
  const auto fleet = desk();
  auto verdict = verdict_of(core::TaskType::edit, core::Complexity::medium);
  verdict.keywords = {"security"};
  const Facts facts{.verdict = &verdict, .model = "a-model-with-a-rather-long-name", .user = "ann"};
  condition::Mistake mistake;
  const auto program = condition::parse(
      "(taskType in ['edit', 'format'] && keywords.contains('security') && complexity >= 'medium') && "
      "(user == 'bob' || model endsWith 'rather-long-name') && !(headers['x-team'] == 'a longer text than "
      "that') "
      "&& lmstudio.healthy && vram.free < 100 && weekday in ['mon', 'tue']",
      {"lmstudio"}, mistake);
  REQUIRE(program);
  const auto before = allocations;
  bool truth = true;
  for (int i = 0; i < 100; ++i) truth = truth && program->holds({facts, fleet});
  const auto after = allocations;
  CHECK(truth);
  CHECK(after == before);
}

TEST_CASE("router: a decision allocates its result only") {
  const auto fleet = desk();
  const auto policy = policy_of(mission());
  const auto verdict = verdict_of(core::TaskType::template_, core::Complexity::simple);
  const Facts facts{.verdict = &verdict, .model = "auto"};
  (void)decide(facts, policy, fleet, 0);  // the first one learns the models' traits
  const auto before = allocations;
  const auto decision = decide(facts, policy, fleet, 0);
  const auto after = allocations;
  CHECK_FALSE(decision.ranked.empty());
  CHECK(after - before <= 8);  // ranked, rule, reason
}

#endif
