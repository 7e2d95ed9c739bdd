#pragma once

#include <algorithm>
#include <cmath>

namespace codecrucible::confidence {

// How traits are written as numbers.
inline float flag(bool value) noexcept {
  return value ? 1.0F : 0.0F;
}
inline float log1(double value) noexcept {
  return static_cast<float>(std::log1p(std::max(0.0, value)));
}
// 0 of nothing.
inline float part_of(double part, double all) noexcept {
  return all > 0 ? static_cast<float>(part / all) : 0.0F;
}

}  // namespace codecrucible::confidence
