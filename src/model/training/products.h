// The three matrix products of a linear layer in training, each on what is the fastest for it on a CPU: the
// kernels of inference where the CPU has AVX-512 and sizes fit, oneDNN else.
//
// LibTorch's own float32 product is MKL's, which reaches less than half of oneDNN's rate on CPUs of AMD.
#pragma once

#include "angle/model/linear.h"
#include "angle/tensor.h"

namespace angle {

/// Whether the functions below take this tensor: float32 or bfloat16 on the CPU.
bool has_fast_products(const Tensor& tensor);

/// A weight as the products of one step read it: of the type of their input, or in panels
/// (panel_products.h).
struct StepWeight {
  Tensor forward;   // for forward_product()
  Tensor backward;  // for input_gradient()
};

StepWeight prepare_weight(const Tensor& weight, at::ScalarType input);

/// x · weightᵀ + bias.
///
/// @param input   [rows, in], contiguous
/// @param weight  StepWeight::forward
/// @param bias    [out]
/// @return        [rows, out]
Tensor forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias);

/// gradient · weight: the gradient by the input.
///
/// @param gradient  [rows, out], contiguous
/// @param weight    StepWeight::backward
/// @return          [rows, in]
Tensor input_gradient(const Tensor& gradient, const Tensor& weight);

struct WeightGradients {
  Tensor weight;  // float32 [out, in]: gradientᵀ · input
  Tensor bias;    // float32 [out]: the sum over rows
};

/// @param gradient, input  as above
/// @param weight           StepWeight::backward
WeightGradients weight_gradients(const Tensor& gradient, const Tensor& input, const Tensor& weight);

}  // namespace angle
