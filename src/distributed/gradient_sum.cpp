#include "angle/distributed/gradient_sum.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace angle {

GradientSum::GradientSum(ProcessGroup group, std::vector<Tensor> parameters)
    : group_(std::move(group)), parameters_(std::move(parameters)) {
  if (group_.size() == 1) return;
  int64_t elements = 0;
  for (const Tensor& parameter : parameters_) elements += parameter.numel();
  const auto count = static_cast<int64_t>(parameters_.size());
  buffer_ = at::zeros({elements + count}, parameters_.front().options().requires_grad(false));
  int64_t begin = 0;
  for (const Tensor& parameter : parameters_) {
    gradients_.push_back(buffer_.narrow(0, begin, parameter.numel()).view(parameter.sizes()));
    begin += parameter.numel();
  }
}

void GradientSum::reduce() {
  if (group_.size() == 1) return;
  const at::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(parameters_.size());
  std::vector<float> present;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& gradient = parameters_[i].grad();
    present.push_back(gradient.defined() ? 1 : 0);
    if (gradient.defined())
      gradients_[i].copy_(gradient);
    else
      gradients_[i].zero_();
  }
  Tensor flags = buffer_.slice(0, buffer_.size(0) - count);
  flags.copy_(at::tensor(present));
  group_.sum(buffer_);
  flags = flags.cpu();
  for (int64_t i = 0; i < count; ++i)
    parameters_[static_cast<size_t>(i)].mutable_grad() =
        flags[i].item<double>() > 0 ? gradients_[static_cast<size_t>(i)] : Tensor();
}

}  // namespace angle
