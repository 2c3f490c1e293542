#include "model/training/gelu.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/training/avx512.h"

namespace angle {
namespace {

constexpr int64_t kGrain = 8192;  // elements that are worth a thread

struct Normal {
  __m512 probability;  // Φ(x)
  __m512 density;      // φ(x)
};

/// Φ by Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: |error| ≤ 7.5e-8. Its
/// exponential is the density's.
ANGLE_AVX512_INLINE Normal normal(__m512 x) {
  const __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678F));  // erf's argument
  const __m512 exponential = avx512::exp(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_mul_ps(z, z)));
  const __m512 t = _mm512_div_ps(_mm512_set1_ps(1.0F),
                                 _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911F), _mm512_set1_ps(1.0F)));
  __m512 series = _mm512_set1_ps(1.061405429F);
  series = _mm512_fmadd_ps(series, t, _mm512_set1_ps(-1.453152027F));
  series = _mm512_fmadd_ps(series, t, _mm512_set1_ps(1.421413741F));
  series = _mm512_fmadd_ps(series, t, _mm512_set1_ps(-0.284496736F));
  series = _mm512_fmadd_ps(series, t, _mm512_set1_ps(0.254829592F));
  const __m512 tail =
      _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(0.5F), _mm512_mul_ps(series, t)), exponential);
  const __mmask16 positive = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ);
  return {_mm512_mask_sub_ps(tail, positive, _mm512_set1_ps(1.0F), tail),
          _mm512_mul_ps(exponential, _mm512_set1_ps(0.39894228F))};
}

template <class T>
ANGLE_AVX512 void forward(const T* input, T* output, int64_t count) {
  for (int64_t i = 0; i < count; i += avx512::kLanes) {
    const __mmask16 lanes = avx512::first_lanes(count - i);
    const __m512 x = avx512::load(input + i, lanes);
    avx512::store(output + i, lanes, _mm512_mul_ps(x, normal(x).probability));
  }
}

template <class T>
ANGLE_AVX512 void backward(const T* input, T* gradient, T* output, int64_t count) {
  for (int64_t i = 0; i < count; i += avx512::kLanes) {
    const __mmask16 lanes = avx512::first_lanes(count - i);
    const __m512 x = avx512::load(input + i, lanes);
    const Normal at = normal(x);
    const __m512 slope = _mm512_fmadd_ps(x, at.density, at.probability);
    avx512::store(gradient + i, lanes, _mm512_mul_ps(avx512::load(gradient + i, lanes), slope));
    avx512::store(output + i, lanes, _mm512_mul_ps(x, at.probability));
  }
}

/// Calls `run` with a value of the tensor's element type.
template <class Run>
void for_type(const Tensor& tensor, const Run& run) {
  if (tensor.scalar_type() == at::kBFloat16)
    run(c10::BFloat16());
  else
    run(float());
}

}  // namespace

Tensor gelu_forward(const Tensor& input) {
  Tensor output = at::empty_like(input);
  for_type(input, [&](auto element) {
    using T = decltype(element);
    const T* const from = input.const_data_ptr<T>();
    T* const to = output.mutable_data_ptr<T>();
    at::parallel_for(0, input.numel(), kGrain,
                     [&](int64_t begin, int64_t end) { forward(from + begin, to + begin, end - begin); });
  });
  return output;
}

GeluGradient gelu_gradient(const Tensor& input, Tensor gradient) {
  Tensor output = at::empty_like(input);
  for_type(input, [&](auto element) {
    using T = decltype(element);
    const T* const from = input.const_data_ptr<T>();
    T* const slopes = gradient.mutable_data_ptr<T>();
    T* const to = output.mutable_data_ptr<T>();
    at::parallel_for(0, input.numel(), kGrain, [&](int64_t begin, int64_t end) {
      backward(from + begin, slopes + begin, to + begin, end - begin);
    });
  });
  return {std::move(gradient), std::move(output)};
}

}  // namespace angle
