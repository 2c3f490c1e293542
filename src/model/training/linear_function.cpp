#include "model/training/linear_function.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/training/gelu.h"
#include "model/training/products.h"

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& weight,
                        const Tensor& bias) {
    const Tensor rounded = weight.to(input.scalar_type());
    context->save_for_backward({input, rounded});
    return forward_product(input, rounded, bias.to(input.scalar_type()));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor gradient = gradients[0].contiguous();
    const Tensor &input = saved[0], &weight = saved[1];
    return {context->needs_input_grad(0) ? input_gradient(gradient, weight) : Tensor(),
            context->needs_input_grad(1) ? weight_gradient(gradient, input) : Tensor(),
            context->needs_input_grad(2) ? bias_gradient(gradient) : Tensor()};
  }
};

struct GeluFeedForward : torch::autograd::Function<GeluFeedForward> {
  static Tensor forward(AutogradContext* context, const Tensor& input, const Tensor& up,
                        const Tensor& up_bias, const Tensor& down, const Tensor& down_bias) {
    const at::ScalarType type = input.scalar_type();
    const Tensor up_rounded = up.to(type), down_rounded = down.to(type);
    const Tensor before = forward_product(input, up_rounded, up_bias.to(type));  // [tokens, intermediate]
    context->save_for_backward({input, before, up_rounded, down_rounded});
    return forward_product(gelu_forward(before), down_rounded, down_bias.to(type));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &input = saved[0], &before = saved[1], &up = saved[2], &down = saved[3];
    const Tensor gradient = gradients[0].contiguous();
    const GeluGradient gelu = gelu_gradient(before, input_gradient(gradient, down));
    return {context->needs_input_grad(0) ? input_gradient(gelu.gradient, up) : Tensor(),
            context->needs_input_grad(1) ? weight_gradient(gelu.gradient, input) : Tensor(),
            context->needs_input_grad(2) ? bias_gradient(gelu.gradient) : Tensor(),
            context->needs_input_grad(3) ? weight_gradient(gradient, gelu.output) : Tensor(),
            context->needs_input_grad(4) ? bias_gradient(gradient) : Tensor()};
  }
};

}  // namespace

Tensor linear_with_gradient(const Tensor& input, const Linear& linear) {
  return LinearFunction::apply(input, linear.weight, linear.bias);
}

Tensor gelu_feed_forward(const Tensor& input, const Linear& intermediate, const Linear& output) {
  return GeluFeedForward::apply(input, intermediate.weight, intermediate.bias, output.weight, output.bias);
}

}  // namespace angle
