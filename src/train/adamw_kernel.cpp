#include "train/adamw_kernel.h"

#include "model/training/avx512.h"

namespace angle {
namespace {

using avx512::first_lanes;
using avx512::kLanes;
using avx512::load;
using avx512::store;

}  // namespace

ANGLE_AVX512 void adamw_decay(const AdamWNumbers& numbers, const AdamWFactors& factors) {
  if (factors.decay == 1.0F) return;
  const __m512 factor = _mm512_set1_ps(factors.decay);
  for (int64_t i = 0; i < numbers.count; i += kLanes) {
    const __mmask16 lanes = first_lanes(numbers.count - i);
    store(numbers.parameter + i, lanes, _mm512_mul_ps(load(numbers.parameter + i, lanes), factor));
  }
}

ANGLE_AVX512 void adamw_update(const AdamWNumbers& numbers, const AdamWFactors& factors) {
  const __m512 scale = _mm512_set1_ps(factors.gradient), keep = _mm512_set1_ps(factors.decay);
  const __m512 beta2 = _mm512_set1_ps(factors.beta2), new1 = _mm512_set1_ps(1 - factors.beta1),
               new2 = _mm512_set1_ps(1 - factors.beta2);
  const __m512 inverse_root = _mm512_set1_ps(factors.inverse_root), step = _mm512_set1_ps(factors.step);
  const __m512 epsilon = _mm512_set1_ps(factors.epsilon);
  for (int64_t i = 0; i < numbers.count; i += kLanes) {
    const __mmask16 lanes = first_lanes(numbers.count - i);
    const __m512 gradient = _mm512_mul_ps(load(numbers.gradient + i, lanes), scale);
    __m512 first = load(numbers.first + i, lanes);
    first = _mm512_fmadd_ps(_mm512_sub_ps(gradient, first), new1, first);
    const __m512 square = _mm512_mul_ps(_mm512_mul_ps(gradient, gradient), new2);
    const __m512 second = _mm512_fmadd_ps(load(numbers.second + i, lanes), beta2, square);
    const __m512 divisor = _mm512_fmadd_ps(_mm512_sqrt_ps(second), inverse_root, epsilon);
    const __m512 kept = _mm512_mul_ps(load(numbers.parameter + i, lanes), keep);
    store(numbers.first + i, lanes, first);
    store(numbers.second + i, lanes, second);
    store(numbers.parameter + i, lanes, _mm512_fnmadd_ps(_mm512_div_ps(first, divisor), step, kept));
  }
}

ANGLE_AVX512 bool all_zero(const float* numbers, int64_t count) {
  __m512i bits = _mm512_setzero_si512();
  for (int64_t i = 0; i < count; i += kLanes)
    bits = _mm512_or_si512(bits, _mm512_castps_si512(load(numbers + i, first_lanes(count - i))));
  return _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x7FFFFFFF)) == 0;  // −0 is zero
}

ANGLE_AVX512 double sum_of_squares(const float* numbers, int64_t count) {
  constexpr int64_t kSums = 4;  // that do not wait for each other
  __m512 sums[kSums];
  for (__m512& sum : sums) sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < count; i += kSums * kLanes)
    for (int64_t part = 0; part < kSums; ++part) {
      const int64_t at = i + part * kLanes;
      if (at >= count) break;
      const __m512 x = load(numbers + at, first_lanes(count - at));
      sums[part] = _mm512_fmadd_ps(x, x, sums[part]);
    }
  double total = 0;
  for (const __m512& sum : sums)
    total += _mm512_reduce_add_pd(_mm512_cvtps_pd(_mm512_castps512_ps256(sum))) +
             _mm512_reduce_add_pd(_mm512_cvtps_pd(_mm512_extractf32x8_ps(sum, 1)));
  return total;
}

}  // namespace angle
