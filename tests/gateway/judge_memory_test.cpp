#include "gateway/judge_memory.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

namespace {

std::uint64_t key(std::uint64_t n) {
  return n * 0x9e3779b97f4a7c15ULL;
}

}  // namespace

TEST_CASE("judge memory: an answer is found again, a newer one replaces it") {
  JudgeMemory memory;
  CHECK(!memory.find(key(1)));
  memory.keep(key(1), {core::TaskType::edit, core::Complexity::simple}, 100);
  memory.keep(key(1), {core::TaskType::planning, core::Complexity::complex}, 100);
  const auto found = memory.find(key(1));
  REQUIRE(found);
  CHECK(found->type == core::TaskType::planning);
  CHECK(found->complexity == core::Complexity::complex);
}

TEST_CASE("judge memory: holds what it may hold and no more, and keeps what is used") {
  JudgeMemory memory;
  memory.keep(key(1), {core::TaskType::debugging, core::Complexity::medium}, 80);
  for (std::uint64_t n = 2; n < 5000; ++n) {
    memory.keep(key(n), {}, 80);
    CHECK(memory.find(key(1)));
  }
  CHECK(memory.size() <= 80);
  // A smaller limit takes effect as answers come.
  for (std::uint64_t n = 0; n < 1000; ++n) memory.keep(key(n + 10'000), {}, 8);
  CHECK(memory.size() <= 8);
}

TEST_CASE("judge memory: a capacity of nothing remembers nothing") {
  JudgeMemory memory;
  memory.keep(key(1), {}, 0);
  CHECK(!memory.find(key(1)));
  CHECK(memory.size() == 0);
}
