#include "world.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::fleet::test;

namespace {

// Runs a world and checks what must hold whatever happens.
Tally run(WorldPlan plan) {
  World world(plan);
  world.run();
  const Tally tally = world.tally();
  CAPTURE(plan.seed);
  CHECK(tally.over_slots == 0);
  CHECK(tally.doubled == 0);
  CHECK(tally.asked == tally.served + tally.failed + tally.refused + tally.left);
  CHECK(tally.leases_left == 0);
  CHECK(tally.waiting_left == 0);
  CHECK(tally.cooling_left == 0);
  CHECK(tally.loading_left == 0);
  return tally;
}

}  // namespace

TEST_CASE("simulation: with the guard no generating model is evicted and all get their turn") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    WorldPlan plan;
    plan.seed = seed;
    const auto tally = run(plan);
    CHECK(tally.evicted_while_generating == 0);
    CHECK(tally.refused == 0);
    CHECK(tally.failed == 0);
    CHECK(tally.swaps > 10);
    CHECK(tally.longest_wait < 100);
    CHECK(tally.served > 600);
  }
}

TEST_CASE("simulation: without the guard the same world shows evictions") {
  int evicted = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    WorldPlan plan;
    plan.seed = seed;
    plan.guard = false;
    evicted += run(plan).evicted_while_generating;
  }
  CHECK(evicted > 10);
}

TEST_CASE("simulation: crashes, failed loads and leaving clients lose no request and no slot") {
  for (std::uint64_t seed = 101; seed <= 116; ++seed) {
    WorldPlan plan;
    plan.seed = seed;
    plan.crashes = true;
    plan.faults = 0.05;
    plan.leavers = 0.1;
    const auto tally = run(plan);
    CHECK(tally.evicted_while_generating == 0);
    CHECK(tally.crashes > 3);
    CHECK(tally.left > 5);
    CHECK(tally.served > 300);
  }
}
