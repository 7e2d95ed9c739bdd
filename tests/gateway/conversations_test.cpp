#include "gateway/conversations.hpp"

#include <doctest/doctest.h>

using namespace codecrucible::gateway;

TEST_CASE("conversations: the last place is remembered, a newer one replaces it") {
  Conversations known(100);
  CHECK(!known.last(7));
  known.answered(7, "lmstudio", "a");
  known.answered(7, "ollama", "b");
  const auto place = known.last(7);
  REQUIRE(place);
  CHECK(place->provider == "ollama");
  CHECK(place->model == "b");
}

TEST_CASE("conversations: only so many are kept, and the one used last stays") {
  Conversations known(160);
  known.answered(1, "p", "m");
  for (std::uint64_t i = 2; i < 10'000; ++i) {
    known.answered(i, "p", "m");
    known.last(1);
  }
  CHECK(known.last(1));
  std::size_t kept = 0;
  for (std::uint64_t i = 2; i < 10'000; ++i) kept += known.last(i) ? 1U : 0U;
  CHECK(kept < 200);
}
