// What is done in fewer steps on the request path has to say the same as the plain way.
#include "classifier/model.hpp"
#include "classifier/row_sum.hpp"
#include "classifier/weights.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

using namespace codecrucible::classifier;

TEST_CASE("weighted rows add up to what they do one by one, however many there are") {
  std::mt19937 random(7);
  std::vector<std::array<std::int8_t, RowSum::dims>> rows(131);
  for (auto& row : rows)
    for (auto& value : row) value = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
  for (const std::size_t count : {0U, 1U, 2U, 63U, 64U, 65U, 131U}) {
    RowSum fast;
    RowSum::Sum plain{};
    for (std::size_t i = 0; i < count; ++i) {
      const auto weight = static_cast<std::uint8_t>(i % 3 == 0 ? 255 : random() % 256);
      fast.add(rows[i].data(), weight);
      for (std::size_t k = 0; k < plain.size(); ++k) plain[k] += weight * rows[i][k];
    }
    CHECK(fast.total() == plain);
    CHECK(fast.total() == plain);  // asking twice changes nothing
  }
}

TEST_CASE("the largest weights and values of a long text do not overflow") {
  std::array<std::int8_t, RowSum::dims> row;
  row.fill(-127);
  RowSum sum;
  for (std::size_t i = 0; i < max_tokens; ++i) sum.add(row.data(), 255);
  CHECK(sum.total()[0] == -127 * 255 * static_cast<int>(max_tokens));
  CHECK(sum.total()[63] == -127 * 255 * static_cast<int>(max_tokens));
}

TEST_CASE("ready weights say what standardised numbers and weights say") {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> any(-1, 1);
  Weights weights;
  for (auto* values : {&weights.buckets, &weights.numbers, &weights.mean})
    for (auto& value : *values) value = any(random);
  for (auto& value : weights.inverse) value = 1 + any(random) / 2;
  for (auto& value : weights.bias) value = any(random);
  const ReadyWeights ready(weights);
  auto inputs = std::make_unique<Inputs>();
  inputs->bucket_count = 90;
  for (std::size_t i = 0; i < inputs->bucket_count; ++i) {
    inputs->buckets[i] = static_cast<std::uint16_t>(random() % bucket_count);
    inputs->values[i] = any(random);
  }
  // Most numbers of a text are zero; some are far out.
  for (auto& number : inputs->numbers) number = random() % 4 == 0 ? 5 * any(random) : 0.F;
  const auto fast = ready.apply(*inputs);
  standardize(weights, *inputs);
  const auto plain = apply(weights, *inputs);
  for (std::size_t k = 0; k < output_count; ++k) CHECK(fast[k] == doctest::Approx(plain[k]).epsilon(1e-3));
}
