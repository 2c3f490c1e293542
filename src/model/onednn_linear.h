// oneDNN's linear layer, reached through the dispatcher: libtorch_cpu.so does not export its C API.
#pragma once

#include <optional>
#include <string_view>

#include "angle/tensor.h"

namespace angle {

/// post(input · weightᵀ + bias).
///
/// @param weight          as it is, in any view, or reordered by `mkldnn::_reorder_linear_weight`
/// @param post_operation  "none", "gelu", "relu" or "tanh"
/// @param algorithm       of "gelu": "none" for the erf form, or "tanh"
Tensor onednn_linear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                     std::string_view post_operation = "none", std::string_view algorithm = "none");

}  // namespace angle
