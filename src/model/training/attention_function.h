// Self-attention with a gradient of its own, for training on a CPU: in float32 with AVX2, in
// bfloat16 with AVX-512.
#pragma once

#include "angle/data/batch.h"
#include "angle/model/dropout.h"
#include "angle/tensor.h"

namespace angle {

/// What self_attention() computes, for float32 and bfloat16; the arithmetic is in float32.
///
/// Probabilities are never in memory as a whole: both directions work on a few query rows of one head at a
/// time, and the backward pass computes them, and their masks, again from the queries and keys, all that it
/// keeps. (The idea of FlashAttention, Dao et al., arXiv 2205.14135; texts are short enough here to hold
/// whole rows.)
///
/// @param query_key_value  [tokens, 3 · hidden]
/// @param mask             of the first group of equal length; the others' masks are the draws that follow
/// @return                 [tokens, hidden]
Tensor attention_with_gradient(const Tensor& query_key_value, const TokenBatch& batch, int64_t num_heads,
                               const DropoutMask& mask);

}  // namespace angle
