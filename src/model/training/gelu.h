// GELU in the erf form (Hendrycks & Gimpel, arXiv 1606.08415) for training: one pass over memory for each
// direction.
#pragma once

#include "angle/tensor.h"

namespace angle {

/// x·Φ(x) of each element, for contiguous float32 and bfloat16 tensors of any shape on a CPU with AVX2,
/// for bfloat16 with AVX-512.
Tensor gelu_forward(const Tensor& input);

struct GeluGradient {
  Tensor gradient;  // by the input: gradient · (Φ(x) + x·φ(x))
  Tensor output;    // gelu(input) once more
};

/// Takes `gradient`, the one by the output, as the memory of its result.
GeluGradient gelu_gradient(const Tensor& input, Tensor gradient);

}  // namespace angle
