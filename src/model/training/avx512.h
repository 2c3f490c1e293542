// The few vector operations that the kernels of training are written with: 16 floats, read from and rounded
// to float or bfloat16. Functions that use them carry ANGLE_AVX512 and are called only where
// can_train_layer() found AVX-512.
#pragma once

#include <algorithm>
#include <cstdint>
#include <immintrin.h>

#include <c10/util/BFloat16.h>

#define ANGLE_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define ANGLE_AVX512_INLINE \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"), always_inline)) inline

namespace angle::avx512 {

constexpr int64_t kLanes = 16;

/// The first `count` lanes; all of them when there are more.
ANGLE_AVX512_INLINE __mmask16 first_lanes(int64_t count) {
  return count >= kLanes ? static_cast<__mmask16>(0xFFFF) : static_cast<__mmask16>((1U << count) - 1);
}

/// Lanes that are not in the mask are 0, and their memory is not touched.
ANGLE_AVX512_INLINE __m512 load(const float* from, __mmask16 lanes) {
  return _mm512_maskz_loadu_ps(lanes, from);
}

ANGLE_AVX512_INLINE __m512 load(const c10::BFloat16* from, __mmask16 lanes) {
  const __m256i halves = _mm256_maskz_loadu_epi16(lanes, from);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

ANGLE_AVX512_INLINE void store(float* to, __mmask16 lanes, __m512 value) {
  _mm512_mask_storeu_ps(to, lanes, value);
}

/// Rounds to the nearest, ties to even; a NaN stays one.
ANGLE_AVX512_INLINE void store(c10::BFloat16* to, __mmask16 lanes, __m512 value) {
  const __m512i bits = _mm512_castps_si512(value);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  const __m512i kept = _mm512_mask_mov_epi32(rounded, _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q),
                                             _mm512_set1_epi32(0x7FC00000));
  _mm256_mask_storeu_epi16(to, lanes, _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16)));
}

/// eˣ to 2 units in the last place: x = n·ln 2 + r, and the Taylor series of e^r to the seventh power, |r| ≤
/// 0.35.
ANGLE_AVX512_INLINE __m512 exp(__m512 x) {
  // Below, the result is 0. In this order a NaN stays one: of the two, the instruction then takes the second.
  const __m512 clamped = _mm512_max_ps(_mm512_set1_ps(-104.0F), x);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(clamped, _mm512_set1_ps(1.44269504F)),
                                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375F), clamped);  // ln 2 in two parts
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4F), r);
  __m512 sum = _mm512_set1_ps(1.0F / 5040);
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F / 720));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F / 120));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F / 24));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F / 6));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(0.5F));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F));
  sum = _mm512_fmadd_ps(sum, r, _mm512_set1_ps(1.0F));
  return _mm512_scalef_ps(sum, n);
}

}  // namespace angle::avx512
