#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace codecrucible::learning {

// What another policy would have earned, from records of the one that was in force ("off-policy
// evaluation"). Sources: Horvitz-Thompson (inverse propensity), Swaminathan & Joachims 2015
// (self-normalised), Dudík, Langford & Li 2011 (doubly robust).

// One request that was served, and what the other policy makes of it.
struct Logged {
  double propensity = 1;       // with which the served model was chosen, 0 … 1
  double reward = 0;           // what came of it
  double share = 0;            // probability with which the other policy takes the served model
  double expected_served = 0;  // a model's guess of the reward of the served model …
  double expected_other = 0;   // … and of what the other policy takes, weighed by its shares
};

// A value with its 95 % interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

struct Evaluation {
  std::size_t requests = 0;
  std::size_t matched = 0;   // served as the other policy might have done
  double effective = 0;      // effective sample size: (sum of weights)² / sum of squares
  double mean_weight = 0;    // 1 if everything that the other policy takes was tried by chance
  double largest_share = 0;  // of the heaviest request in all weights
  Estimate logged;           // what was really earned
  Estimate ips, snips, robust;
  Estimate gain;                      // doubly robust, minus what was really earned, request by request
  std::vector<std::string> warnings;  // plain words where the data cannot tell
  bool can_tell = false;              // no warning is grave
};

struct EvaluationSettings {
  double least_propensity = 0.001;  // smaller ones count as this (and are warned of)
  double least_effective = 50;      // below it the data cannot tell
  std::size_t resamples = 400;      // of the bootstrap
  std::uint64_t seed = 1;
};

Evaluation evaluate(std::span<const Logged> log, const EvaluationSettings& settings = {});

// "better", "worse", "no difference seen" or "the data cannot tell", as a sentence.
std::string plain_verdict(const Evaluation& evaluation);

}  // namespace codecrucible::learning
