// The products of a linear layer in training against the same products in float64 of the same rounded
// numbers:
//  - for numbers of rows around the tiles' and blocks' sizes, one included, and sizes that no tile divides;
//  - in float32 and in bfloat16, where the gradients by weight and bias are float32 all the same;
//  - panels give the same bytes whatever the number of threads.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "angle/error.h"

#include "model/training/panel_products.h"
#include "support/tensor_matchers.h"

#define ANGLE_REQUIRE_PANELS() \
  if (!trains_in_panels(at::kBFloat16, at::empty({64, 64}))) GTEST_SKIP() << "this CPU has no AVX512_BF16"

namespace angle {
namespace {

using testing::tensors_close;

struct Sizes {
  int64_t rows, in, out;
};

/// What a linear layer is made of, and a gradient by its output.
struct Layer {
  Tensor input, weight, bias, gradient;
};

Layer random_layer(const Sizes& sizes, at::ScalarType type) {
  at::manual_seed(1);
  return {at::randn({sizes.rows, sizes.in}).to(type), at::randn({sizes.out, sizes.in}),
          at::randn({sizes.out}), at::randn({sizes.rows, sizes.out}).to(type)};
}

struct Products {
  Tensor output, by_input, by_weight, by_bias;

  std::vector<Tensor> all() const { return {output, by_input, by_weight, by_bias}; }
};

Products products_of(const Layer& layer) {
  const StepWeight weight = prepare_weight(layer.weight, layer.input.scalar_type());
  const auto [by_weight, by_bias] = weight_gradients(layer.gradient, layer.input, weight.backward);
  return {forward_product(layer.input, weight.forward, layer.bias),
          input_gradient(layer.gradient, weight.backward), by_weight, by_bias};
}

Products in_float64(const Layer& layer) {
  const at::ScalarType type = layer.input.scalar_type();
  const Tensor input = layer.input.to(at::kDouble), gradient = layer.gradient.to(at::kDouble);
  const Tensor weight = layer.weight.to(type).to(at::kDouble), bias = layer.bias.to(at::kDouble);
  return {at::linear(input, weight, bias), gradient.mm(weight), gradient.t().mm(input), gradient.sum(0)};
}

constexpr double kFloat32 = 2e-6, kBFloat16 = 5e-3;  // how far a product may be off, to its largest element

/// oneDNN's bfloat16 product of gradient and input is rounded once more on its way to float32.
double rounding_of_weight_gradient(const Layer& layer) {
  const at::ScalarType type = layer.input.scalar_type();
  return type == at::kBFloat16 && !trains_in_panels(type, layer.weight) ? kBFloat16 : kFloat32;
}

void expect_close(const Tensor& made, const Tensor& expected, double rounding) {
  const auto size = expected.abs().max().item<double>();
  EXPECT_TRUE(tensors_close(made.to(at::kDouble) / size, expected / size, rounding));
}

void expect_products(const Sizes& sizes, at::ScalarType type) {
  SCOPED_TRACE(fmt::format("{} rows, {} to {}, {}", sizes.rows, sizes.in, sizes.out, at::toString(type)));
  const Layer layer = random_layer(sizes, type);
  const Products made = products_of(layer), expected = in_float64(layer);
  EXPECT_EQ(made.output.scalar_type(), type);
  EXPECT_EQ(made.by_input.scalar_type(), type);
  EXPECT_EQ(made.by_weight.scalar_type(), at::kFloat);
  EXPECT_EQ(made.by_bias.scalar_type(), at::kFloat);
  const double rounding = type == at::kBFloat16 ? kBFloat16 : kFloat32;
  expect_close(made.output, expected.output, rounding);
  expect_close(made.by_input, expected.by_input, rounding);
  expect_close(made.by_weight, expected.by_weight, rounding_of_weight_gradient(layer));
  expect_close(made.by_bias, expected.by_bias, kFloat32);
}

constexpr Sizes kAllSizes[] = {{1, 32, 32},    {2, 64, 32},    {15, 32, 96},   {16, 96, 64},  {17, 128, 32},
                               {31, 64, 160},  {32, 32, 32},   {33, 384, 384}, {48, 64, 64},  {255, 96, 32},
                               {256, 32, 96},  {257, 160, 64}, {1, 64, 128},   {31, 64, 192}, {193, 128, 64},
                               {700, 64, 256}, {1024, 64, 64}, {33, 40, 64},   {20, 64, 40},  {5, 7, 3},
                               {1, 1, 1}};

TEST(TrainingProducts, AreThoseOfFloat64InBfloat16) {
  for (const Sizes& sizes : kAllSizes) expect_products(sizes, at::kBFloat16);
}

TEST(TrainingProducts, AreThoseOfFloat64InFloat32) {
  for (const Sizes& sizes : kAllSizes) expect_products(sizes, at::kFloat);
}

TEST(TrainingProducts, GoInPanelsWhereTheseFit) {
  ANGLE_REQUIRE_PANELS();
  EXPECT_TRUE(trains_in_panels(at::kFloat, at::empty({64, 64})));
  EXPECT_FALSE(trains_in_panels(at::kDouble, at::empty({64, 64})));
  EXPECT_FALSE(trains_in_panels(at::kFloat, at::empty({64, 80})));
  EXPECT_FALSE(trains_in_panels(at::kBFloat16, at::empty({64, 80})));
  EXPECT_FALSE(trains_in_panels(at::kBFloat16, at::empty({80, 64})));
  EXPECT_FALSE(trains_in_panels(at::kBFloat16, at::empty({64, 64}, at::kDouble)));
}

Tensor together(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> flat;
  for (const Tensor& tensor : tensors) flat.push_back(tensor.to(at::kFloat).flatten());
  return at::cat(flat);
}

TEST(TrainingProducts, DoNotDependOnTheNumberOfThreadsInPanels) {
  ANGLE_REQUIRE_PANELS();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Layer layer = random_layer({600, 128, 320}, type);
    const auto run = [&](int threads) {
      const int before = at::get_num_threads();
      at::set_num_threads(threads);
      const Products made = products_of(layer);
      at::set_num_threads(before);
      return together(made.all());
    };
    EXPECT_TRUE(at::equal(run(1), run(5))) << at::toString(type);
  }
}

}  // namespace
}  // namespace angle
