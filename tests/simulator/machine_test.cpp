#include "simulator/machine.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::simulator;
using codecrucible::core::ProviderKind;
using Step = Machine::Step;

namespace {

Settings two_models(ProviderKind kind, bool auto_evict) {
  Settings settings;
  settings.kind = kind;
  settings.auto_evict = auto_evict;
  settings.max_loaded = 1;
  ModelSpec one;
  one.id = "one";
  one.slots = 2;
  ModelSpec two;
  two.id = "two";
  two.slots = 2;
  settings.models = {one, two};
  settings.resident = {"one"};
  return settings;
}

}  // namespace

TEST_CASE("machine: a resident model runs as many as it has slots, the next waits") {
  Machine machine(two_models(ProviderKind::lmstudio, true));
  auto& one = *machine.find("one");
  CHECK(machine.ask(one, {}) == Step::run);
  CHECK(machine.ask(one, {}) == Step::run);
  CHECK(machine.ask(one, {}) == Step::wait);
  machine.done(one);
  CHECK(machine.ask(one, {}) == Step::run);
  CHECK(machine.stats.most_running == 2);
}

TEST_CASE("machine: LM Studio's load evicts even a model that is generating, and that is counted") {
  Machine machine(two_models(ProviderKind::lmstudio, true));
  auto& one = *machine.find("one");
  auto& two = *machine.find("two");
  REQUIRE(machine.ask(one, {}) == Step::run);
  const auto life = one.generation;
  REQUIRE(machine.ask(two, {}) == Step::load);
  machine.loaded(two, {});
  CHECK(machine.ask(two, {}) == Step::run);
  CHECK(!one.resident);
  CHECK(one.generation != life);
  CHECK(machine.stats.evictions == 1);
  CHECK(machine.stats.evicted_while_running == 1);
}

TEST_CASE("machine: Ollama waits for the victim to finish before it loads another") {
  Machine machine(two_models(ProviderKind::ollama, false));
  auto& one = *machine.find("one");
  auto& two = *machine.find("two");
  REQUIRE(machine.ask(one, {}) == Step::run);
  CHECK(machine.ask(two, {}) == Step::wait);
  machine.done(one);
  CHECK(machine.ask(two, {}) == Step::load);
  machine.loaded(two, {});
  CHECK(machine.ask(two, {}) == Step::run);
  CHECK(machine.stats.evicted_while_running == 0);
}

TEST_CASE("machine: two requests for a cold model share one load") {
  Machine machine(two_models(ProviderKind::lmstudio, true));
  auto& two = *machine.find("two");
  CHECK(machine.ask(two, {}) == Step::load);
  CHECK(machine.ask(two, {}) == Step::wait);
  machine.loaded(two, {});
  CHECK(machine.ask(two, {}) == Step::run);
  CHECK(machine.ask(two, {}) == Step::run);
  CHECK(machine.stats.loads == 1);
}

TEST_CASE("machine: Ollama finds a model without its tag, and nobody finds a stranger") {
  Settings settings = two_models(ProviderKind::ollama, false);
  settings.models[0].id = "one:latest";
  settings.resident = {"one:latest"};
  Machine machine(settings);
  CHECK(machine.find("one") != nullptr);
  CHECK(machine.find("one:latest") != nullptr);
  CHECK(machine.find("three") == nullptr);
}
