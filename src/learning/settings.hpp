#pragma once

#include <chrono>
#include <cstdint>

namespace codecrucible::learning {

enum class Algorithm : std::uint8_t { thompson, linucb };

struct Settings {
  bool enabled = false;
  Algorithm algorithm = Algorithm::thompson;
  double forgetting = 0.998;  // weight of an observation shrinks by this per newer one: drift
  std::chrono::milliseconds snapshot{std::chrono::seconds{30}};  // how often a new policy is published
  // Release of a learned policy: share of traffic at the start, its growth, and the time between two steps.
  double initial_percentage = 5;
  double increment_percentage = 10;
  std::chrono::milliseconds increment_interval{std::chrono::minutes{30}};
  std::uint32_t minimum_samples = 100;
};

}  // namespace codecrucible::learning
