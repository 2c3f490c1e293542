// What the optimizer does to float32 numbers in memory, in one pass, for CPUs with AVX-512. Knows no torch.
#pragma once

#include <cstdint>

namespace angle {

/// Numbers of which the optimizer remembers together whether they have ever had a gradient.
constexpr int64_t kMomentBlock = 256;

/// A parameter, its gradient and its moments.
struct AdamWArrays {
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

/// One update of the blocks `first` to `last` − 1.
///
/// A block without a gradient whose moments are all zero would not move: it decays and nothing else is
/// written. Of a vocabulary's embeddings that is what most rows are.
///
/// @param at_rest  of each block, whether all its moments are zero; kept up to date
void adamw_update(const AdamWArrays& arrays, const AdamWFactors& factors, uint8_t* at_rest, int64_t first,
                  int64_t last);

/// Whether all are zero.
bool all_zero(const float* numbers, int64_t count);

/// The sum of the squares, in an order that is always the same.
double sum_of_squares(const float* numbers, int64_t count);

}  // namespace angle
