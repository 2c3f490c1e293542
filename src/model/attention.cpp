#include "angle/model/attention.h"

#include <cmath>
#include <vector>

#include <ATen/ATen.h>

#include "model/varlen_attention.h"

namespace angle {
namespace {

/// @param query, key, value  [texts, heads, length, head_size]
/// @return                   the same
Tensor attend(const Tensor& query, const Tensor& key, const Tensor& value, const DropoutMask& mask) {
  if (!mask.drops()) return at::scaled_dot_product_attention(query, key, value);
  const double scale = 1 / std::sqrt(static_cast<double>(query.size(-1)));
  const Tensor probabilities = at::softmax(at::matmul(query * scale, key.transpose(-2, -1)), -1);
  return at::matmul(probabilities * mask.factors(probabilities.sizes(), probabilities.options()), value);
}

Tensor attend_by_length(const Tensor& query_key_value, const TokenBatch& batch, int64_t num_heads,
                        const Dropout& dropout) {
  const int64_t hidden = query_key_value.size(1) / 3;
  std::vector<Tensor> contexts;
  contexts.reserve(batch.groups.size());
  DropoutMask mask = dropout.attention_masks(static_cast<int64_t>(batch.groups.size()));
  for (const LengthGroup& group : batch.groups) {
    const auto parts = query_key_value.narrow(0, group.first_token, group.tokens())
                           .view({group.texts, group.length, 3, num_heads, hidden / num_heads})
                           .permute({2, 0, 3, 1, 4})  // [3, texts, heads, length, head_size]
                           .unbind(0);
    const Tensor context = attend(parts[0], parts[1], parts[2], mask);
    ++mask.draw;
    contexts.push_back(context.transpose(1, 2).reshape({group.tokens(), hidden}));
  }
  return contexts.size() == 1 ? contexts.front() : at::cat(contexts);
}

}  // namespace

Tensor self_attention(const Tensor& query_key_value, const TokenBatch& batch, int64_t num_heads,
                      const Dropout& dropout) {
  const AttentionKernel kernel = choose_attention(attention_task(query_key_value, num_heads));
  if (kernel == AttentionKernel::by_length)
    return attend_by_length(query_key_value, batch, num_heads, dropout);
  return varlen_attention(kernel, query_key_value, batch, num_heads, dropout.attention_masks(1));
}

}  // namespace angle
