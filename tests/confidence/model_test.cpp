#include "confidence/model.hpp"

#include "confidence/weights.hpp"
#include "places.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>

using namespace codecrucible;
using namespace codecrucible::confidence;

namespace {

std::string shipped() {
  std::ifstream file(source_dir() + "/models/confidence.model", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

float judged(const Model& model, const Facts& facts, std::string_view answer) {
  Evidence evidence(facts);
  evidence.whole(answer);
  return model.judge(evidence, {}).good;
}

}  // namespace

TEST_CASE("confidence: a model file that is not whole is refused") {
  const auto bytes = written({});
  REQUIRE(read_model(bytes).has_value());
  CHECK_FALSE(read_model("").has_value());
  CHECK_FALSE(read_model(bytes.substr(0, bytes.size() - 1)).has_value());
  CHECK_FALSE(read_model(bytes + "x").has_value());
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{8}, std::size_t{12}, std::size_t{16}, bytes.size() - 1}) {
    auto broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 1);
    CHECK_FALSE(read_model(broken).has_value());
  }
}

TEST_CASE("confidence: a tree that goes round or reads beyond its row is refused") {
  Weights weights;
  weights.number.alone.nodes = {{0, 0.5F, 0, 0}};
  weights.number.alone.roots = {0};
  CHECK_FALSE(read_model(written(weights)).has_value());
  weights.number.alone.nodes = {{5000, 0.5F, 1, 2}, {}, {}};
  CHECK_FALSE(read_model(written(weights)).has_value());
  weights.number.alone.nodes = {{0, 0.5F, 1, 2}, {}, {}};
  CHECK(read_model(written(weights)).has_value());
}

TEST_CASE("confidence: the shipped model reads and prefers sound answers") {
  const auto bytes = shipped();
  REQUIRE_FALSE(bytes.empty());
  const auto model = read_model(bytes);
  REQUIRE(model.has_value());
  Facts facts;
  facts.prompt =
      "A farmer has 12 hens and each lays 3 eggs a week. How many eggs does he have after 4 weeks?";
  const float good =
      judged(**model, facts,
             "Each week the hens lay 12 * 3 = 36 eggs.\nIn 4 weeks that is 36 * 4 = 144 eggs.\n#### 144");
  const float bad = judged(**model, facts, "He has 12 + 3 = 17 eggs, and then perhaps 17.5 more since");
  CHECK(good > bad + 0.2F);
  CHECK((*model)->before(facts) > 0.0F);
}

TEST_CASE("confidence: hard signs sink any answer") {
  for (const auto& model : {plain_model()}) {
    Facts facts;
    facts.prompt = "Tell me about it";
    CHECK(judged(*model, facts, "It is a long story, but a good one.") > 0.8F);
    CHECK(judged(*model, facts, "") < 0.1F);
    CHECK(judged(*model, facts, "I'm sorry, but I cannot help with that.") < 0.6F);
    facts.format.kind = core::Format::Kind::json;
    CHECK(judged(*model, facts, "Sure! Here is your JSON.") < 0.2F);
  }
}

TEST_CASE("confidence: offsets follow the outcomes of a model") {
  Offset offset;
  for (int i = 0; i < 400; ++i) {
    const float logit = 1.0F + offset.shift();
    offset.update(1 / (1 + std::exp(-logit)), i % 10 < 3);  // right in three of ten
  }
  CHECK(1 / (1 + std::exp(-(1.0F + offset.shift()))) == doctest::Approx(0.3).epsilon(0.2));
  CHECK(offset.outcomes() == 400);
  const auto again = Offset::restored(offset.level(), offset.outcomes());
  CHECK(again.shift() == offset.shift());
  for (int i = 0; i < 10000; ++i) offset.update(1, false);
  CHECK(offset.shift() >= -3.0F);
}
