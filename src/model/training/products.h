// The three matrix products of a linear layer in training, on oneDNN where that is the fastest on a CPU.
//
// LibTorch's own float32 product is MKL's, which reaches less than half of oneDNN's rate on CPUs of AMD.
#pragma once

#include "angle/tensor.h"

namespace angle {

/// Whether the functions below take this tensor: float32 or bfloat16 on the CPU.
bool has_fast_products(const Tensor& tensor);

/// x · weightᵀ + bias.
///
/// @param input   [rows, in]
/// @param weight  [out, in], of the type of the input
/// @param bias    [out], of the type of the input
/// @return        [rows, out]
Tensor forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias);

/// gradient · weight: the gradient by the input.
///
/// @param gradient  [rows, out]
/// @return          [rows, in]
Tensor input_gradient(const Tensor& gradient, const Tensor& weight);

/// gradientᵀ · input: the gradient by the weight. @return float32 [out, in]
Tensor weight_gradient(const Tensor& gradient, const Tensor& input);

/// Σ over rows: the gradient by the bias. @return float32 [out]
Tensor bias_gradient(const Tensor& gradient);

}  // namespace angle
