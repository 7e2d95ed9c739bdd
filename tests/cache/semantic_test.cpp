#include "cache/semantic/semantic.hpp"

#include "cache/semantic/guard.hpp"
#include "cache/semantic/index.hpp"
#include "classifier/vectors.hpp"
#include "made.hpp"
#include "places.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace codecrucible;
using namespace codecrucible::cache;
using cache::tests::answer;
using cache::tests::key;

namespace {

Embed shipped_vectors() {
  const auto vectors = classifier::Vectors::load(source_dir() + "/models/words.vectors");
  REQUIRE(vectors.has_value());
  return [held = *vectors](std::string_view text, std::span<float, embedded_dims> out) {
    const auto pooled = held->embed(text);
    std::copy(pooled.begin(), pooled.end(), out.begin());
  };
}

const auto now = [] { return std::chrono::system_clock::now(); };

struct Pair {
  std::string a, b, kind;
};

std::vector<Pair> near_misses() {
  std::vector<Pair> out;
  std::ifstream in(source_dir() + "/tests/cache/near_misses.jsonl");
  for (std::string line; std::getline(in, line);) {
    const auto pair = nlohmann::json::parse(line);
    out.push_back({pair["a"], pair["b"], pair["kind"]});
  }
  return out;
}

}  // namespace

TEST_CASE("semantic: near misses of developers are not told for each other, at the shipped setting") {
  const auto embed = shipped_vectors();
  const SemanticSettings shipped;
  int misses = 0, wrong = 0, same = 0, right = 0, guarded = 0;
  for (const auto& [a, b, kind] : near_misses()) {
    for (const bool turned : {false, true}) {
      Semantic semantic(shipped, embed);
      semantic.keep(key(1), turned ? b : a, answer(10));
      const auto found = semantic.look_up(key(1), turned ? a : b, now(), 0.5);
      if (kind == "same") {
        ++same;
        right += found.told;
        continue;
      }
      ++misses;
      wrong += found.told;
      guarded += difference(a, b).has_value();
      CHECK_MESSAGE(!found.told, a, " | ", b, " ", found.likeness.score);
    }
  }
  MESSAGE("wrong ", wrong, " of ", misses, "; guarded ", guarded, "; same told ", right, " of ", same);
  CHECK(misses >= 400);
  CHECK(wrong * 1000 <= misses * 3);
  CHECK(guarded * 100 >= misses * 99);
}

TEST_CASE("semantic: the same in other words is told, and only in its own group") {
  Semantic semantic({}, shipped_vectors());
  semantic.keep(key(1), "how do I install packages from requirements.txt", answer(10));
  CHECK(semantic.look_up(key(1), "How do I install the packages from requirements.txt?", now(), 0).told);
  CHECK(!semantic.look_up(key(2), "how do I install packages from requirements.txt", now(), 0).answer);
  CHECK(!semantic.look_up(key(1), "how do I install packages from Pipfile", now(), 0).told);
  CHECK(!semantic.look_up(key(1), "a poem about the sea, please", now(), 0).answer);
}

TEST_CASE("semantic: where two answers are equally near none is told") {
  Semantic semantic({}, shipped_vectors());
  semantic.keep(key(1), "where is my parcel now", answer(10));
  const auto before = semantic.look_up(key(1), "so where is my parcel now", now(), 0);
  CHECK(before.told);
  semantic.keep(key(1), "please, where is my parcel now", answer(20));
  CHECK(!semantic.look_up(key(1), "so where is my parcel now", now(), 0).told);
  // Unless they are the same answer.
  Semantic other({}, shipped_vectors());
  other.keep(key(1), "where is my parcel now", answer(10));
  other.keep(key(1), "please, where is my parcel now", answer(10), &before);
  CHECK(other.look_up(key(1), "so where is my parcel now", now(), 0).answer);
}

TEST_CASE("semantic: old answers are not told, memory stays bounded, tenants can be cleared") {
  SemanticSettings settings;
  settings.bytes = 1 << 20;
  Semantic semantic(settings, shipped_vectors());
  auto old = std::make_shared<Answer>(*answer(10));
  old->made -= std::chrono::hours(2);
  semantic.keep(key(1), "is it still raining outside", old);
  CHECK(!semantic.look_up(key(1), "is it still raining outside", now(), 0).answer);
  for (std::uint64_t i = 0; i < 2000; ++i) {
    semantic.keep(key(i % 7), "question number " + std::to_string(i),
                  answer(500, i % 2 == 0 ? "red" : "blue"));
    REQUIRE(semantic.bytes() <= settings.bytes);
  }
  CHECK(semantic.answers() > 50);
  const auto all = semantic.answers();
  const auto red = semantic.clear({"red", ""});
  CHECK(red > 0);
  CHECK(semantic.answers() == all - red);
  semantic.clear({});
  CHECK(semantic.answers() == 0);
  CHECK(semantic.bytes() == 0);
}

TEST_CASE("semantic: the bound on wrong hits is kept on traffic that the guard knows nothing of") {
  // Questions of 40 kinds in endless words; kinds 2k and 2k+1 differ in one harmless-looking word.
  const std::vector<std::string> openings{"please tell me about",       "what about",
                                          "I would like to know about", "info on",
                                          "can you describe",           "say something on"};
  const std::vector<std::string> endings{"for me",   "",           "today please",
                                         "in short", "if you can", "thanks a lot"};
  const std::vector<std::string> nouns{"garden", "harbour", "kitchen", "railway", "museum",
                                       "forest", "castle",  "library", "market",  "theatre",
                                       "bakery", "tunnel",  "tower",   "meadow",  "factory",
                                       "island", "orchard", "chapel",  "brewery", "quarry"};
  SemanticSettings settings;
  settings.error_bound = 0.02;
  settings.bytes = 64 << 20;
  int kept = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Semantic semantic(settings, shipped_vectors());
    std::mt19937_64 random(seed);
    int hits = 0, wrong = 0;
    constexpr int requests = 1500;
    for (int i = 0; i < requests; ++i) {
      const auto kind = random() % 40;
      const auto text = openings[random() % openings.size()] +
                        (kind % 2 == 0 ? " the small " : " the large ") + nouns[kind / 2] + " " +
                        endings[random() % endings.size()];
      const auto found = semantic.look_up(key(1), text, now(), static_cast<double>(random() % 1000) / 1000);
      const bool same = found.answer && found.answer->origin.model == std::to_string(kind);
      if (found.told) {
        ++hits;
        wrong += !same;
        continue;
      }
      if (found.answer) semantic.learn(key(1), found, same);
      semantic.keep(key(1), text, answer(10, "", std::to_string(kind)), same ? &found : nullptr);
    }
    MESSAGE("hits ", hits, ", wrong ", wrong, " of ", requests);
    kept += wrong * 50 <= requests;
    CHECK(hits > requests / 10);
  }
  CHECK(kept == 5);
}

TEST_CASE("semantic: the index finds the nearest, few or many, also after removals") {
  Index index;
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<Meaning> all(1500);
  for (std::size_t i = 0; i < all.size(); ++i) {
    float square = 0;
    for (auto& value : all[i]) {
      value = normal(random);
      square += value * value;
    }
    for (auto& value : all[i]) value /= std::sqrt(square);
    index.add(i, all[i]);
  }
  int found = 0;
  for (std::size_t i = 0; i < all.size(); i += 10) found += index.nearest(all[i], 3)[0].label == i;
  CHECK(found >= 148);
  for (std::size_t i = 0; i < all.size(); i += 2) index.remove(i);
  CHECK(index.size() == 750);
  for (std::size_t i = 0; i < all.size(); i += 10) {
    for (const auto& near : index.nearest(all[i], 5)) CHECK(near.label % 2 == 1);
  }
  for (std::size_t i = 0; i < all.size(); i += 2) index.add(i, all[i]);
  found = 0;
  for (std::size_t i = 0; i < all.size(); i += 10) found += index.nearest(all[i], 3)[0].label == i;
  CHECK(found >= 147);
  for (std::size_t i = 0; i < all.size(); ++i) index.remove(i);
  CHECK(index.size() == 0);
  CHECK(index.nearest(all[0], 3).empty());
}

TEST_CASE("semantic: vectors of any length keep their likeness as meanings") {
  std::mt19937 random(1);
  std::normal_distribution<float> number;
  const auto length_of = [](const std::vector<float>& v) {
    float sum = 0;
    for (const float x : v) sum += x * x;
    return std::sqrt(sum);
  };
  for (const std::size_t length : {3U, 320U, 384U, 768U, 4096U}) {
    CAPTURE(length);
    double worst = 0;
    for (int i = 0; i < 50; ++i) {
      std::vector<float> a(length), b(length);
      for (std::size_t k = 0; k < length; ++k) {
        a[k] = number(random);
        b[k] = a[k] + 0.5F * number(random);
      }
      float exact = 0, kept = 0;
      for (std::size_t k = 0; k < length; ++k) exact += a[k] * b[k];
      exact /= length_of(a) * length_of(b);
      const auto x = folded(a), y = folded(b);
      for (std::size_t k = 0; k < x.size(); ++k) kept += x[k] * y[k];
      worst = std::max(worst, static_cast<double>(std::abs(exact - kept)));
    }
    CHECK(worst < (length <= 320 ? 1e-4 : 0.06));
  }
  CHECK(folded({}) == Meaning{});
}

TEST_CASE("semantic: a bound that is set later holds for groups that are there already, as for new ones") {
  SemanticSettings settings;
  settings.enabled = true;
  const auto embed = shipped_vectors();
  Semantic semantic(settings, embed);
  const std::string first = "how do I install packages from requirements.txt";
  const std::string other = "How do I install the packages from requirements.txt?";
  semantic.keep(key(1), first, answer(10));
  settings.error_bound = 0.02;
  semantic.apply(settings);
  Semantic fresh(settings, embed);
  fresh.keep(key(1), first, answer(10));
  const auto told = semantic.look_up(key(1), other, now(), 0.5);
  const auto as_new = fresh.look_up(key(1), other, now(), 0.5);
  CHECK(told.told == as_new.told);
  CHECK(told.risk == as_new.risk);
  // … and learns under it.
  for (int i = 0; i < 50; ++i) {
    semantic.learn(key(1), told, false);
    fresh.learn(key(1), as_new, false);
  }
  CHECK_FALSE(fresh.look_up(key(1), other, now(), 0.5).told);
  CHECK_FALSE(semantic.look_up(key(1), other, now(), 0.5).told);
}
