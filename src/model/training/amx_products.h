// The products of a linear layer in training by AMX, with the kernels of inference (model/avx512/).
//
// Matrices are put into the order of the kernels in every step: weights because they change, activations
// because their gradients' sums go over the tokens. Results are the same bits with any number of threads.
#pragma once

#include "angle/tensor.h"

#include "model/training/products.h"

namespace angle {

/// Whether this CPU multiplies such a layer by AMX: bfloat16 inputs, a float32 weight of sizes that divide by
/// a tile.
bool amx_trains(at::ScalarType input, const Tensor& weight);

/// The weight, rounded and in panels for both products.
StepWeight amx_weight(const Tensor& weight);

/// rows · weight + bias, the weight in panels.
///
/// @param rows  bfloat16 [rows, in]
/// @param bias  float32 [out]; undefined: none
/// @return      bfloat16 [rows, out]
Tensor amx_product(const Tensor& rows, const Tensor& panels, const Tensor& bias);

/// As weight_gradients().
WeightGradients amx_weight_gradients(const Tensor& gradient, const Tensor& input);

}  // namespace angle
