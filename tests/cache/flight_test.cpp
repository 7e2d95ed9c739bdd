#include "cache/flight.hpp"

#include "made.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::cache;
using State = Flight::State;

namespace {

// Reads with small bites until the end or until there is nothing new.
std::string read(Flight& flight, Flight::Seat seat, State* state = nullptr) {
  std::string out;
  while (true) {
    const auto heard = flight.hear(seat, 3, out);
    if (heard.bytes > 0) continue;
    if (state != nullptr) *state = heard.state;
    return out;
  }
}

}  // namespace

TEST_CASE("flight: everybody reads from the start, at his own pace") {
  Flight flight(1000);
  flight.tell(nullptr, "one ");
  int woken = 0;
  const auto early = flight.join([&] { ++woken; });
  REQUIRE(early);
  CHECK(read(flight, *early) == "one ");
  flight.tell(nullptr, "two ");
  CHECK(woken == 1);
  flight.tell(nullptr, "three");
  CHECK(woken == 1);  // once is enough until he has looked
  const auto late = flight.join([] {});
  State state = State::running;
  CHECK(read(flight, *late, &state) == "one two three");
  CHECK(state == State::running);
  flight.complete();
  CHECK(read(flight, *early, &state) == "two three");
  CHECK(state == State::complete);
  CHECK(flight.told() == "one two three");
  flight.leave(*early);
  flight.leave(*late);
}

TEST_CASE("flight: a failure comes after what was told before it") {
  Flight flight(1000);
  const auto seat = flight.join([] {});
  flight.tell(nullptr, "half");
  flight.fail({core::Cause::cut, "gone", {}, {}, {}, {}});
  std::string out;
  auto heard = flight.hear(*seat, 2, out);
  CHECK(heard.state == State::running);
  heard = flight.hear(*seat, 2, out);
  heard = flight.hear(*seat, 2, out);
  CHECK(out == "half");
  CHECK(heard.state == State::failed);
  CHECK(heard.failure->cause == core::Cause::cut);
  CHECK(!flight.join([] {}));
  flight.leave(*seat);
}

TEST_CASE("flight: it may be abandoned only when nobody listens") {
  Flight flight(1000);
  int told = 0;
  flight.lead([&] { ++told; });
  const auto seat = flight.join([] {});
  CHECK(!flight.abandon_if_unheard());
  flight.leave(*seat);
  CHECK(told == 2);  // when he came and when he left
  CHECK(flight.abandon_if_unheard());
  CHECK(!flight.join([] {}));
}

TEST_CASE("flight: the slowest listener holds the generation back, and memory stays bounded") {
  Flight flight(100);
  int told = 0;
  flight.lead([&] { ++told; });
  const auto fast = flight.join([] {}), slow = flight.join([] {});
  std::string from_fast, from_slow;
  flight.tell(nullptr, std::string(90, 'a'));
  flight.hear(*fast, 1000, from_fast);
  CHECK(!flight.crowded());
  flight.tell(nullptr, std::string(20, 'b'));
  CHECK(flight.crowded());
  flight.hear(*fast, 1000, from_fast);
  CHECK(flight.crowded());
  const int before = told;
  flight.hear(*slow, 60, from_slow);
  CHECK(!flight.crowded());
  CHECK(told == before + 1);
  // The beginning is gone: it is too late to join, and there is nothing whole to keep.
  flight.tell(nullptr, std::string(20, 'c'));
  CHECK(!flight.join([] {}));
  CHECK(flight.told().empty());
  flight.complete();
  flight.hear(*slow, 1000, from_slow);
  flight.hear(*fast, 1000, from_fast);
  CHECK(from_slow == std::string(90, 'a') + std::string(20, 'b') + std::string(20, 'c'));
  CHECK(from_fast == from_slow);
  flight.leave(*fast);
  flight.leave(*slow);
}

TEST_CASE("flight: threads that come and go while it is told all hear the whole") {
  Flight flight(1 << 20);
  std::string whole;
  for (int i = 0; i < 2000; ++i) whole += std::to_string(i) + ",";
  std::vector<std::string> heard(6);
  std::vector<std::thread> threads;
  for (auto& mine : heard) {
    threads.emplace_back([&flight, &mine] {
      const auto seat = flight.join([] {});
      while (flight.hear(*seat, 100, mine).state == State::running) std::this_thread::yield();
      flight.leave(*seat);
    });
  }
  for (std::size_t at = 0; at < whole.size(); at += 7)
    flight.tell(nullptr, std::string_view(whole).substr(at, 7));
  flight.complete();
  for (auto& thread : threads) thread.join();
  for (const auto& mine : heard) CHECK(mine == whole);
}
