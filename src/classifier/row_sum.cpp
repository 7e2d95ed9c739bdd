#include "classifier/row_sum.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace codecrucible::classifier {

#if defined(__SSE2__)

// Two rows at a time, sixteen columns at a time: bytes of both are laid side by side, widened to sixteen
// bits, and one instruction multiplies with both weights and adds the pair.
void RowSum::flush() noexcept {
  static constexpr std::array<std::int8_t, dims> nothing{};
  if (waiting_ % 2 == 1) {
    rows_[waiting_] = nothing.data();
    weights_[waiting_++] = 0;
  }
  for (std::size_t column = 0; column < dims; column += 16) {
    auto* const to = reinterpret_cast<__m128i*>(sum_.data() + column);
    __m128i sum0 = _mm_loadu_si128(to), sum1 = _mm_loadu_si128(to + 1);
    __m128i sum2 = _mm_loadu_si128(to + 2), sum3 = _mm_loadu_si128(to + 3);
    for (std::size_t i = 0; i < waiting_; i += 2) {
      const auto a = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows_[i] + column));
      const auto b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows_[i + 1] + column));
      const auto weights = _mm_set1_epi32(weights_[i] | weights_[i + 1] << 16);
      const auto low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);
      const auto wide = [](__m128i twice) { return _mm_srai_epi16(twice, 8); };
      sum0 = _mm_add_epi32(sum0, _mm_madd_epi16(wide(_mm_unpacklo_epi8(low, low)), weights));
      sum1 = _mm_add_epi32(sum1, _mm_madd_epi16(wide(_mm_unpackhi_epi8(low, low)), weights));
      sum2 = _mm_add_epi32(sum2, _mm_madd_epi16(wide(_mm_unpacklo_epi8(high, high)), weights));
      sum3 = _mm_add_epi32(sum3, _mm_madd_epi16(wide(_mm_unpackhi_epi8(high, high)), weights));
    }
    _mm_storeu_si128(to, sum0);
    _mm_storeu_si128(to + 1, sum1);
    _mm_storeu_si128(to + 2, sum2);
    _mm_storeu_si128(to + 3, sum3);
  }
  waiting_ = 0;
}

#else

void RowSum::flush() noexcept {
  for (std::size_t i = 0; i < waiting_; ++i)
    for (std::size_t k = 0; k < dims; ++k) sum_[k] += weights_[i] * rows_[i][k];
  waiting_ = 0;
}

#endif

}  // namespace codecrucible::classifier
