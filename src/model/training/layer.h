// An encoder layer in training on a CPU: what Encoder::apply_layer() computes, of fused steps with gradients
// of their own.
#pragma once

#include "angle/data/batch.h"
#include "angle/model/dropout.h"
#include "angle/model/encoder.h"
#include "angle/tensor.h"

namespace angle {

/// Whether train_layer() can run: float32 weights that are not packed for inference, hidden states in float32
/// on a CPU with AVX2, or in bfloat16 with AVX-512.
bool can_train_layer(const EncoderLayer& layer, const Tensor& hidden);

/// @param hidden  [tokens, hidden]
/// @return        the same; equal to Encoder::apply_layer() to rounding, with the same dropout masks
Tensor train_layer(const EncoderLayer& layer, const EncoderConfig& config, const Tensor& hidden,
                   const TokenBatch& batch, const Dropout& dropout);

}  // namespace angle
