// The linear layer:
//  - y = activation(x · weightᵀ + bias) for every activation, GELU in the erf form;
//  - packed for inference it gives the same numbers, for one row and for many;
//  - gradients are those of central differences in float64;
//  - on the device `meta` it has shapes and no memory.

#include "angle/model/linear.h"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "support/gradient_check.h"

namespace angle {
namespace {

using testing::tensors_close;

constexpr Activation kEveryActivation[] = {Activation::none, Activation::gelu, Activation::gelu_tanh,
                                           Activation::relu, Activation::tanh};

Linear random_linear(int64_t in, int64_t out, at::ScalarType type) {
  Linear linear(in, out);
  linear.weight = at::randn({out, in}, type) / std::sqrt(static_cast<double>(in));
  linear.bias = at::randn({out}, type);
  return linear;
}

double expected_activation(double x, Activation activation) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
  }
  return NAN;
}

TEST(Linear, FollowsTheFormula) {
  const Linear linear = random_linear(5, 3, at::kDouble);
  const Tensor input = at::randn({4, 5}, at::kDouble);
  for (const Activation activation : kEveryActivation) {
    const Tensor output = linear.forward(input, activation);
    for (int64_t row = 0; row < 4; ++row)
      for (int64_t column = 0; column < 3; ++column) {
        const double sum =
            (input[row] * linear.weight[column]).sum().item<double>() + linear.bias[column].item<double>();
        EXPECT_NEAR(output[row][column].item<double>(), expected_activation(sum, activation), 1e-14)
            << static_cast<int>(activation);
      }
  }
}

TEST(Linear, GivesTheSamePrepacked) {
  const at::NoGradGuard no_grad;
  const Linear plain = random_linear(48, 80, at::kFloat);
  Linear packed = plain;
  packed.prepack();
  for (const int64_t rows : {1, 2, 63, 64, 200})
    for (const Activation activation : kEveryActivation) {
      const Tensor input = at::randn({rows, 48});
      EXPECT_TRUE(tensors_close(packed.forward(input, activation), plain.forward(input, activation), 5e-6))
          << rows << " rows, activation " << static_cast<int>(activation);
    }
}

TEST(Linear, HasTheGradientOfCentralDifferences) {
  for (const Activation activation : kEveryActivation) {
    SCOPED_TRACE(static_cast<int>(activation));
    testing::expect_gradients(
        [&](const std::vector<Tensor>& inputs) {
          Linear linear;
          linear.weight = inputs[1];
          linear.bias = inputs[2];
          return linear.forward(inputs[0], activation).square().sum();
        },
        {at::randn({3, 4}, at::kDouble), at::randn({2, 4}, at::kDouble), at::randn({2}, at::kDouble)});
  }
}

TEST(Linear, HasShapesWithoutMemoryOnTheMetaDevice) {
  const Linear huge(int64_t{1} << 24, int64_t{1} << 24, at::kMeta);  // a petabyte
  EXPECT_EQ(huge.weight.size(0), int64_t{1} << 24);
  EXPECT_EQ(huge.bias.size(0), int64_t{1} << 24);
}

}  // namespace
}  // namespace angle
