// Functions of sixteen floats at once. Internal linkage, see tile.h.
#pragma once

#include <immintrin.h>

#include "model/avx512/kernels.h"

namespace angle::avx512 {
namespace {

constexpr int64_t kVector = 16;  // words in a register

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

/// 2^x for x ≤ 0, within a ten-thousandth of it, a twentieth of what bfloat16 rounds; at least 2^−126.
inline __m512 coarse_exp2(__m512 x) {
  const __m512 bounded = _mm512_max_ps(_mm512_set1_ps(-126.0F), x);  // keeps NaN
  // Added to 1.5 · 2²³, a number is rounded, and its last bits are the integer.
  const __m512 shift = _mm512_set1_ps(12582912.0F);
  const __m512 shifted = _mm512_add_ps(bounded, shift);
  const __m512 fraction = _mm512_sub_ps(bounded, _mm512_sub_ps(shifted, shift));
  __m512 power = _mm512_set1_ps(0.0558382829F);
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.2426394785F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.6931367339F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.9999245570F));
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(power), exponent));
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

/// Sixteen rows of sixteen words become columns: words, pairs of words, then quarters of registers change
/// places.
inline void transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
    t[8 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xDD);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xDD);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xDD);
    r[4 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xDD);
  }
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
