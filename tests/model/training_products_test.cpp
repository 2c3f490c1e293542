// The products of a linear layer in training against the same products in float64 of the same rounded
// numbers:
//  - for numbers of rows around the tiles' and blocks' sizes, one included, and sizes that no tile divides;
//  - in float32 and in bfloat16, where the gradients by weight and bias are float32 all the same;
//  - no rows make gradients of zero, and matrices that do not belong together are refused;
//  - panels give the same numbers whatever the number of threads, and are packed as their header says.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "angle/cpu_features.h"
#include "angle/error.h"

#include "model/kernels/operands.h"
#include "model/training/panel_products.h"
#include "model/training/products.h"
#include "support/tensor_matchers.h"

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

  /// All numbers, one after the other.
  Tensor flat() const {
    return at::cat(
        {output.to(at::kFloat).flatten(), by_input.to(at::kFloat).flatten(), by_weight.flatten(), by_bias});
  }
};

Products products_of(const Layer& layer) {
  const auto [by_weight, by_bias] = weight_gradients(layer.gradient, layer.input, layer.weight);
  return {forward_product(layer.input, layer.weight, layer.bias),
          input_gradient(layer.gradient, layer.weight), by_weight, by_bias};
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

constexpr Sizes kAllSizes[] = {{1, 32, 32},   {2, 64, 32},    {15, 32, 96},   {16, 96, 64},  {17, 128, 32},
                               {31, 64, 160}, {32, 32, 32},   {33, 384, 384}, {48, 64, 64},  {255, 96, 32},
                               {256, 32, 96}, {257, 160, 64}, {1, 64, 128},   {31, 64, 192}, {193, 128, 64},
                               {5, 64, 64},   {6, 64, 64},    {7, 64, 128},   {191, 64, 64}, {192, 64, 64},
                               {385, 64, 64}, {700, 64, 256}, {1024, 64, 64}, {33, 40, 64},  {20, 64, 40},
                               {5, 7, 3},     {1, 1, 1}};

TEST(TrainingProducts, AreThoseOfFloat64InBfloat16) {
  if (!has_fast_products(at::empty({1}, at::kBFloat16))) GTEST_SKIP() << "this CPU has no AVX-512";
  for (const Sizes& sizes : kAllSizes) expect_products(sizes, at::kBFloat16);
}

TEST(TrainingProducts, AreThoseOfFloat64InFloat32) {
  for (const Sizes& sizes : kAllSizes) expect_products(sizes, at::kFloat);
}

TEST(TrainingProducts, GoInPanelsWhereTheseFit) {
  const auto fits = [](at::ScalarType type, int64_t out, int64_t in, at::ScalarType weight = at::kFloat) {
    return trains_in_panels(type, at::empty({out, in}, weight));
  };
  const CpuFeatures& cpu = cpu_features();
  const bool bfloat16 = cpu.avx512 && cpu.avx512_bf16;
  EXPECT_EQ(fits(at::kFloat, 64, 128), cpu.avx2);
  EXPECT_EQ(fits(at::kBFloat16, 64, 128), bfloat16);
  EXPECT_EQ(fits(at::kBFloat16, 32, 96), bfloat16 && cpu.amx_bf16);
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    EXPECT_FALSE(fits(type, 64, 72));
    EXPECT_FALSE(fits(type, 72, 64));
    EXPECT_FALSE(fits(type, 64, 64, at::kDouble));
    EXPECT_FALSE(fits(type, 64, 64, at::kBFloat16));
  }
  EXPECT_FALSE(fits(at::kDouble, 64, 64));
}

TEST(TrainingProducts, TakeWeightsOfOtherTypes) {
  for (const at::ScalarType type : {at::kDouble, at::kBFloat16}) {
    Layer layer = random_layer({20, 64, 64}, at::kFloat);
    layer.weight = layer.weight.to(type);
    expect_close(products_of(layer).by_input, in_float64(layer).by_input, kFloat32);
    expect_close(products_of(layer).output, in_float64(layer).output, kFloat32);
  }
}

TEST(TrainingProducts, OfNoRowsAreZeros) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Products made = products_of(random_layer({0, 64, 64}, type));
    EXPECT_EQ(made.output.sizes(), at::IntArrayRef({0, 64}));
    EXPECT_TRUE(at::equal(made.by_weight, at::zeros({64, 64}))) << at::toString(type);
    EXPECT_TRUE(at::equal(made.by_bias, at::zeros({64}))) << at::toString(type);
    const Layer odd = random_layer({0, 24, 40}, type);
    const auto [by_weight, by_bias] = weight_gradients(odd.gradient, odd.input, odd.weight);
    EXPECT_TRUE(at::equal(by_weight, at::zeros({40, 24}))) << at::toString(type);
    EXPECT_TRUE(at::equal(by_bias, at::zeros({40}))) << at::toString(type);
  }
}

TEST(TrainingProducts, RefuseMatricesThatDoNotBelongTogether) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Layer layer = random_layer({20, 64, 64}, type);
    const Tensor wide = at::ones({20, 128}, type), few = at::ones({19, 64}, type);
    EXPECT_THROW(weight_gradients(layer.gradient, few, layer.weight), c10::Error);
    if (!trains_in_panels(type, layer.weight)) continue;
    EXPECT_THROW(forward_product(wide, layer.weight, layer.bias), c10::Error);
    EXPECT_THROW(input_gradient(wide, layer.weight), c10::Error);
  }
}

TEST(TrainingProducts, DoNotDependOnTheNumberOfThreadsInPanels) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Layer layer = random_layer({600, 128, 320}, type);
    if (!trains_in_panels(type, layer.weight)) continue;
    const auto run = [&](int threads) {
      const int before = at::get_num_threads();
      at::set_num_threads(threads);
      const Products made = products_of(layer);
      at::set_num_threads(before);
      return made.flat();
    };
    EXPECT_TRUE(at::equal(run(1), run(5))) << at::toString(type);
  }
}

/// Rows of pairs of elements as panels of words, by the definition in operands.h.
Tensor in_panels(const Tensor& right, int64_t panel_columns) {
  const int64_t words = right.size(0) / 2, panels = right.size(1) / panel_columns;
  return right.view({words, 2, panels, panel_columns}).permute({2, 0, 3, 1}).contiguous();
}

TEST(TrainingProducts, PackWeightsAndTokensForPanelsOfBothSizes) {
  if (!cpu_features().avx512 || !cpu_features().avx512_bf16) GTEST_SKIP() << "this CPU has no AVX512_BF16";
  const int64_t out = 128, in = 192, blocks_out = out / 32, blocks_in = in / 32;
  const Tensor weight = at::randn({out, in}), rounded = weight.to(at::kBFloat16);
  for (const int64_t panel_columns : {32, 64}) {
    const Tensor packed = at::empty({out * in / 2}, at::kInt);
    const kernels::WeightPacking task{weight.const_data_ptr<float>(), out, in, panel_columns,
                                      packed.mutable_data_ptr<int32_t>()};
    kernels::pack_forward_weight(task, 0, blocks_out);
    EXPECT_TRUE(
        at::equal(packed.view(at::kBFloat16), in_panels(rounded.t().contiguous(), panel_columns).flatten()));
    kernels::pack_backward_weight(task, 0, blocks_in);
    EXPECT_TRUE(at::equal(packed.view(at::kBFloat16), in_panels(rounded, panel_columns).flatten()));
    const int64_t tokens = 77, words = 48;
    const Tensor rows = rounded.narrow(0, 0, tokens), panels = at::empty({in * words}, at::kInt);
    kernels::pack_right({static_cast<const uint16_t*>(rows.const_data_ptr()), tokens, in, words,
                         panels.mutable_data_ptr<int32_t>()},
                        panel_columns, 0, blocks_in);
    const Tensor padded = at::cat({rows, at::zeros({2 * words - tokens, in}, at::kBFloat16)});
    EXPECT_TRUE(at::equal(panels.view(at::kBFloat16), in_panels(padded, panel_columns).flatten()));
  }
}

}  // namespace
}  // namespace angle
