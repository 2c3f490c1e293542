#include "angle/model/linear.h"

#include <optional>
#include <string_view>

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include "angle/error.h"

#include "model/onednn_linear.h"
#include "model/training/linear_function.h"
#include "model/training/products.h"

namespace angle {
namespace {

using ReorderWeight = Tensor(const Tensor&, std::optional<c10::SymInt>);

const c10::TypedOperatorHandle<ReorderWeight>& reorder_weight() {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                             .typed<ReorderWeight>();
  return op;
}

/// oneDNN's names: {post-operation, algorithm}. Its GELU algorithm "none" is the erf form.
std::pair<std::string_view, std::string_view> pointwise_names(Activation activation) {
  switch (activation) {
    case Activation::none:
      return {"none", "none"};
    case Activation::gelu:
      return {"gelu", "none"};
    case Activation::gelu_tanh:
      return {"gelu", "tanh"};
    case Activation::relu:
      return {"relu", "none"};
    case Activation::tanh:
      return {"tanh", "none"};
  }
  TORCH_CHECK(false, "unknown activation");
}

}  // namespace

Linear::Linear(int64_t in_features, int64_t out_features, at::Device device)
    : weight(at::empty({out_features, in_features}, device)), bias(at::empty({out_features}, device)) {}

Tensor Linear::forward(const Tensor& input, Activation activation) const {
  if (prepacked_weight_.defined()) {
    const auto [post_operation, algorithm] = pointwise_names(activation);
    return onednn_linear(input, prepacked_weight_, bias, post_operation, algorithm);
  }
  if (has_fast_products(input)) return activate(linear_with_gradient(input, *this), activation);
  const at::ScalarType type = input.scalar_type();
  return activate(at::linear(input, weight.to(type), bias.to(type)), activation);
}

void Linear::prepack() { prepacked_weight_ = reorder_weight().call(weight, std::nullopt); }

Tensor activate(const Tensor& input, Activation activation) {
  switch (activation) {
    case Activation::none:
      return input;
    case Activation::gelu:
      return at::gelu(input);
    case Activation::gelu_tanh:
      return at::gelu(input, "tanh");
    case Activation::relu:
      return at::relu(input);
    case Activation::tanh:
      return at::tanh(input);
  }
  TORCH_CHECK(false, "unknown activation");
}

}  // namespace angle
