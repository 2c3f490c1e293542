#include "model/training/recompute.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/functions/utils.h>

namespace angle {
namespace {

using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

struct Recompute : torch::autograd::Node {
  Recompute(std::function<Tensor(const Tensor&)> called, const Tensor& with)
      : function(std::move(called)), input(with, /*is_output=*/false) {}

  variable_list apply(variable_list&& gradients) override {
    const at::AutoGradMode enable(true);
    const Tensor copy = input.unpack().detach().requires_grad_(true);
    torch::autograd::backward({function(copy)}, {gradients[0]});
    return {copy.grad(), Tensor()};
  }

  std::string name() const override { return "angle::Recompute"; }
  void release_variables() override { input.reset_data(); }

  std::function<Tensor(const Tensor&)> function;
  SavedVariable input;
};

}  // namespace

Tensor recompute_in_backward(std::function<Tensor(const Tensor&)> function, const Tensor& input,
                             const Tensor& weight) {
  if (!torch::autograd::compute_requires_grad(input, weight)) return function(input);
  Tensor output;
  {
    const at::NoGradGuard no_grad;
    output = function(input);
  }
  const auto node =
      std::shared_ptr<Recompute>(new Recompute(std::move(function), input), torch::autograd::deleteNode);
  node->set_next_edges(torch::autograd::collect_next_edges(input, weight));
  torch::autograd::set_history(output, node);
  return output;
}

}  // namespace angle
