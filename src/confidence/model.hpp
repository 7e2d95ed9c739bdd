#pragma once

#include "confidence/agreement.hpp"
#include "confidence/evidence.hpp"
#include "core/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace codecrucible::confidence {

// How good an answer probably is, and why. Reasons are static strings, strongest first.
struct Judgement {
  float good = 1;  // calibrated: of answers judged 0.9 nine in ten are good
  Signs signs;
  std::array<std::string_view, 4> reasons{};  // empty ones at the end
  bool whole = false;                         // judged at its end
};

// What one model's outcomes teach about answers it gives: a shift of the logit that follows them. A value;
// the owner (learning) keeps one per model and task and passes the matching one in.
class Offset {
 public:
  // The outcome of an answer that was judged `predicted` (without this offset or with it, always the same
  // way).
  void update(float predicted, bool good) noexcept;
  float shift() const noexcept;  // added to the logit; at most ±3
  std::uint32_t outcomes() const noexcept { return outcomes_; }
  // For keeping: the pair that restores it.
  float level() const noexcept { return level_; }
  static Offset restored(float level, std::uint32_t outcomes) noexcept;

 private:
  float level_ = 0;
  std::uint32_t outcomes_ = 0;
};

// Calibrated combination of the evidence. Immutable; any number of threads may ask at once.
class Model {
 public:
  virtual ~Model() = default;
  // Before any answer: how likely a small model's answer to this request is good.
  virtual float before(const Facts& facts) const = 0;
  // Of what was read so far; while the answer streams only what does not need its end.
  virtual Judgement judge(const Evidence& evidence, const Offset& offset) const = 0;
  // With a second answer to compare with (own or another small model's).
  virtual Judgement judge(const Evidence& evidence, std::string_view second, const Offset& offset) const = 0;
};

// Reads the bytes of a model file. Refuses anything not whole, of another version or checksum.
core::Result<std::shared_ptr<const Model>> read_model(std::string_view bytes);
// What is used when there is no file: hard signs only, no learnt weights.
std::shared_ptr<const Model> plain_model();

}  // namespace codecrucible::confidence
