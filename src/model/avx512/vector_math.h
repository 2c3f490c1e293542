// Functions of sixteen floats at once. Internal linkage, see tile.h.
#pragma once

#include <immintrin.h>

#include "model/avx512/kernels.h"

namespace angle::avx512 {
namespace {

constexpr int kNearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;

/// 2^x, within 2e-7 of it: a polynomial through the Chebyshev nodes of [−½, ½], and the exponent put together
/// again.
inline __m512 exp2(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, kNearest);
  const __m512 fraction = _mm512_sub_ps(x, whole);
  __m512 power = _mm512_set1_ps(0.0013390863F);
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.0096760319F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.0555035711F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.2402210749F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.6931471880F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(power, whole);
}

/// By the last five bits of `index`.
inline __m512 lookup(const float (&table)[32], __m512i index) {
  return _mm512_permutex2var_ps(_mm512_load_ps(table), index, _mm512_load_ps(table + 16));
}

inline __m512 gelu(__m512 x, const GeluTable& table) {
  const __m512 magnitude = _mm512_abs_ps(x);
  const __m512 place = _mm512_min_ps(_mm512_mul_ps(magnitude, _mm512_set1_ps(table.intervals_per_unit)),
                                     _mm512_set1_ps(31.0F));
  // Added to 1.5 · 2²³, a number is rounded, and its last bits are the integer: the index of its interval.
  const __m512 shift = _mm512_set1_ps(12582912.0F);
  const __m512 shifted = _mm512_add_ps(place, shift);
  const __m512 inside = _mm512_sub_ps(place, _mm512_sub_ps(shifted, shift));
  const __m512i index = _mm512_castps_si512(shifted);
  __m512 g = lookup(table.coefficients[3], index);
  g = _mm512_fmadd_ps(g, inside, lookup(table.coefficients[2], index));
  g = _mm512_fmadd_ps(g, inside, lookup(table.coefficients[1], index));
  g = _mm512_fmadd_ps(g, inside, lookup(table.coefficients[0], index));
  return _mm512_fmadd_ps(magnitude, g, _mm512_mul_ps(x, _mm512_set1_ps(0.5F)));
}

/// Rounded to the nearest bfloat16.
inline __m256i to_bfloat16(__m512 x) {
#ifdef __AVX512BF16__
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x));
#else
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i is_odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), is_odd);
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
#endif
}

/// The first `count` (at most 16) of sixteen lanes.
inline __mmask16 first_lanes(int64_t count) {
  return count >= 16 ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1);
}

inline void store(const Rows& rows, int64_t row, int64_t column, __m512 x, __mmask16 lanes = 0xFFFF) {
  const int64_t at = row * rows.stride + column;
  if (rows.element == Element::float32)
    _mm512_mask_storeu_ps(static_cast<float*>(rows.data) + at, lanes, x);
  else
    _mm256_mask_storeu_epi16(static_cast<uint16_t*>(rows.data) + at, lanes, to_bfloat16(x));
}

}  // namespace
}  // namespace angle::avx512
