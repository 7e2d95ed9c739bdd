#include "cache/shelf.hpp"

#include "made.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <unordered_map>

using namespace codecrucible::cache;
using tests::answer;
using tests::key;

namespace {

// What S3-FIFO is measured against: first in, first out, under the same bound.
class Fifo {
 public:
  explicit Fifo(std::size_t bytes) : limit_(bytes) {}
  bool find(const Key& wanted) const { return held_.contains(wanted); }
  void put(const Key& fresh, std::size_t bytes) {
    held_[fresh] = bytes;
    order_.push_back(fresh);
    bytes_ += bytes;
    while (bytes_ > limit_) {
      bytes_ -= held_[order_.front()];
      held_.erase(order_.front());
      order_.pop_front();
    }
  }

 private:
  std::size_t limit_, bytes_ = 0;
  std::unordered_map<Key, std::size_t> held_;
  std::deque<Key> order_;
};

}  // namespace

TEST_CASE("shelf: the bytes kept never exceed the bound, whatever comes") {
  constexpr std::size_t limit = 200'000;
  Shelf shelf(limit);
  std::uint64_t state = 7;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto wanted = key((state >> 33) % 3000);
    if (!shelf.find(wanted)) shelf.put(wanted, answer((state >> 40) % 5000));
    REQUIRE(shelf.bytes() <= limit);
  }
  CHECK(shelf.bytes() > limit / 2);
}

TEST_CASE("shelf: an answer too large for it is refused and drives nothing out") {
  Shelf shelf(100'000);
  REQUIRE(shelf.put(key(1), answer(10'000)));
  CHECK(!shelf.put(key(2), answer(30'000)));
  CHECK(shelf.find(key(1)));
  CHECK(!shelf.find(key(2)));
}

TEST_CASE("shelf: an answer put twice counts once") {
  Shelf shelf(100'000);
  shelf.put(key(1), answer(1000));
  const auto bytes = shelf.bytes();
  shelf.put(key(1), answer(1000));
  CHECK(shelf.bytes() == bytes);
  CHECK(shelf.count() == 1);
  CHECK(shelf.erase(key(1)));
  CHECK(shelf.bytes() == 0);
}

TEST_CASE("shelf: a scan of requests that never come back does not drive out what is asked for") {
  const auto one = answer(1000);
  const std::size_t limit = one->bytes() * 500;
  Shelf shelf(limit);
  Fifo fifo(limit);
  int shelf_hits = 0, fifo_hits = 0;
  std::uint64_t state = 1, scan = 1'000'000;
  for (int round = 0; round < 60'000; ++round) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    // Three in eight ask for one of 400 known things, the others for something new.
    const bool known = (state >> 60) % 3 == 0;
    const auto wanted = key(known ? (state >> 33) % 400 : ++scan);
    if (shelf.find(wanted)) {
      ++shelf_hits;
    } else {
      shelf.put(wanted, one);
    }
    if (fifo.find(wanted)) {
      ++fifo_hits;
    } else {
      fifo.put(wanted, one->bytes());
    }
  }
  MESSAGE("hits of some 22000 possible: S3-FIFO ", shelf_hits, ", FIFO ", fifo_hits);
  CHECK(shelf_hits > fifo_hits * 13 / 10);
  CHECK(shelf_hits > 16'000);
}
