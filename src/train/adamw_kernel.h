// What the optimizer does to float32 numbers in memory, in one pass, for CPUs with AVX2 or AVX-512,
// which round to the same bits. Knows no torch.
#pragma once

#include <cstdint>

namespace angle {

/// Numbers of a parameter, their gradient and their moments.
struct AdamWNumbers {
  float* parameter;
  const float* gradient;
  float *first, *second;
  int64_t count;
};

/// What all numbers of a parameter have in common in one step.
struct AdamWFactors {
  float gradient;      // of the gradient: clipping
  float beta1, beta2;  // decay of the moments
  float decay;         // of the parameter: 1 − rate · weight decay
  float step;          // rate / (1 − beta1ᵗ)
  float inverse_root;  // 1 / √(1 − beta2ᵗ)
  float epsilon;
};

struct AdamWKernels {
  /// One update.
  void (*update)(const AdamWNumbers& numbers, const AdamWFactors& factors);

  /// The same of numbers whose gradient and moments are all zero, which are not looked at: they decay.
  void (*decay)(const AdamWNumbers& numbers, const AdamWFactors& factors);

  /// Whether all are zero.
  bool (*all_zero)(const float* numbers, int64_t count);

  /// The sum of the squares, in an order that is always the same.
  double (*sum_of_squares)(const float* numbers, int64_t count);
};

extern const AdamWKernels adamw_avx2, adamw_avx512;

}  // namespace angle
