#include "cache/exact.hpp"

#include "made.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::cache;
using cache::tests::answer;
using cache::tests::key;

namespace {

ExactSettings settings_of(std::size_t bytes) {
  ExactSettings settings;
  settings.bytes = bytes;
  return settings;
}

const auto now = [] { return std::chrono::system_clock::now(); };

}  // namespace

TEST_CASE("exact: one leads, the others find its generation, then its answer") {
  Exact cache(settings_of(1 << 20));
  const auto led = cache.look_up(key(1), {}, now());
  REQUIRE(led.lead);
  const auto joined = cache.look_up(key(1), {}, now());
  CHECK(!joined.lead);
  CHECK(joined.flight == led.flight);
  CHECK(cache.look_up(key(2), {}, now()).flight != led.flight);
  CHECK(cache.conclude(key(1), led.flight, answer(10)));
  CHECK(cache.look_up(key(1), {}, now()).answer);
}

TEST_CASE("exact: a generation that cannot be joined any more gives way to another") {
  Exact cache(settings_of(1 << 20));
  const auto led = cache.look_up(key(1), {}, now());
  CHECK(led.flight->abandon_if_unheard());
  CHECK(!led.flight->join([] {}));
  const auto next = cache.look_up(key(1), {}, now(), led.flight.get());
  CHECK(next.lead);
  CHECK(next.flight != led.flight);
  // The end of the old one does not end the new one.
  cache.conclude(key(1), led.flight, nullptr);
  CHECK(cache.look_up(key(1), {}, now()).flight == next.flight);
}

TEST_CASE("exact: answers grow too old, for all or for those who want fresh ones") {
  Exact cache(settings_of(1 << 20));
  auto made = std::make_shared<Answer>(*answer(10));
  made->ttl = std::chrono::minutes(1);
  REQUIRE(cache.keep(key(1), made));
  Wish fresh;
  fresh.share = false;
  fresh.max_age = std::chrono::seconds(10);
  const auto later = made->made + std::chrono::seconds(30);
  CHECK(!cache.look_up(key(1), fresh, later).answer);
  fresh.max_age.reset();
  CHECK(cache.look_up(key(1), fresh, later).answer);
  CHECK(!cache.look_up(key(1), fresh, later + std::chrono::seconds(30)).answer);
  CHECK(cache.holdings().expired == 1);
  CHECK(cache.holdings().bytes == 0);
  made = std::make_shared<Answer>(*made);
  made->ttl = {};
  CHECK(!cache.keep(key(1), made));
}

TEST_CASE("exact: answers are cleared by tenant and by model") {
  Exact cache(settings_of(64 << 20));
  for (std::uint64_t i = 0; i < 100; ++i)
    cache.keep(key(i), answer(10, i % 2 == 0 ? "red" : "blue", i < 10 ? "a" : "b"));
  CHECK(cache.clear({"red", "a"}) == 5);
  CHECK(cache.clear({"", "a"}) == 5);
  CHECK(cache.clear({"blue", ""}) == 45);
  CHECK(cache.clear({"green", ""}) == 0);
  CHECK(cache.clear({}) == 45);
  CHECK(cache.holdings().answers == 0);
}

TEST_CASE("exact: a smaller bound takes effect at once") {
  Exact cache(settings_of(8 << 20));
  for (std::uint64_t i = 0; i < 1000; ++i) cache.keep(key(i), answer(5000));
  CHECK(cache.holdings().bytes > (4 << 20));
  cache.apply(settings_of(1 << 20));
  CHECK(cache.holdings().bytes <= (1 << 20));
  auto off = settings_of(1 << 20);
  off.enabled = false;
  cache.apply(off);
  CHECK(cache.holdings().answers == 0);
}

TEST_CASE("exact: many threads at once keep to the bound and to one leader per key") {
  constexpr std::size_t limit = 6 << 20;
  Exact cache(settings_of(limit));
  std::atomic<bool> over{false};
  std::vector<std::atomic<int>> leading(300);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::uint64_t state = t + 1;
      for (int i = 0; i < 20'000; ++i) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        const auto number = (state >> 33) % 300;
        auto found = cache.look_up(key(number), {}, now());
        if (!found.lead) continue;
        if (leading[number].fetch_add(1) != 0) ++wrong;
        found.flight->tell(nullptr, "x");
        leading[number].fetch_sub(1);
        cache.conclude(key(number), found.flight, i % 3 == 0 ? nullptr : answer((state >> 40) % 60'000));
        found.flight->complete();
        if (cache.holdings().bytes > limit) over = true;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(!over);
  CHECK(wrong == 0);
  CHECK(cache.holdings().flights == 0);
}

TEST_CASE("exact: only what can be repeated is looked for") {
  core::Arena arena;
  core::ChatRequest request(arena);
  ExactSettings settings;
  CHECK(!may_repeat(request, settings));
  request.sampling.temperature = 0.2;
  CHECK(!may_repeat(request, settings));
  settings.max_temperature = 0.2;
  CHECK(may_repeat(request, settings));
  settings.max_temperature = 0;
  request.sampling.seed = 1;
  CHECK(may_repeat(request, settings));
  request.sampling = {};
  request.sampling.temperature = 0;
  CHECK(may_repeat(request, settings));
  request.sampling = {};
  settings.only_deterministic = false;
  CHECK(may_repeat(request, settings));
}
