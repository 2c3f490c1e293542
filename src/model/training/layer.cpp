#include "model/training/layer.h"

#include "angle/cpu_features.h"

#include "model/training/attention_function.h"
#include "model/training/linear_function.h"
#include "model/training/products.h"
#include "model/training/residual_norm.h"

namespace angle {
namespace {

Tensor feed_forward(const EncoderLayer& layer, const EncoderConfig& config, const Tensor& input) {
  if (config.hidden_act == Activation::gelu)
    return gelu_feed_forward(input, layer.intermediate, layer.output);
  return layer.output.forward(layer.intermediate.forward(input, config.hidden_act));
}

}  // namespace

bool can_train_layer(const EncoderLayer& layer, const Tensor& hidden) {
  return cpu_features().avx2 && has_fast_products(hidden) && !layer.output.is_prepacked() &&
         layer.output.weight.scalar_type() == at::kFloat;
}

Tensor train_layer(const EncoderLayer& layer, const EncoderConfig& config, const Tensor& hidden,
                   const TokenBatch& batch, const Dropout& dropout) {
  const Tensor query_key_value = layer.query_key_value.forward(hidden);
  const DropoutMask mask = dropout.attention_masks(static_cast<int64_t>(batch.groups.size()));
  const Tensor context = attention_with_gradient(query_key_value, batch, config.num_attention_heads, mask);
  const Tensor attended = residual_norm(layer.attention_output.forward(context), hidden, layer.attention_norm,
                                        config.layer_norm_eps, dropout.hidden_mask());
  return residual_norm(feed_forward(layer, config, attended), attended, layer.output_norm,
                       config.layer_norm_eps, dropout.hidden_mask());
}

}  // namespace angle
