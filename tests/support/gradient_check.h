// Gradients by autograd against central differences, in float64.
#pragma once

#include <functional>
#include <vector>

#include <torch/csrc/autograd/autograd.h>

#include "support/tensor_matchers.h"

namespace angle::testing {

using ScalarFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

/// The gradient of a 0-dim function by each input (zeros where it does not depend on one).
inline std::vector<at::Tensor> gradients(const ScalarFunction& function, std::vector<at::Tensor> inputs) {
  for (auto& input : inputs) input = input.detach().clone().requires_grad_();
  auto found = torch::autograd::grad({function(inputs)}, inputs, {}, {}, false, /*allow_unused=*/true);
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!found[i].defined()) found[i] = at::zeros_like(inputs[i]);
  }
  return found;
}

/// (f(x + step) − f(x − step)) / 2·step for every element of every float64 input.
inline std::vector<at::Tensor> central_differences(const ScalarFunction& function,
                                                   std::vector<at::Tensor> inputs, double step) {
  std::vector<at::Tensor> differences;
  for (auto& input : inputs) input = input.detach().clone().contiguous();
  for (auto& input : inputs) {
    at::Tensor difference = at::empty_like(input);
    auto* const values = input.mutable_data_ptr<double>();
    for (int64_t i = 0; i < input.numel(); ++i) {
      const double value = values[i];
      values[i] = value + step;
      const auto above = function(inputs).item<double>();
      values[i] = value - step;
      const auto below = function(inputs).item<double>();
      values[i] = value;
      difference.mutable_data_ptr<double>()[i] = (above - below) / (2 * step);
    }
    differences.push_back(difference);
  }
  return differences;
}

/// Fails the test where autograd and central differences are apart. The inputs are float64, away from kinks.
inline void expect_gradients(const ScalarFunction& function, const std::vector<at::Tensor>& inputs,
                             double tolerance = 1e-7, double step = 1e-5) {
  const auto by_autograd = gradients(function, inputs);
  const auto by_differences = central_differences(function, inputs, step);
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_TRUE(tensors_close(by_autograd[i], by_differences[i], tolerance)) << "gradient by input " << i;
  }
}

}  // namespace angle::testing
