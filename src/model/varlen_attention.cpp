#include "model/varlen_attention.h"

#include <tuple>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>

namespace angle {
namespace {

/// LibTorch answers this question under the name of a convolution; its headers for CPUs have no other one for
/// the compute capability.
bool is_ampere(at::Device device) {
  const c10::DeviceGuard guard(device);
  return at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
}

/// @param query, key, value  [tokens, heads, head_size], rows of any stride
/// @return                   [tokens, heads, head_size]
Tensor attend_flash(const std::vector<Tensor>& query_key_value, const TokenBatch& batch, double dropout) {
  const int64_t longest = batch.max_length();
  return std::get<0>(at::_flash_attention_forward(query_key_value[0], query_key_value[1], query_key_value[2],
                                                  batch.offsets, batch.offsets, longest, longest, dropout,
                                                  /*is_causal=*/false, /*return_debug_mask=*/false));
}

/// The same. The backward pass needs the logarithms of the sums, which cost memory.
Tensor attend_memory_efficient(const std::vector<Tensor>& query_key_value, const TokenBatch& batch,
                               double dropout) {
  const int64_t longest = batch.max_length();
  const bool has_backward = at::GradMode::is_enabled() && query_key_value[0].requires_grad();
  const Tensor context = std::get<0>(at::_efficient_attention_forward(
      query_key_value[0].unsqueeze(0), query_key_value[1].unsqueeze(0), query_key_value[2].unsqueeze(0),
      /*bias=*/{}, batch.offsets, batch.offsets, longest, longest, dropout, /*custom_mask_type=*/0,
      /*compute_log_sumexp=*/has_backward));
  return context.squeeze(0);
}

}  // namespace

AttentionKernel choose_attention(const AttentionTask& task) {
  if (task.device != at::kCUDA) return AttentionKernel::by_length;
  const bool is_half = task.type == at::kHalf || task.type == at::kBFloat16;
  if (is_half && task.is_ampere && task.head_size % 8 == 0 && task.head_size <= 256)
    return AttentionKernel::flash;
  // The kernels read 16 bytes of a row at a time; older GPUs have none for bfloat16.
  if (task.type == at::kFloat && task.head_size % 4 == 0) return AttentionKernel::memory_efficient;
  if (is_half && task.head_size % 8 == 0 && (task.is_ampere || task.type == at::kHalf))
    return AttentionKernel::memory_efficient;
  return AttentionKernel::by_length;
}

AttentionTask attention_task(const Tensor& query_key_value, int64_t num_heads) {
  const at::Device device = query_key_value.device();
  return {.device = device.type(),
          .is_ampere = device.is_cuda() && is_ampere(device),
          .type = query_key_value.scalar_type(),
          .head_size = query_key_value.size(1) / 3 / num_heads};
}

Tensor varlen_attention(AttentionKernel kernel, const Tensor& query_key_value, const TokenBatch& batch,
                        int64_t num_heads, const DropoutMask& mask) {
  TORCH_CHECK(kernel != AttentionKernel::by_length, "varlen_attention: not a kernel for packed batches");
  const int64_t tokens = query_key_value.size(0), hidden = query_key_value.size(1) / 3;
  const std::vector<Tensor> parts =
      query_key_value.view({tokens, 3, num_heads, hidden / num_heads}).unbind(1);
  if (mask.drops()) mask.seed_generator(query_key_value.device());
  const Tensor context = kernel == AttentionKernel::flash
                             ? attend_flash(parts, batch, mask.probability)
                             : attend_memory_efficient(parts, batch, mask.probability);
  return context.reshape({tokens, hidden});
}

}  // namespace angle
