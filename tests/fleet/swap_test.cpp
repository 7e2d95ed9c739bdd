#include "story.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::fleet;
using namespace codecrucible::fleet::test;
using core::Cause;
using core::ProviderKind;

namespace {
const Pair x{"desk", "x"};
const Pair y{"desk", "y"};

Fleet desk(Settings settings = with({host("desk", ProviderKind::lmstudio)})) {
  Fleet fleet(std::move(settings), at(0));
  fleet.probed("desk", listing({"*x", "y", "z"}, 4), at(0), at(0));
  return fleet;
}
}  // namespace

TEST_CASE("swap: a load waits until the model in memory is idle") {
  auto fleet = desk();
  const auto a = fleet.ask(ask(1, {x}), at(10));
  REQUIRE(lease(a));
  CHECK_FALSE(lease(a)->must_load_first);
  const auto b = fleet.ask(ask(2, {y}), at(10));
  REQUIRE(waiting(b));
  CHECK(fleet.take_events().swaps_avoided == 1);
  fleet.tick(at(11));
  CHECK(fleet.take_events().swaps_avoided == 0);
  fleet.finished(lease(a)->id, good(0.1, 2), at(12));
  const auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<Lease>(called[0].result).must_load_first);
}

TEST_CASE("swap: with the guard off the load starts at once") {
  auto settings = with({host("desk", ProviderKind::lmstudio)});
  settings.swap.guard = false;
  auto fleet = desk(settings);
  CHECK(lease(fleet.ask(ask(1, {x}), at(10))));
  const auto b = fleet.ask(ask(2, {y}), at(10));
  REQUIRE(lease(b));
  CHECK(lease(b)->must_load_first);
}

TEST_CASE("swap: those who want a loading model join the one load") {
  auto fleet = desk();
  const auto a = fleet.ask(ask(1, {y}), at(10));
  REQUIRE(lease(a));
  CHECK(lease(a)->must_load_first);
  CHECK(waiting(fleet.ask(ask(2, {y}), at(11))));
  CHECK(waiting(fleet.ask(ask(3, {y}), at(11))));
  CHECK(waiting(fleet.ask(ask(4, {{"desk", "z"}}), at(11))));
  CHECK(fleet.counts().loading == 1);
  CHECK(fleet.first_token_limit(y) == fleet.settings().timeouts.first_token_while_loading);
  // A probe that began before the load ended must not undo it.
  fleet.load_finished("desk", "y", true, 7s, at(17));
  fleet.probed("desk", listing({"*x", "y", "z"}, 4), at(16), at(18));
  CHECK(admitted(fleet.take_called()) == std::vector<std::uint64_t>{2, 3});
  const auto view = fleet.view(at(18), true);
  CHECK_FALSE(view->models[0].resident);
  CHECK(view->models[1].resident);
  CHECK(*view->models[1].speed.load_seconds == doctest::Approx(7));
}

TEST_CASE("swap: when the loader leaves the load goes on for those who joined") {
  auto fleet = desk();
  const auto a = fleet.ask(ask(1, {y}), at(10));
  fleet.ask(ask(2, {y}), at(11));
  fleet.finished(lease(a)->id, cancelled(), at(12));
  CHECK(fleet.take_called().empty());
  CHECK(fleet.counts().loading == 1);
  fleet.load_finished("desk", "y", true, 7s, at(17));
  CHECK(admitted(fleet.take_called()) == std::vector<std::uint64_t>{2});
}

TEST_CASE("swap: a failed load is tried again after a pause by the next who waits") {
  auto fleet = desk();
  const auto a = fleet.ask(ask(1, {y}), at(10));
  fleet.ask(ask(2, {y}), at(11));
  fleet.load_finished("desk", "y", false, 1s, at(12));
  fleet.finished(lease(a)->id, bad(Cause::backend_error), at(12));
  CHECK(fleet.take_called().empty());
  fleet.tick(at(14));
  const auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<Lease>(called[0].result).must_load_first);
}

TEST_CASE("swap: a steady stream for one model yields its turn to a waiting other one") {
  auto fleet = desk();
  std::vector<std::pair<double, LeaseId>> running;
  const auto start = [&](std::uint64_t request, double now) {
    const auto got = fleet.ask(ask(request, {x}, "stream"), at(now));
    if (lease(got)) running.emplace_back(now + 2, lease(got)->id);
  };
  start(1, 10);
  const auto other = fleet.ask(ask(1000, {y}, "other"), at(10));
  REQUIRE(waiting(other));
  double loaded_at = 0;
  std::uint64_t request = 2;
  for (double now = 10; now < 60 && loaded_at == 0; now += 0.5) {
    start(request++, now);
    for (std::size_t i = 0; i < running.size();) {
      if (running[i].first <= now) {
        fleet.finished(running[i].second, good(0.1, 2), at(now));
        running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
    fleet.tick(at(now));
    for (const auto& called : fleet.take_called()) {
      const auto& got = std::get<Lease>(called.result);
      if (called.request == 1000) {
        CHECK(running.empty());
        CHECK(got.must_load_first);
        loaded_at = now;
      } else {
        running.emplace_back(now + 2, got.id);
      }
    }
  }
  CHECK(loaded_at >= 10 + 2);
  CHECK(loaded_at <= 10 + 10 + 3);  // the turn, and the last generation's end
}

TEST_CASE("swap: a model just loaded stays for its dwell") {
  auto fleet = desk();
  const auto a = fleet.ask(ask(1, {y}), at(10));
  fleet.load_finished("desk", "y", true, 2s, at(12));
  fleet.finished(lease(a)->id, good(0.1, 0.5), at(12.5));
  const auto b = fleet.ask(ask(2, {x}), at(12.6));
  REQUIRE(waiting(b));
  fleet.tick(at(14.9));
  CHECK(fleet.take_called().empty());
  fleet.tick(at(15));
  CHECK(fleet.take_called().size() == 1);
}

TEST_CASE("swap: Ollama's limit is learned from models seen together") {
  Fleet fleet(with({host("box", ProviderKind::ollama)}), at(0));
  fleet.probed("box", listing({"*a", "b", "c"}), at(0), at(0));
  CHECK(lease(fleet.ask(ask(1, {{"box", "a"}}), at(10))));
  CHECK(waiting(fleet.ask(ask(2, {{"box", "b"}}), at(10))));
  fleet.probed("box", listing({"*a", "*b", "c"}), at(11), at(11));
  CHECK(fleet.take_called().size() == 1);
  CHECK(waiting(fleet.ask(ask(3, {{"box", "c"}}), at(12))));
}

TEST_CASE("swap: a known size limit holds back what does not fit beside a busy model") {
  auto box = host("box", ProviderKind::ollama);
  box.max_loaded = 3;
  box.vram_bytes = 24'000'000'000;
  Fleet fleet(with({box}), at(0));
  auto list = listing({"*a", "b", "c"});
  list.models[0].size_bytes = 14'000'000'000;
  list.models[1].size_bytes = 14'000'000'000;
  list.models[2].size_bytes = 5'000'000'000;
  fleet.probed("box", list, at(0), at(0));
  CHECK(lease(fleet.ask(ask(1, {{"box", "a"}}), at(10))));
  CHECK(waiting(fleet.ask(ask(2, {{"box", "b"}}), at(10))));
  CHECK(lease(fleet.ask(ask(3, {{"box", "c"}}), at(10))));
}
