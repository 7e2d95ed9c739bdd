#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace codecrucible::learning {

enum class Algorithm : std::uint8_t { thompson, linucb };

// How something new comes into use; see release.hpp.
enum class Strategy : std::uint8_t { immediate, gradual, canary, ab, shadow };

// Limits for the new one against the one in force. Quality is 0..1, failures a share of requests.
struct Criteria {
  double quality = 0;    // may be this much lower
  double p95_ratio = 1;  // the slowest 5 % may take this many times as long
  double failures = 0;   // may be this much more
};

// Copies of requests for the model that another policy would have chosen, whose answers nobody sees.
struct ShadowSettings {
  double percentage = 10;       // of the requests where the two policies differ
  std::uint32_t at_once = 1;    // under way per worker
  std::uint32_t tokens = 1024;  // longest answer of a copy
};

// Training the classifier anew with labelled prompts of the history.
struct RetrainSettings {
  std::chrono::milliseconds every{0};  // 0: only when somebody asks for it
  std::uint32_t least_new = 20;        // labels beyond those that the last round saw
  bool activate = false;               // one that is surely better comes into use by itself
  // Files and folders of labelled prompts that every model is trained with.
  std::vector<std::string> data{"data/training"};
};

struct Settings {
  bool enabled = false;
  Algorithm algorithm = Algorithm::thompson;
  double forgetting = 0.998;  // weight of an observation shrinks by this per newer one: drift
  // How far a threshold that was learned for a kind of task may lie from routing.escalationThreshold; 0: none
  // is learned. And whether what came of a rule's choices moves its confidence.
  double threshold_reach = 0.2;
  bool rule_confidence = true;
  std::chrono::milliseconds snapshot{std::chrono::seconds{30}};  // how often a new policy is published
  // Release of a learned policy: share of traffic at the start, its growth, and the time between two steps.
  double initial_percentage = 5;
  double increment_percentage = 10;
  std::chrono::milliseconds increment_interval{std::chrono::minutes{30}};
  std::uint32_t minimum_samples = 100;
  Strategy strategy = Strategy::canary;  // of what was learned first
  double split = 50;                     // A/B: percentage of the new one
  Criteria success{0.02, 1.25, 0.01};
  Criteria rollback{0.05, 2.0, 0.05};
  ShadowSettings shadow;
  RetrainSettings retrain;
};

}  // namespace codecrucible::learning
