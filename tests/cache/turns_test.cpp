#include "cache/turns.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::cache;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

const core::Time start{hours(1000)};

Turn turn(std::string id, std::size_t size = 10, TurnPtr before = nullptr, std::string owner = {}) {
  Turn made;
  made.id = std::move(id);
  made.owner = std::move(owner);
  made.input = "[]";
  made.response = std::string(size, 'x');
  made.before = std::move(before);
  return made;
}

TurnSettings limits(std::size_t bytes, std::size_t count = 1000) {
  TurnSettings settings;
  settings.bytes = bytes;
  settings.count = count;
  return settings;
}

}  // namespace

TEST_CASE("turns: what is kept is found until its time is over") {
  Turns turns;
  REQUIRE(turns.keep(turn("a"), limits(1 << 20), start));
  REQUIRE(turns.find("a", "", start));
  CHECK(turns.find("a", "", start)->response == "xxxxxxxxxx");
  CHECK(turns.find("a", "", start + minutes(59)));
  CHECK(!turns.find("a", "", start + minutes(60)));
  CHECK(!turns.find("b", "", start));
}

TEST_CASE("turns: an owner sees and forgets only their own") {
  Turns turns;
  turns.keep(turn("a", 10, nullptr, "one"), limits(1 << 20), start);
  CHECK(turns.find("a", "one", start));
  CHECK(!turns.find("a", "two", start));
  CHECK(!turns.find("a", "", start));
  CHECK(!turns.forget("a", "two", start));
  CHECK(turns.forget("a", "one", start));
  CHECK(!turns.forget("a", "one", start));
  CHECK(turns.bytes() == 0);
}

TEST_CASE("turns: the oldest go when there are too many, and the too old with the next one") {
  Turns turns;
  for (int i = 0; i < 5; ++i) turns.keep(turn(std::to_string(i)), limits(1 << 20, 3), start);
  CHECK(turns.count() == 3);
  CHECK(!turns.find("1", "", start));
  CHECK(turns.find("2", "", start));
  turns.keep(turn("late"), limits(1 << 20), start + hours(2));
  CHECK(turns.count() == 1);
}

TEST_CASE("turns: memory stays within its bound, also that of long conversations") {
  Turns turns;
  constexpr std::size_t bound = 100'000;
  TurnPtr last;
  for (int i = 0; i < 500; ++i) {
    last = turns.keep(turn("c" + std::to_string(i), 1000, last), limits(bound), start);
    REQUIRE(last);
    // The conversation itself is held by `last` here; of all others nothing is left.
    CHECK(turns.find("c" + std::to_string(i), "", start) == (turns.bytes() <= bound ? last : nullptr));
    if (turns.bytes() > bound) break;
  }
  CHECK(turns.bytes() > bound);
  CHECK(turns.count() == 0);
  last.reset();
  CHECK(turns.bytes() == 0);
  for (int i = 0; i < 500; ++i) turns.keep(turn("s" + std::to_string(i), 1000), limits(bound), start);
  CHECK(turns.bytes() <= bound);
  CHECK(turns.count() > 50);
}

TEST_CASE("turns: one that is larger than all memory is not kept, and with no memory none is") {
  Turns turns;
  CHECK(!turns.keep(turn("big", 10'000), limits(5000), start));
  CHECK(!turns.keep(turn("a"), limits(0), start));
  CHECK(!turns.keep(turn("a"), limits(5000, 0), start));
  CHECK(turns.bytes() == 0);
}

TEST_CASE("turns: what is gone on from stays whole when it is forgotten itself") {
  Turns turns;
  const auto first = turns.keep(turn("first"), limits(1 << 20), start);
  turns.keep(turn("second", 10, first), limits(1 << 20), start);
  CHECK(turns.forget("first", "", start));
  const auto second = turns.find("second", "", start);
  REQUIRE(second);
  CHECK(second->before->id == "first");
}

TEST_CASE("turns: an id is kept once") {
  Turns turns;
  CHECK(turns.keep(turn("a", 5), limits(1 << 20), start));
  CHECK(!turns.keep(turn("a", 50), limits(1 << 20), start));
  CHECK(turns.find("a", "", start)->response.size() == 5);
}

TEST_CASE("turns: a conversation of very many turns is freed without nesting") {
  Turns turns;
  TurnPtr last;
  for (int i = 0; i < 300'000; ++i) {
    last = turns.keep(turn(std::to_string(i), 1, last), limits(std::size_t{1} << 40, 1), start);
  }
  last.reset();
  turns.keep(turn("other"), limits(1 << 20), start);
  CHECK(turns.count() == 1);
  CHECK(turns.bytes() < 1000);
}

TEST_CASE("turns: many threads at once keep within the bound") {
  Turns turns;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&turns, t] {
      TurnPtr last;
      for (int i = 0; i < 2000; ++i) {
        const auto id = std::to_string(t) + "-" + std::to_string(i);
        const auto kept = turns.keep(turn(id, 100, i % 10 == 0 ? nullptr : last), limits(50'000), start);
        last = turns.find(id, "", start);
        if (i % 7 == 0) turns.forget(id, "", start);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  turns.keep(turn("end"), limits(50'000), start);
  CHECK(turns.bytes() <= 50'000);
}
