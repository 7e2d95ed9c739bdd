#include "classifier/weights.hpp"

#include "classifier/binary.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace codecrucible::classifier {
namespace {

// "CCMODL01", u64 checksum of the rest; u32 buckets, u32 numbers, u32 outputs, u64 checksum of the vectors,
// f32 temperatures and floors, bias, mean, inverse, numbers, f32 scale, buckets × outputs i16.
constexpr std::string_view weights_magic = "CCMODL01";

template <class T>
void append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void append(std::string& out, const std::vector<float>& values) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}
float standard(const Weights& weights, std::size_t i, float value) noexcept {
  const float z = (value - weights.mean[i]) * weights.inverse[i];
  return number_scale * std::clamp(z, -number_limit, number_limit);
}
// The running logits in three registers: through an array they would be written to memory at every step.
class Sums {
 public:
  explicit Sums(const Logits& start) noexcept { std::memcpy(&fours_, start.data(), sizeof fours_); }
  void add(float value, const float* row) noexcept {
    for (auto& four : fours_) {
      Four weights;
      std::memcpy(&weights, row, sizeof weights);
      four += value * weights;
      row += 4;
    }
  }
  Logits logits() const noexcept {
    Logits logits;
    std::memcpy(logits.data(), &fours_, sizeof fours_);
    return logits;
  }

 private:
  using Four [[gnu::vector_size(16)]] = float;
  static_assert(output_stride == 12);
  std::array<Four, 3> fours_;
};
bool finite(const std::vector<float>& values) noexcept {
  return std::all_of(values.begin(), values.end(),
                     [](float v) { return std::isfinite(v) && std::fabs(v) < 1e6F; });
}

}  // namespace

Weights::Weights()
    : buckets(bucket_count * output_stride),
      numbers(number::count * output_stride),
      mean(number::count),
      inverse(number::count, 1.F) {}

void standardize(const Weights& weights, Inputs& inputs) noexcept {
  for (std::size_t i = 0; i < number::count; ++i) inputs.numbers[i] = standard(weights, i, inputs.numbers[i]);
}

Logits apply(const Weights& weights, const Inputs& inputs) noexcept {
  Sums sums(weights.bias);
  for (std::size_t i = 0; i < inputs.bucket_count; ++i)
    sums.add(inputs.values[i], weights.buckets.data() + inputs.buckets[i] * output_stride);
  for (std::size_t i = 0; i < number::count; ++i)
    sums.add(inputs.numbers[i], weights.numbers.data() + i * output_stride);
  return sums.logits();
}

ReadyWeights::ReadyWeights(Weights weights) : weights_(std::move(weights)), zero_(number::count) {
  Sums sums(weights_.bias);
  for (std::size_t i = 0; i < number::count; ++i) {
    zero_[i] = standard(weights_, i, 0);
    sums.add(zero_[i], weights_.numbers.data() + i * output_stride);
  }
  base_ = sums.logits();
}

Logits ReadyWeights::apply(const Inputs& inputs) const noexcept {
  Sums sums(base_);
  for (std::size_t i = 0; i < inputs.bucket_count; ++i)
    sums.add(inputs.values[i], weights_.buckets.data() + inputs.buckets[i] * output_stride);
  std::size_t i = 0;
  const auto add_number = [&]() noexcept {
    sums.add(standard(weights_, i, inputs.numbers[i]) - zero_[i],
             weights_.numbers.data() + i * output_stride);
    ++i;
  };
  while (i + 2 <= number::pooled) {
    // Two zeros at a time are passed over.
    std::uint64_t two = 0;
    std::memcpy(&two, &inputs.numbers[i], sizeof two);
    if (two == 0) {
      i += 2;
      continue;
    }
    add_number();
    add_number();
  }
  if (i < number::pooled) add_number();
  // Hardly any part of a pooled vector is zero: all are standardised at once.
  std::array<float, number::count - number::pooled> changes;
  for (std::size_t k = 0; k < changes.size(); ++k) {
    const auto at = number::pooled + k;
    changes[k] = standard(weights_, at, inputs.numbers[at]) - zero_[at];
  }
  for (std::size_t k = 0; k < changes.size(); ++k)
    sums.add(changes[k], weights_.numbers.data() + (number::pooled + k) * output_stride);
  return sums.logits();
}

std::string to_bytes(const Weights& weights) {
  std::string body;
  append(body, static_cast<std::uint32_t>(bucket_count));
  append(body, static_cast<std::uint32_t>(number::count));
  append(body, static_cast<std::uint32_t>(output_count));
  append(body, weights.vectors_checksum);
  append(body, weights.type_temperature);
  append(body, weights.complexity_temperature);
  append(body, weights.complex_floor);
  append(body, weights.simple_floor);
  append(body, weights.bias);
  append(body, weights.mean);
  append(body, weights.inverse);
  append(body, weights.numbers);
  float largest = 1e-6F;
  for (const float w : weights.buckets) largest = std::max(largest, std::fabs(w));
  const float scale = largest / 32767;
  append(body, scale);
  for (std::size_t b = 0; b < bucket_count; ++b) {
    for (std::size_t k = 0; k < output_count; ++k)
      append(body, static_cast<std::int16_t>(std::lround(weights.buckets[b * output_stride + k] / scale)));
  }
  std::string out(weights_magic);
  append(out, checksum_of(body));
  return out + body;
}

core::Result<Weights> weights_from(std::string_view bytes) {
  using core::Cause;
  if (!bytes.starts_with(weights_magic))
    return core::fail(Cause::garbage, "not a model file of this version");
  ByteReader in(bytes.substr(weights_magic.size()));
  const auto sum = in.take<std::uint64_t>();
  if (!in.ok() || checksum_of(bytes.substr(weights_magic.size() + sizeof sum)) != sum)
    return core::fail(Cause::garbage, "the model file does not match its checksum");
  const auto buckets = in.take<std::uint32_t>();
  const auto numbers = in.take<std::uint32_t>();
  const auto outputs = in.take<std::uint32_t>();
  if (buckets != bucket_count || numbers != number::count || outputs != output_count)
    return core::fail(Cause::garbage, "the model was trained for other features: train it anew");
  Weights weights;
  weights.vectors_checksum = in.take<std::uint64_t>();
  weights.type_temperature = in.take<float>();
  weights.complexity_temperature = in.take<float>();
  weights.complex_floor = in.take<float>();
  weights.simple_floor = in.take<float>();
  weights.bias = in.take<Logits>();
  const auto fill = [&in](std::vector<float>& values) {
    in.fill(values.data(), values.size() * sizeof(float));
  };
  fill(weights.mean);
  fill(weights.inverse);
  fill(weights.numbers);
  const auto scale = in.take<float>();
  if (in.left() != bucket_count * output_count * sizeof(std::int16_t))
    return core::fail(Cause::cut, "the model file is not whole");
  for (std::size_t b = 0; b < bucket_count; ++b) {
    for (std::size_t k = 0; k < output_count; ++k)
      weights.buckets[b * output_stride + k] = scale * static_cast<float>(in.take<std::int16_t>());
  }
  const bool sane = weights.type_temperature > 0.01F && weights.type_temperature < 100 &&
                    weights.complexity_temperature > 0.01F && weights.complexity_temperature < 100 &&
                    std::isfinite(scale) && finite(weights.mean) && finite(weights.inverse) &&
                    finite(weights.numbers) && finite(weights.buckets);
  if (!sane) return core::fail(Cause::garbage, "the model file holds numbers out of bounds");
  return weights;
}

}  // namespace codecrucible::classifier
