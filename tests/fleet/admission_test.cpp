#include "story.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::fleet;
using namespace codecrucible::fleet::test;
using core::Cause;
using core::ProviderKind;

namespace {
Fleet one_vllm(int slots, Settings settings = with({host("box", ProviderKind::vllm)})) {
  Fleet fleet(std::move(settings), at(0));
  fleet.probed("box", listing({"m"}, slots), at(0), at(0));
  return fleet;
}
const Pair m{"box", "m"};
}  // namespace

TEST_CASE("fleet: never more generations than slots and the next waiting one follows") {
  auto fleet = one_vllm(2);
  const auto a = fleet.ask(ask(1, {m}), at(1));
  const auto b = fleet.ask(ask(2, {m}), at(1));
  const auto c = fleet.ask(ask(3, {m}), at(1));
  const auto d = fleet.ask(ask(4, {m}), at(1));
  REQUIRE(lease(a));
  REQUIRE(lease(b));
  REQUIRE(waiting(c));
  REQUIRE(waiting(d));
  CHECK(waiting(c)->position == 0);
  CHECK(waiting(d)->position == 1);
  CHECK(fleet.view(at(1), true)->models[0].running == 2);
  CHECK(fleet.view(at(1), true)->hosts[0].queued == 2);
  fleet.finished(lease(a)->id, good(0.1, 1), at(2));
  CHECK(admitted(fleet.take_called()) == std::vector<std::uint64_t>{3});
  CHECK(fleet.position(waiting(d)->ticket, at(2)) == 0);
  fleet.finished(lease(a)->id, good(0.1, 1), at(2));  // twice does nothing
  CHECK(fleet.take_called().empty());
  CHECK(fleet.counts().leases == 2);
}

TEST_CASE("fleet: one client's pile does not hold up another's single request") {
  auto fleet = one_vllm(1);
  const auto first = fleet.ask(ask(1, {m}, "heavy"), at(1));
  for (std::uint64_t i = 2; i <= 6; ++i) fleet.ask(ask(i, {m}, "heavy"), at(1));
  fleet.ask(ask(10, {m}, "light"), at(2));
  fleet.ask(ask(11, {m}, "light"), at(2));
  std::vector<std::uint64_t> order;
  LeaseId running = lease(first)->id;
  for (int i = 0; i < 7; ++i) {
    fleet.finished(running, good(0.1, 1), at(3 + i));
    for (const auto& called : fleet.take_called()) {
      order.push_back(called.request);
      running = std::get<Lease>(called.result).id;
    }
  }
  CHECK(order == std::vector<std::uint64_t>{2, 10, 3, 11, 4, 5, 6});
}

TEST_CASE("fleet: interactive goes before batch until the batch request has aged") {
  auto fleet = one_vllm(1);
  const auto first = fleet.ask(ask(1, {m}), at(1));
  fleet.ask(ask(2, {m}, "b", Priority::batch), at(1));
  fleet.ask(ask(3, {m}, "a"), at(2));
  fleet.finished(lease(first)->id, good(0.1, 1), at(3));
  const auto called = fleet.take_called();
  CHECK(admitted(called) == std::vector<std::uint64_t>{3});
  fleet.ask(ask(4, {m}, "a"), at(30));
  fleet.ask(ask(5, {m}, "a"), at(30));
  fleet.finished(std::get<Lease>(called[0].result).id, good(0.1, 1), at(32));
  CHECK(admitted(fleet.take_called()) == std::vector<std::uint64_t>{2});
}

TEST_CASE("fleet: a full queue refuses with the time to come back") {
  auto settings = with({host("box", ProviderKind::vllm)});
  settings.queue.per_host = 2;
  auto fleet = one_vllm(1, settings);
  fleet.ask(ask(1, {m}), at(1));
  fleet.ask(ask(2, {m}), at(1));
  fleet.ask(ask(3, {m}), at(1));
  const auto full = fleet.ask(ask(4, {m}), at(1));
  REQUIRE(refusal(full));
  CHECK(refusal(full)->cause == Cause::queue_full);
  CHECK(refusal(full)->retry_after.has_value());
  CHECK(fleet.counts().waiting == 2);
}

TEST_CASE("fleet: who waits past the deadline is told and who leaves frees the place") {
  auto fleet = one_vllm(1);
  fleet.ask(ask(1, {m}), at(1));
  auto hurried = ask(2, {m});
  hurried.deadline = core::Deadline{at(5)};
  fleet.ask(hurried, at(1));
  const auto leaver = fleet.ask(ask(3, {m}), at(1));
  CHECK(fleet.cancel(waiting(leaver)->ticket, at(2)));
  CHECK_FALSE(fleet.cancel(waiting(leaver)->ticket, at(2)));
  CHECK(fleet.next_wake(at(4.99)) <= at(5));
  fleet.tick(at(4.9));
  CHECK(fleet.take_called().empty());
  fleet.tick(at(5));
  const auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<core::Failure>(called[0].result).cause == Cause::queue_full);
  CHECK(fleet.counts().waiting == 0);
}

TEST_CASE("fleet: a cancelled prefill keeps its slot for the grace period") {
  auto fleet = one_vllm(1);
  const auto first = fleet.ask(ask(1, {m}), at(1));
  fleet.ask(ask(2, {m}), at(1));
  fleet.finished(lease(first)->id, cancelled(), at(2));
  CHECK(fleet.take_called().empty());
  CHECK(fleet.counts().cooling == 1);
  fleet.tick(at(4.9));
  CHECK(fleet.take_called().empty());
  fleet.tick(at(5));
  CHECK(fleet.take_called().size() == 1);
}

TEST_CASE("fleet: among replicas the earliest expected end decides") {
  auto slow = host("slow", ProviderKind::vllm);
  slow.models.push_back({});
  slow.models[0].id = "m";
  slow.models[0].decode_tokens_per_second = 10;
  auto fast = host("fast", ProviderKind::vllm);
  fast.models = slow.models;
  fast.models[0].decode_tokens_per_second = 100;
  Fleet fleet(with({slow, fast}), at(0));
  fleet.probed("slow", listing({"m"}, 1), at(0), at(0));
  fleet.probed("fast", listing({"M:latest"}, 1), at(0), at(0));
  const std::vector<Pair> both{{"slow", "m"}, {"fast", "m"}};
  const auto a = fleet.ask(ask(1, both), at(1));
  REQUIRE(lease(a));
  CHECK(lease(a)->at.host == "fast");
  CHECK(lease(a)->at.model == "M:latest");
  // Waiting for the fast one (5 s of work) beats 30 s on the slow one, but not without end.
  const auto b = fleet.ask(ask(2, both), at(1));
  REQUIRE(waiting(b));
  fleet.tick(at(60));
  const auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<Lease>(called[0].result).at.host == "slow");
}

TEST_CASE("fleet: the host's own limit holds over all of its models") {
  auto box = host("box", ProviderKind::vllm);
  box.max_concurrent = 1;
  Fleet fleet(with({box}), at(0));
  fleet.probed("box", listing({"m", "n"}, 4), at(0), at(0));
  CHECK(lease(fleet.ask(ask(1, {m}), at(1))));
  CHECK(waiting(fleet.ask(ask(2, {{"box", "n"}}), at(1))));
}

TEST_CASE("fleet: unknown models and prompts over every window are told apart") {
  auto box = host("box", ProviderKind::vllm);
  Fleet fleet(with({box}), at(0));
  auto list = listing({"small", "large"}, 4);
  list.models[0].window = 4096;
  list.models[1].window = 32768;
  fleet.probed("box", list, at(0), at(0));
  const auto unknown = fleet.ask(ask(1, {{"box", "nothing"}}), at(1));
  REQUIRE(refusal(unknown));
  CHECK(refusal(unknown)->cause == Cause::model_not_found);
  auto big = ask(2, {{"box", "small"}, {"box", "large"}});
  big.prompt_tokens = 4000;
  big.max_tokens = 200;
  const auto moved = fleet.ask(big, at(1));
  REQUIRE(lease(moved));
  CHECK(lease(moved)->at.model == "large");
  big.prompt_tokens = 40000;
  const auto nowhere = fleet.ask(big, at(1));
  REQUIRE(refusal(nowhere));
  CHECK(refusal(nowhere)->cause == Cause::context_length);
  CHECK(refusal(nowhere)->window_tokens == 32768);
  CHECK(refusal(nowhere)->needed_tokens == 40200);
}

TEST_CASE("fleet: draining and removing a host move its waiting requests on") {
  Fleet fleet(with({host("a", ProviderKind::vllm), host("b", ProviderKind::vllm)}), at(0));
  fleet.probed("a", listing({"x"}, 1), at(0), at(0));
  fleet.probed("b", listing({"y"}, 2), at(0), at(0));
  const std::vector<Pair> either{{"a", "x"}, {"b", "y"}};
  const auto first = fleet.ask(ask(1, either), at(1));
  fleet.ask(ask(2, either), at(1));
  fleet.drain("a", true, at(2));
  auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<Lease>(called[0].result).at.host == "b");
  fleet.apply(with({host("b", ProviderKind::vllm)}), at(3));
  CHECK(fleet.view(at(3))->hosts.size() == 1);
  CHECK(fleet.counts().leases == 2);
  fleet.finished(lease(first)->id, good(0.1, 1), at(4));
  CHECK(fleet.counts().leases == 1);
}

TEST_CASE("fleet: the picture is the same object until something changes") {
  auto fleet = one_vllm(2);
  const auto before = fleet.view(at(1));
  CHECK(fleet.view(at(1)) == before);
  fleet.ask(ask(1, {m}), at(1));
  CHECK(fleet.view(at(1)) == before);
  CHECK(fleet.view(at(1.1)) != before);
  CHECK(fleet.view(at(1.1))->models[0].running == 1);
}
