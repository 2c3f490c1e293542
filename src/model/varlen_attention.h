// Attention over all texts of a packed batch in one call: the kernels that LibTorch has for GPUs.
#pragma once

#include <cstdint>

#include "angle/data/batch.h"
#include "angle/model/dropout.h"
#include "angle/tensor.h"

namespace angle {

enum class AttentionKernel {
  by_length,        // the texts of each length on their own: any type, any device
  flash,            // FlashAttention-2 (arXiv 2307.08691): 16 bits
  memory_efficient  // arXiv 2112.05682: float32, and 16 bits where flash cannot
};

/// What decides which kernels can be used.
struct AttentionTask {
  at::DeviceType device = at::kCPU;
  bool is_ampere = false;  // a GPU of compute capability 8.0 or newer
  at::ScalarType type = at::kFloat;
  int64_t head_size = 0;
};

/// The fastest kernel for the task.
AttentionKernel choose_attention(const AttentionTask& task);

/// The task of attending with these queries, keys and values: [tokens, 3 · hidden].
AttentionTask attention_task(const Tensor& query_key_value, int64_t num_heads);

/// self_attention() (see attention.h) by one of the kernels for packed batches.
///
/// Probabilities are dropped inside the kernel, by the device's generator, which is set to the mask's seed
/// first.
///
/// @param kernel           not by_length
/// @param query_key_value  [tokens, 3 · hidden] on a GPU
/// @return                 [tokens, hidden]
Tensor varlen_attention(AttentionKernel kernel, const Tensor& query_key_value, const TokenBatch& batch,
                        int64_t num_heads, const DropoutMask& mask);

}  // namespace angle
