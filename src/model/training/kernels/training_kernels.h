// The arithmetic of training on a CPU but for its large matrix products: attention, GELU and normalisation in
// both directions, dropout's masks. Knows no torch.
//
// avx2.cpp and avx512.cpp are compiled for the instructions that they are named after; training_kernels()
// says at run time what may be called. Both round to the same bits.
#pragma once

#include <cstdint>

#include "model/training/philox.h"

namespace angle::kernels {

/// Where a head's rows are, and the mask of its probabilities.
struct HeadShape {
  int64_t length;  // tokens
  int64_t head_size;
  int64_t row;         // elements from a token to the next in query, key and value and their gradients
  int64_t output_row;  // the same in the output and its gradient
  MaskSource mask;
  int64_t mask_row;  // row of the mask for the first token
  float mask_scale;  // of what dropout keeps; 0: no dropout
};

template <class T>
struct HeadInputs {
  const T *query, *key, *value;
};

template <class T>
struct HeadGradients {
  T *query, *key, *value;
};

/// Query rows at a time: their probabilities stay in the cache.
constexpr int64_t kQueryRows = 32;

/// The length of a row of probabilities in memory: whole vectors.
constexpr int64_t padded_length(int64_t length) { return mask_words(length) * kMaskLanes; }

/// Floats of scratch memory that a head needs in either direction.
int64_t head_scratch(int64_t length, int64_t head_size);

/// What the rows of a normalisation have in common.
struct NormShape {
  int64_t hidden;
  float epsilon;
  float scale;  // of what dropout keeps; 0: no dropout
  const float* weight;
};

struct NormStatistics {
  float mean, inverse_deviation;
};

/// What one row is made of, and where its results go. `kept` is its mask, see keep_bits().
template <class T>
struct NormRow {
  const uint16_t* kept;
  const T *input, *residual;
  T *sum, *output;
};

template <class T>
struct NormGradientRow {
  const uint16_t* kept;
  const T *gradient, *sum;
  NormStatistics statistics;
  float *weight_sum, *bias_sum;  // are added to
  T *by_residual, *by_input;     // the second is written with dropout only
};

/// @tparam T  float; or uint16_t, the bits of a bfloat16: the arithmetic is in float32
template <class T>
struct TrainingKernels {
  /// Attention of one text in one head.
  void (*head_forward)(const HeadShape& shape, const HeadInputs<T>& inputs, T* output, float* scratch);

  /// @param gradient  by the output
  void (*head_backward)(const HeadShape& shape, const HeadInputs<T>& inputs, const T* gradient,
                        const HeadGradients<T>& result, float* scratch);

  /// x·Φ(x).
  void (*gelu_forward)(const T* input, T* output, int64_t count);

  /// Takes `gradient`, the one by the output, as the memory of the one by the input; the output once more.
  void (*gelu_backward)(const T* input, T* gradient, T* output, int64_t count);

  /// LayerNorm(residual + dropout(input)).
  NormStatistics (*norm_forward)(const NormShape& shape, const float* bias, const NormRow<T>& row);
  void (*norm_backward)(const NormShape& shape, const NormGradientRow<T>& row);
};

extern const TrainingKernels<float> training_float32_avx2, training_float32_avx512;
extern const TrainingKernels<uint16_t> training_bfloat16_avx512;

/// Of a CPU with AVX2, for bfloat16 with AVX-512: the fastest.
template <class T>
const TrainingKernels<T>& training_kernels();
template <>
const TrainingKernels<float>& training_kernels();
template <>
const TrainingKernels<uint16_t>& training_kernels();

/// See philox.h.
MaskBlock mask_block_avx2(const MaskSource& source, uint64_t block);
MaskBlock mask_block_avx512(const MaskSource& source, uint64_t block);

}  // namespace angle::kernels
