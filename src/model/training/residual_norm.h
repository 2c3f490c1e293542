// LayerNorm(residual + dropout(input)) in one pass over memory for each direction.
#pragma once

#include "angle/model/dropout.h"
#include "angle/model/encoder.h"
#include "angle/tensor.h"

namespace angle {

/// For float32 on a CPU with AVX2, for bfloat16 with AVX-512; the arithmetic is in float32. Keeps the sum and
/// two numbers a row; the mask is drawn again in the backward pass.
///
/// @param input, residual  [rows, hidden], of one type
/// @param norm             float32
/// @return                 [rows, hidden]
Tensor residual_norm(const Tensor& input, const Tensor& residual, const LayerNorm& norm, double epsilon,
                     const DropoutMask& mask);

}  // namespace angle
