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

TEST_CASE("fleet: a replica that nobody has measured is tried beside a measured one") {
  for (const double first : {0.001, 2.0}) {
    CAPTURE(first);
    Fleet fleet(with({host("known", ProviderKind::vllm), host("new", ProviderKind::vllm)}), at(0));
    fleet.probed("known", listing({"m"}, 4), at(0), at(0));
    double now = 1;
    const auto serve = [&] {
      auto wanted = ask(1, {{"known", "m"}, {"new", "m"}});
      wanted.prompt_tokens = 300;
      const auto got = fleet.ask(wanted, at(now));
      REQUIRE(lease(got));
      auto outcome = good(first, 11 * first);
      outcome.usage.prompt_tokens = 300;
      outcome.usage.completion_tokens = 300;
      fleet.finished(lease(got)->id, outcome, at(now + 1));
      now += 10;
      return lease(got)->at.host;
    };
    for (int i = 0; i < 30; ++i) CHECK(serve() == "known");
    fleet.probed("new", listing({"m"}, 4), at(now), at(now));
    int served_new = 0;
    for (int i = 0; i < 20; ++i) served_new += serve() == "new" ? 1 : 0;
    // Once it is measured too and as good, they share the work; it is not made to catch up on the past.
    CHECK(served_new >= 8);
    CHECK(served_new <= 14);
  }
}

TEST_CASE("fleet: a replica that was measured slower is measured again now and then") {
  Fleet fleet(with({host("fast", ProviderKind::vllm), host("slow", ProviderKind::vllm)}), at(0));
  fleet.probed("fast", listing({"m"}, 4), at(0), at(0));
  fleet.probed("slow", listing({"m"}, 4), at(0), at(0));
  int on_slow = 0;
  for (int i = 0; i < 200; ++i) {
    auto wanted = ask(1, {{"fast", "m"}, {"slow", "m"}});
    wanted.prompt_tokens = 300;
    const auto got = fleet.ask(wanted, at(1 + 20 * i));
    REQUIRE(lease(got));
    const bool slow = lease(got)->at.host == "slow";
    on_slow += slow ? 1 : 0;
    auto outcome = good(slow ? 2 : 1, slow ? 10 : 5);
    outcome.usage.prompt_tokens = 300;
    outcome.usage.completion_tokens = 300;
    fleet.finished(lease(got)->id, outcome, at(11 + 20 * i));
  }
  CHECK(on_slow >= 8);
  CHECK(on_slow <= 20);
}

TEST_CASE("fleet: equal replicas share the work by weight") {
  auto light = host("light", ProviderKind::vllm);
  auto heavy = host("heavy", ProviderKind::vllm);
  heavy.weight = 3;
  Fleet fleet(with({light, heavy}), at(0));
  fleet.probed("light", listing({"m"}, 4), at(0), at(0));
  fleet.probed("heavy", listing({"m"}, 4), at(0), at(0));
  int on_heavy = 0;
  for (int i = 0; i < 40; ++i) {
    const auto got = fleet.ask(ask(1, {{"light", "m"}, {"heavy", "m"}}), at(1 + i));
    REQUIRE(lease(got));
    on_heavy += lease(got)->at.host == "heavy" ? 1 : 0;
    fleet.finished(lease(got)->id, good(0.1, 0.5), at(1.5 + i));
  }
  CHECK(on_heavy >= 28);
  CHECK(on_heavy <= 32);
}

TEST_CASE("fleet: a request that names several models waits for the next one when its first is lost") {
  Fleet fleet(with({host("desk", ProviderKind::vllm), host("box", ProviderKind::vllm)}), at(0));
  fleet.probed("desk", listing({"small"}, 1), at(0), at(0));
  fleet.probed("box", listing({"large"}, 1), at(0), at(0));
  REQUIRE(lease(fleet.ask(ask(1, {{"desk", "small"}}), at(1))));
  REQUIRE(waiting(fleet.ask(ask(2, {{"desk", "small"}, {"box", "large"}}), at(1))));
  fleet.probe_failed("desk", core::fail(core::Cause::refused, "connection refused"), at(2));
  const auto called = fleet.take_called();
  REQUIRE(called.size() == 1);
  CHECK(std::get<Lease>(called[0].result).at.host == "box");
}

TEST_CASE("fleet: limits in time are the host's own where it has some") {
  auto box = host("box", ProviderKind::vllm);
  box.timeouts.emplace();
  box.timeouts->first_token = 7s;
  Fleet fleet(with({box, host("other", ProviderKind::vllm)}), at(0));
  fleet.probed("box", listing({"m"}), at(0), at(0));
  CHECK(fleet.first_token_limit({"box", "m"}) == 7s);
  CHECK(fleet.timeouts("other").first_token == TimeoutSettings{}.first_token);
}

TEST_CASE("fleet: models to be in memory from the start are named while they are not") {
  auto box = host("box", ProviderKind::ollama);
  box.start_models = {"M", "absent"};
  Fleet fleet(with({box}), at(0));
  CHECK(fleet.missing_at_start("box").empty());
  fleet.probed("box", listing({"m:latest"}), at(0), at(0));
  CHECK(fleet.missing_at_start("box") == std::vector<std::string>{"m:latest"});
  fleet.probed("box", listing({"*m:latest"}), at(1), at(1));
  CHECK(fleet.missing_at_start("box").empty());
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
