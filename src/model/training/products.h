// The three matrix products of a linear layer in training on a CPU: by the kernels of inference where it has
// AVX2 (AVX512_BF16 for bfloat16) and sizes fit, by oneDNN else.
//
// LibTorch's own float32 product is MKL's, which reaches less than half of oneDNN's rate on CPUs of AMD.
#pragma once

#include "angle/model/linear.h"
#include "angle/tensor.h"

namespace angle {

/// Whether the functions below take this tensor: float32 or bfloat16 on the CPU.
bool has_fast_products(const Tensor& tensor);

/// x · weightᵀ + bias.
///
/// @param input   [rows, in], contiguous
/// @param weight  [out, in], rounded to the input's type on the way
/// @param bias    [out]
/// @return        [rows, out]
Tensor forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias);

/// gradient · weight: the gradient by the input.
///
/// @param gradient  [rows, out], contiguous
/// @param weight    as above
/// @return          [rows, in]
Tensor input_gradient(const Tensor& gradient, const Tensor& weight);

struct WeightGradients {
  Tensor weight;  // float32 [out, in]: gradientᵀ · input
  Tensor bias;    // float32 [out]: the sum over rows
};

/// @param gradient, input  as above
/// @param weight           whose gradient it is, for its type and sizes
WeightGradients weight_gradients(const Tensor& gradient, const Tensor& input, const Tensor& weight);

}  // namespace angle
