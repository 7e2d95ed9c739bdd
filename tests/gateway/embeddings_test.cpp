#include "gateway/embeddings.hpp"

#include <doctest/doctest.h>

using namespace codecrucible;
using namespace codecrucible::gateway;

TEST_CASE("embeddings: a backend that leaves out a vector, or gives one too many, is not believed") {
  core::Arena arena;
  core::EmbeddingsRequest request(arena);
  request.inputs = {"one", "", "three"};
  CHECK(one_for_each(request, 3).has_value());
  for (const std::size_t given : {0UL, 1UL, 2UL, 4UL}) {
    CAPTURE(given);
    const auto fitting = one_for_each(request, given);
    REQUIRE(fitting.has_error());
    CHECK(fitting.error().cause == core::Cause::garbage);
  }
  request.inputs = {""};
  CHECK(one_for_each(request, 0).has_value());  // Ollama: a load
  request.inputs.clear();
  request.token_inputs = "[[1,2],[3]]";
  CHECK(one_for_each(request, 2).has_value());
}
