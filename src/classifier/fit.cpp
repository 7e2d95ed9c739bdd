#include "classifier/fit.hpp"

#include "classifier/probability.hpp"

#include <algorithm>
#include <cmath>

namespace codecrucible::classifier {
namespace {

// splitmix64: the same shuffle on every platform, which std::shuffle does not promise.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

void shuffle(std::vector<std::uint32_t>& rows, Random& random) {
  for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.next() % i]);
}

void measure_numbers(const std::vector<Example>& examples, std::span<const std::uint32_t> rows,
                     Weights& weights) {
  const auto n = static_cast<double>(rows.size());
  for (std::size_t i = 0; i < number::count; ++i) {
    double sum = 0, square = 0;
    for (const auto row : rows) {
      const double v = static_cast<double>(examples[row].numbers[i]);
      sum += v;
      square += v * v;
    }
    const double mean = sum / n;
    const double spread = std::sqrt(std::max(0.0, square / n - mean * mean));
    weights.mean[i] = static_cast<float>(mean);
    // Numbers that hardly ever move would otherwise shout when they do.
    weights.inverse[i] = static_cast<float>(1 / (spread + 0.05));
  }
  // Parts of unit vectors are small by nature: their common scale is kept.
  for (std::size_t i = number::pooled; i < number::count; ++i) weights.inverse[i] = 10.F;
}

void step(float* row, float* memory, const Logits& gradient, float value,
          const FitOptions& options) noexcept {
  for (std::size_t k = 0; k < output_stride; ++k) {
    const float g = gradient[k] * value + options.decay * row[k];
    memory[k] += g * g;
    row[k] -= options.rate * g / std::sqrt(memory[k] + 1e-8F);
  }
}

// Moves a class's probabilities to their distance from the smoothed target.
void subtract_target(std::span<float> p, std::size_t truth, float smoothing) noexcept {
  for (auto& one : p) one -= smoothing / static_cast<float>(p.size());
  p[truth] -= 1 - smoothing;
}

Logits gradient_of(const Logits& logits, const Example& example, const FitOptions& options) noexcept {
  Logits p = logits;
  const auto types = std::span(p).first(core::task_type_count);
  const auto levels = std::span(p).subspan(core::task_type_count, core::complexity_count);
  soften(types, 1);
  soften(levels, 1);
  subtract_target(types, static_cast<std::size_t>(example.type), options.smoothing);
  subtract_target(levels, static_cast<std::size_t>(example.complexity), options.smoothing);
  const float weight = example.source.empty() ? options.other_weight : 1.F;
  for (std::size_t k = 0; k < output_stride; ++k) p[k] = k < output_count ? p[k] * weight : 0;
  return p;
}

}  // namespace

Weights fit(const std::vector<Example>& examples, std::span<const std::uint32_t> rows,
            const FitOptions& options) {
  Weights now, memory;
  measure_numbers(examples, rows, now);
  std::vector<std::vector<float>> numbers(examples.size());
  for (const auto row : rows) {
    auto& z = numbers[row] = examples[row].numbers;
    for (std::size_t i = 0; i < number::count; ++i)
      z[i] = number_scale * std::clamp((z[i] - now.mean[i]) * now.inverse[i], -number_limit, number_limit);
  }
  std::fill(memory.numbers.begin(), memory.numbers.end(), 0.F);
  Logits bias_memory{};
  Weights mean = now;
  int averaged = 0;
  Random random(options.seed);
  std::vector<std::uint32_t> order(rows.begin(), rows.end());
  for (int epoch = 0; epoch < options.epochs; ++epoch) {
    if (options.stop && options.stop()) break;
    shuffle(order, random);
    for (const auto row : order) {
      const auto& example = examples[row];
      Logits logits = now.bias;
      for (const auto& [bucket, value] : example.buckets)
        for (std::size_t k = 0; k < output_stride; ++k)
          logits[k] += value * now.buckets[bucket * output_stride + k];
      const auto& z = numbers[row];
      for (std::size_t i = 0; i < number::count; ++i)
        for (std::size_t k = 0; k < output_stride; ++k)
          logits[k] += z[i] * now.numbers[i * output_stride + k];
      const auto g = gradient_of(logits, example, options);
      step(now.bias.data(), bias_memory.data(), g, 1, options);
      for (const auto& [bucket, value] : example.buckets)
        step(&now.buckets[bucket * output_stride], &memory.buckets[bucket * output_stride], g, value,
             options);
      for (std::size_t i = 0; i < number::count; ++i)
        if (z[i] != 0)
          step(&now.numbers[i * output_stride], &memory.numbers[i * output_stride], g, z[i], options);
    }
    if (epoch * 2 < options.epochs) continue;
    const float share = 1.F / static_cast<float>(++averaged);
    const auto blend = [share](std::vector<float>& to, const std::vector<float>& from) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += share * (from[i] - to[i]);
    };
    blend(mean.buckets, now.buckets);
    blend(mean.numbers, now.numbers);
    for (std::size_t k = 0; k < output_stride; ++k) mean.bias[k] += share * (now.bias[k] - mean.bias[k]);
  }
  return mean;
}

Logits apply(const Weights& weights, const Example& example) {
  Inputs inputs;
  inputs.bucket_count = example.buckets.size();
  for (std::size_t i = 0; i < example.buckets.size(); ++i) {
    inputs.buckets[i] = example.buckets[i].first;
    inputs.values[i] = example.buckets[i].second;
  }
  std::copy(example.numbers.begin(), example.numbers.end(), inputs.numbers.begin());
  standardize(weights, inputs);
  return apply(weights, inputs);
}

}  // namespace codecrucible::classifier
