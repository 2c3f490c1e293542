#include "angle/train/optimizer.h"

#include <map>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace angle {
namespace {

/// What the parameters of a group have in common: the factor of the learning rate, and whether they decay.
using GroupKey = std::pair<double, bool>;

/// The lists that one fused call updates.
struct Group {
  std::vector<Tensor> parameters, gradients, exp_avgs, exp_avg_sqs, steps;
};

}  // namespace

AdamW::AdamW(std::vector<Parameter> parameters, AdamWOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  for (Parameter& parameter : parameters_) {
    parameter.tensor.requires_grad_(true);
    exp_avgs_.push_back(at::zeros_like(parameter.tensor));
    exp_avg_sqs_.push_back(at::zeros_like(parameter.tensor));
    steps_.push_back(at::zeros({}, parameter.tensor.options().dtype(at::kFloat)));
  }
}

void AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  std::map<GroupKey, Group> groups;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& tensor = parameters_[i].tensor;
    if (!tensor.grad().defined()) continue;
    Group& group = groups[{parameters_[i].rate_factor, parameters_[i].decays}];
    group.parameters.push_back(tensor);
    group.gradients.push_back(tensor.grad());
    group.exp_avgs.push_back(exp_avgs_[i]);
    group.exp_avg_sqs.push_back(exp_avg_sqs_[i]);
    group.steps.push_back(steps_[i]);
  }
  for (auto& [key, group] : groups) {
    const auto& [rate_factor, decays] = key;
    at::_foreach_add_(group.steps, 1);  // the fused kernel expects the number of this step
    at::_fused_adamw_(group.parameters, group.gradients, group.exp_avgs, group.exp_avg_sqs,
                      /*max_exp_avg_sqs=*/{}, group.steps, learning_rate * rate_factor, options_.beta1,
                      options_.beta2, decays ? options_.weight_decay : 0.0, options_.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

void AdamW::zero_grad() {
  for (Parameter& parameter : parameters_) parameter.tensor.mutable_grad() = Tensor();
}

std::vector<Tensor> AdamW::gradients() const {
  std::vector<Tensor> gradients;
  for (const Parameter& parameter : parameters_)
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
  return gradients;
}

Tensor AdamW::clip_gradients(double max_norm) const {
  const at::NoGradGuard no_grad;
  const std::vector<Tensor> all = gradients();
  Tensor norm = at::stack(at::_foreach_norm(all, 2)).norm();
  if (max_norm > 0) at::_foreach_mul_(all, (max_norm / (norm + 1e-6)).clamp_max(1.0));
  return norm;
}

std::vector<NamedTensor> AdamW::state() const {
  std::vector<NamedTensor> tensors;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors.push_back({parameters_[i].name + ".exp_avg", exp_avgs_[i]});
    tensors.push_back({parameters_[i].name + ".exp_avg_sq", exp_avg_sqs_[i]});
    tensors.push_back({parameters_[i].name + ".step", steps_[i]});
  }
  return tensors;
}

}  // namespace angle
