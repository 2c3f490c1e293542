#include "model/onednn_linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

namespace angle {

Tensor onednn_linear(const Tensor& input, const Tensor& weight, const std::optional<Tensor>& bias,
                     std::string_view post_operation, std::string_view algorithm) {
  using LinearPointwise = Tensor(const Tensor&, const Tensor&, const std::optional<Tensor>&, std::string_view,
                                 c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<LinearPointwise>();
  return op.call(input, weight, bias, post_operation, c10::List<std::optional<at::Scalar>>(), algorithm);
}

}  // namespace angle
