// Self-attention over a packed batch: every text sees its own tokens and no others.
#pragma once

#include <cstdint>

#include "angle/data/batch.h"
#include "angle/model/dropout.h"
#include "angle/tensor.h"

namespace angle {

/// softmax(Q·Kᵀ/√d)·V per text and head ("Attention Is All You Need", arXiv 1706.03762, eq. 1).
///
/// On a GPU one kernel takes the packed tensor as it is (src/model/varlen_attention.h); elsewhere texts of
/// equal length are attended to in one call, on views of it.
///
/// @param query_key_value  [tokens, 3 · hidden], query, key and value side by side
/// @return                 [tokens, hidden], heads side by side
Tensor self_attention(const Tensor& query_key_value, const TokenBatch& batch, int64_t num_heads,
                      const Dropout& dropout);

}  // namespace angle
