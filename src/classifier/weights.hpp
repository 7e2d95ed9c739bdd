#pragma once

#include "classifier/inputs.hpp"
#include "core/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecrucible::classifier {

// Outputs of the linear model: one per type, then one per complexity; padded to whole SIMD registers.
inline constexpr std::size_t output_count = core::task_type_count + core::complexity_count;
inline constexpr std::size_t output_stride = 12;
using Logits = std::array<float, output_stride>;

// What training finds and a model file holds.
struct Weights {
  std::vector<float> buckets;  // bucket_count × output_stride
  std::vector<float> numbers;  // number::count × output_stride
  Logits bias{};
  std::vector<float> mean;  // of the numbers, and one over their spread
  std::vector<float> inverse;
  float type_temperature = 1;  // logits are divided by it: calibration
  float complexity_temperature = 1;
  float complex_floor = 0.2F;  // called complex from this probability on
  float simple_floor = 0.6F;   // called simple only from this probability on
  std::uint64_t vectors_checksum = 0;

  Weights();
};

// Standardised numbers stay within this many spreads: one strange prompt must not swamp the rest.
inline constexpr float number_limit = 3;
inline constexpr float number_scale = 0.1F;

Logits apply(const Weights& weights, const Inputs& inputs) noexcept;
void standardize(const Weights& weights, Inputs& inputs) noexcept;

// Weights made ready for requests: most numbers of a text are zero, and what zeros say is summed up once.
class ReadyWeights {
 public:
  explicit ReadyWeights(Weights weights);
  // As `standardize` and `apply` one after the other, up to rounding; takes the raw numbers.
  Logits apply(const Inputs& inputs) const noexcept;
  const Weights& weights() const noexcept { return weights_; }

 private:
  Weights weights_;
  Logits base_;              // bias and all that zeros add
  std::vector<float> zero_;  // a number's zero, standardised
};

// The file: magic, version, checksum, numbers; weights of the buckets as 16-bit with one scale.
std::string to_bytes(const Weights& weights);
core::Result<Weights> weights_from(std::string_view bytes);

}  // namespace codecrucible::classifier
