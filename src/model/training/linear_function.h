// The linear layer and the feed-forward block with gradients of their own: faster products, less kept for
// backward.
#pragma once

#include "angle/model/linear.h"
#include "angle/tensor.h"

namespace angle {

/// input · weightᵀ + bias. A bfloat16 input is multiplied with weights rounded to bfloat16; their gradients
/// are float32, like the weights.
///
/// @param input  [rows, in], see has_fast_products()
/// @return       [rows, out], of the type of the input
Tensor linear_with_gradient(const Tensor& input, const Linear& linear);

/// output(gelu(intermediate(input))). Keeps the input and what goes into GELU; the activation itself is
/// computed again in the backward pass, in the pass that computes its derivative.
///
/// @param input  [tokens, hidden], see has_fast_products()
/// @return       [tokens, hidden]
Tensor gelu_feed_forward(const Tensor& input, const Linear& intermediate, const Linear& output);

}  // namespace angle
