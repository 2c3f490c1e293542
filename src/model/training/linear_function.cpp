#include "model/training/linear_function.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/training/gelu.h"
#include "model/training/products.h"

namespace angle {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The gradients with respect to weight and bias, as far as they are asked for; they are made together.
WeightGradients needed_gradients(AutogradContext* context, size_t weight_at, const Tensor& gradient,
                                 const Tensor& input, const Tensor& weight) {
  const bool by_weight = context->needs_input_grad(weight_at),
             by_bias = context->needs_input_grad(weight_at + 1);
  if (!by_weight && !by_bias) return {};
  WeightGradients gradients = weight_gradients(gradient, input, weight);
  if (!by_weight) gradients.weight.reset();
  if (!by_bias) gradients.bias.reset();
  return gradients;
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& rows, const Tensor& weight,
                        const Tensor& bias) {
    const Tensor input = rows.contiguous();
    context->save_for_backward({input, weight});
    return forward_product(input, weight, bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor gradient = gradients[0].contiguous();
    const Tensor &input = saved[0], &weight = saved[1];
    const auto [by_weight, by_bias] = needed_gradients(context, 1, gradient, input, weight);
    return {context->needs_input_grad(0) ? input_gradient(gradient, weight) : Tensor(), by_weight, by_bias};
  }
};

struct GeluFeedForward : torch::autograd::Function<GeluFeedForward> {
  static Tensor forward(AutogradContext* context, const Tensor& rows, const Tensor& up, const Tensor& up_bias,
                        const Tensor& down, const Tensor& down_bias) {
    const Tensor input = rows.contiguous();
    const Tensor before = forward_product(input, up, up_bias);  // [tokens, intermediate]
    context->save_for_backward({input, before, up, down});
    return forward_product(gelu_forward(before), down, down_bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &input = saved[0], &before = saved[1], &up = saved[2], &down = saved[3];
    const Tensor gradient = gradients[0].contiguous();
    const GeluGradient gelu = gelu_gradient(before, input_gradient(gradient, down));
    const auto [by_up, by_up_bias] = needed_gradients(context, 1, gelu.gradient, input, up);
    const auto [by_down, by_down_bias] = needed_gradients(context, 3, gradient, gelu.output, down);
    return {context->needs_input_grad(0) ? input_gradient(gelu.gradient, up) : Tensor(), by_up, by_up_bias,
            by_down, by_down_bias};
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
