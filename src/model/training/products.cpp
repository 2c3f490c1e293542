#include "model/training/products.h"

#include <optional>

#include <ATen/ATen.h>

#include "angle/cpu_features.h"

#include "model/onednn_linear.h"
#include "model/training/panel_products.h"
#include "model/training/transpose.h"

namespace angle {
bool has_fast_products(const Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type();
  if (!tensor.device().is_cpu() || !at::hasMKLDNN()) return false;
  return type == at::kFloat || (type == at::kBFloat16 && cpu_features().avx512);  // oneDNN's condition
}

// oneDNN reorders a weight into its blocked layout in every call, which costs 2 % of the product and which a
// weight that changes in every step needs anyway.

Tensor forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (trains_in_panels(input.scalar_type(), weight)) return panel_forward_product(input, weight, bias);
  const at::ScalarType type = input.scalar_type();
  return onednn_linear(input, weight.to(type), bias.to(type));
}

Tensor input_gradient(const Tensor& gradient, const Tensor& weight) {
  if (trains_in_panels(gradient.scalar_type(), weight)) return panel_input_gradient(gradient, weight);
  return onednn_linear(gradient, weight.to(gradient.scalar_type()).t(), std::nullopt);
}

WeightGradients weight_gradients(const Tensor& gradient, const Tensor& input, const Tensor& weight) {
  TORCH_CHECK(gradient.size(0) == input.size(0), "weight_gradients: ", gradient.sizes(), " and ",
              input.sizes());
  if (gradient.size(0) == 0) {
    const auto type = gradient.options().dtype(at::kFloat);
    return {at::zeros(weight.sizes(), type), at::zeros({weight.size(0)}, type)};
  }
  if (trains_in_panels(gradient.scalar_type(), weight)) return panel_weight_gradients(gradient, input);
  // LibTorch's bfloat16 product is oneDNN's, which transposes on the fly.
  if (gradient.scalar_type() == at::kBFloat16)
    return {at::mm(gradient.t(), input).to(at::kFloat), gradient.sum(0, /*keepdim=*/false, at::kFloat)};
  const Transposed left = transpose(gradient);
  return {onednn_linear(left.matrix, input.t(), std::nullopt), left.sums};
}

}  // namespace angle
