#pragma once

#include "confidence/grams.hpp"
#include "confidence/traits.hpp"
#include "confidence/trees.hpp"
#include "core/result.hpp"

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::confidence {

// How a sum of trees becomes a logit. Far out are few rows to learn from: there a sum counts for less than it
// says, and never for more than `reach`.
struct Calibration {
  float shift = 0, slope = 1;
  float reach = 0;  // 0: as it is
  float logit(float sum) const { return shift + slope * (reach > 0 ? reach * std::tanh(sum / reach) : sum); }
};

// The learnt part for one kind of answer. What training fills in and a model file holds.
struct Head {
  GramTable request;  // of the prompt: how many models get such requests right
  GramTable answer;   // of prompt and answer: is this answer good
  GramTable ease;     // of prompt and answer: how many models get the request right
  Trees alone;        // over traits and the tables' scores
  Trees pair;         // … with a second answer
  Calibration of_alone, of_pair;
  float before_shift = 0, before_slope = 0;  // of `request` alone

  float logit_before(std::string_view prompt) const {
    return before_shift + before_slope * request.score(prompt, {});
  }
};

struct Weights {
  Head number, choice;
};

// The rows the trees see. Training and live use call the same. A row ends in what the head itself says: alone
// in three scores, pair in the two scores of the second answer and the sums of `alone` for both.
std::vector<float> alone_row(Comparable kind, const Head& head, std::string_view prompt,
                             std::string_view answer);
std::vector<float> pair_row(Comparable kind, const Head& head, std::string_view prompt,
                            std::string_view answer, std::string_view second);

inline constexpr std::uint32_t model_version = 3;
std::string written(const Weights& weights);
core::Result<Weights> read_weights(std::string_view bytes);

}  // namespace codecrucible::confidence
