#include "story.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::fleet;
using namespace codecrucible::fleet::test;
using core::BreakerState;
using core::Cause;
using core::ProviderKind;

namespace {
const Pair m{"box", "m"};

Fleet box() {
  auto settings = with({host("box", ProviderKind::vllm)});
  settings.model_breaker.failures = 3;
  settings.model_breaker.jitter = 0;
  Fleet fleet(settings, at(0));
  fleet.probed("box", listing({"m", "n"}, 8), at(0), at(0));
  return fleet;
}

void fail_once(Fleet& fleet, Cause cause, double now) {
  const auto got = fleet.ask(ask(1, {m}), at(now));
  REQUIRE(lease(got));
  fleet.finished(lease(got)->id, bad(cause), at(now));
}
}  // namespace

TEST_CASE("breaker: opens after the configured faults and lets one trial through") {
  auto fleet = box();
  for (int i = 0; i < 3; ++i) fail_once(fleet, Cause::backend_error, 1 + i);
  CHECK(fleet.view(at(3))->models[0].breaker == BreakerState::open);
  CHECK(fleet.view(at(3))->models[1].breaker == BreakerState::closed);
  // Just went down: it waits shortly; the back-off of 2 s is over within that time.
  const auto held = fleet.ask(ask(2, {m}), at(3.5));
  REQUIRE(waiting(held));
  fleet.tick(at(5.1));
  auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  const auto trial = std::get<Lease>(called[0].result);
  CHECK(trial.trial);
  CHECK(fleet.view(at(5.1))->models[0].breaker == BreakerState::half_open);
  CHECK(waiting(fleet.ask(ask(3, {m}), at(5.2))));
  fleet.finished(trial.id, good(0.1, 0.5), at(5.6));
  CHECK(fleet.view(at(5.6))->models[0].breaker == BreakerState::closed);
  CHECK(fleet.take_called().size() == 1);
}

TEST_CASE("breaker: a failed trial doubles the back-off and a reset closes it") {
  auto fleet = box();
  for (int i = 0; i < 3; ++i) fail_once(fleet, Cause::cut, 1);
  fail_once(fleet, Cause::cut, 3.5);
  const auto refused = fleet.ask(ask(2, {m}), at(7));
  REQUIRE(refusal(refused));
  CHECK(refusal(refused)->cause == Cause::no_backend);
  CHECK(refusal(refused)->retry_after == 1s);
  fleet.reset_breaker("box", "m", at(7));
  CHECK(lease(fleet.ask(ask(3, {m}), at(7))));
}

TEST_CASE("breaker: the client's faults and a loading server count for nothing") {
  auto fleet = box();
  for (int i = 0; i < 20; ++i) {
    fail_once(fleet, Cause::context_length, 1 + 3 * i);
    const auto got = fleet.ask(ask(1, {m}), at(2 + 3 * i));
    fleet.finished(lease(got)->id, bad(Cause::loading), at(2 + 3 * i));
    CHECK(waiting(fleet.ask(ask(2, {m}), at(2 + 3 * i))));
    fleet.tick(at(4 + 3 * i));
    for (const auto& called : fleet.take_called()) {
      fleet.finished(std::get<Lease>(called.result).id, good(0.1, 0.1), at(4 + 3 * i));
    }
  }
  CHECK(fleet.view(at(100))->models[0].breaker == BreakerState::closed);
}

TEST_CASE("breaker: one prompt that kills a model wherever it is tried does not close it for others") {
  auto fleet = box();
  const auto killed_by = [&](std::uint64_t prompt, double now) {
    const auto got = fleet.ask(ask(1, {m}), at(now));
    REQUIRE(lease(got));
    auto outcome = bad(Cause::backend_error);
    outcome.fingerprint = prompt;
    fleet.finished(lease(got)->id, outcome, at(now));
  };
  for (int i = 0; i < 10; ++i) killed_by(77, 1 + 0.1 * i);
  CHECK(fleet.view(at(3))->models[0].breaker == BreakerState::closed);
  killed_by(78, 4);
  killed_by(79, 4);
  CHECK(fleet.view(at(4))->models[0].breaker == BreakerState::open);
}

TEST_CASE("health: refused connections rest the host and a good probe brings it back") {
  auto fleet = box();
  for (int i = 0; i < 5; ++i) fail_once(fleet, Cause::refused, 1);
  CHECK(fleet.view(at(1))->hosts[0].breaker == BreakerState::open);
  CHECK(fleet.due(at(1)) == std::vector<std::string>{"box"});
  fleet.probe_failed("box", core::fail(Cause::refused, "connection refused"), at(1));
  CHECK_FALSE(fleet.view(at(1))->hosts[0].reachable);
  CHECK(fleet.view(at(1))->hosts[0].trouble == "connection refused");
  CHECK(fleet.due(at(2)).empty());
  CHECK(fleet.due(at(8)).size() == 1);
  fleet.probed("box", listing({"m", "n"}, 8), at(8), at(8));
  const auto back = fleet.ask(ask(2, {m}), at(8));
  REQUIRE(lease(back));
  CHECK(lease(back)->trial);
}

TEST_CASE("health: what the gateway itself was short of says nothing of a host") {
  auto fleet = box();
  for (int i = 0; i < 20; ++i) {
    fail_once(fleet, Cause::no_backend, 1);
    fleet.probe_failed("box", core::fail(Cause::no_backend, "no descriptors"), at(1));
  }
  const auto view = fleet.view(at(2));
  CHECK(view->hosts[0].reachable);
  CHECK(view->hosts[0].breaker == BreakerState::closed);
  CHECK(view->models[0].breaker == BreakerState::closed);
  CHECK(fleet.due(at(8)) == std::vector<std::string>{"box"});
}

TEST_CASE("health: probes of a dead host become rare") {
  auto fleet = box();
  int probes = 0;
  for (double now = 5; now < 605; now += 0.5) {
    for (const auto& name : fleet.due(at(now))) {
      ++probes;
      fleet.probe_failed(name, core::fail(Cause::timeout, "no answer"), at(now));
    }
  }
  CHECK(probes < 20);
  CHECK(probes >= 10);
}

TEST_CASE("health: a request whose host just died waits shortly and is served when it returns") {
  auto fleet = box();
  fleet.probe_failed("box", core::fail(Cause::refused, "gone"), at(10));
  const auto held = fleet.ask(ask(1, {m}), at(11));
  REQUIRE(waiting(held));
  SUBCASE("it returns") {
    fleet.probed("box", listing({"m"}, 8), at(12), at(12));
    CHECK(admitted(fleet.take_called()) == std::vector<std::uint64_t>{1});
  }
  SUBCASE("it does not") {
    fleet.tick(at(13.1));
    const auto called = fleet.take_called();
    REQUIRE(called.size() == 1);
    CHECK(std::get<core::Failure>(called[0].result).cause == Cause::no_backend);
    CHECK(refusal(fleet.ask(ask(2, {m}), at(20))));
  }
}

TEST_CASE("health: learned state survives a reload and a restart") {
  auto fleet = box();
  fleet.load_finished("box", "m", true, 9s, at(1));
  fleet.apply(with({host("box", ProviderKind::vllm), host("new", ProviderKind::ollama)}), at(2));
  CHECK(*fleet.view(at(2))->models[0].speed.load_seconds == doctest::Approx(9));
  Fleet next(with({host("box", ProviderKind::vllm)}), at(0));
  next.restore(fleet.learned());
  next.probed("box", listing({"m"}, 8), at(0), at(0));
  CHECK(*next.view(at(0))->models[0].speed.load_seconds == doctest::Approx(9));
}
