// The products of a linear layer in training by the kernels of inference (model/kernels/), AMX for bfloat16
// where the CPU has that.
//
// Matrices are put into the order of the kernels for every product: weights because they change, activations
// because their gradients' sums go over the tokens. oneDNN does that too, and besides compiles kernels for
// every new number of tokens. Results are the same bits with any number of threads.
#pragma once

#include "angle/tensor.h"

#include "model/training/products.h"

namespace angle {

/// Whether this CPU multiplies such a layer so: float32 or bfloat16 inputs, a float32 weight whose sizes
/// divide by the columns of a panel.
bool trains_in_panels(at::ScalarType input, const Tensor& weight);

/// The three products of products.h, with the same shapes, for what trains_in_panels(); weight gradients of
/// at least one row.
Tensor panel_forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias);
Tensor panel_input_gradient(const Tensor& gradient, const Tensor& weight);
WeightGradients panel_weight_gradients(const Tensor& gradient, const Tensor& input);

}  // namespace angle
