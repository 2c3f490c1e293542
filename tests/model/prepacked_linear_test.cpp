// The linear layer of the inference path:
//  - equals activation(x · weightᵀ + bias) in float32 for every number of rows up to several tiles, for
//    widths that fill a panel and widths that do not, and for every activation; GELU within 2e-6 from −20
//    to 20;
//  - bfloat16: the same of the rounded numbers;
//  - int8: the same of the numbers that the bytes stand for, exactly summed;
//  - quantised rows are within a step of what they were, and a row of zeros stays zero;
//  - add_to adds to what is there.

#include "model/prepacked_linear.h"

#include <cmath>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "angle/model/linear.h"

#include "model/kernels/support.h"
#include "support/tensor_matchers.h"

#define ANGLE_REQUIRE_KERNELS(element) \
  if (!cpu_multiplies(element)) GTEST_SKIP() << "this CPU has no instructions for it"

namespace angle {
namespace {

using kernels::Element;
using kernels::Rows;
using testing::tensors_close;

Rows rows_of(Tensor& tensor) {
  const Element element = tensor.scalar_type() == at::kFloat ? Element::float32 : Element::bfloat16;
  return {element, tensor.mutable_data_ptr(), tensor.size(1), nullptr};
}

/// Rows as bytes, and the numbers that those stand for.
struct Quantized {
  explicit Quantized(const Tensor& rows)
      : bytes(at::empty(rows.sizes(), byte_element() == Element::uint8 ? at::kByte : at::kShort)),
        scales(static_cast<size_t>(rows.size(0))) {
    const Rows from{Element::float32, rows.data_ptr(), rows.size(1), nullptr};
    row_kernels().quantize({.input = from, .columns = rows.size(1), .output = view()}, 0, rows.size(0));
  }
  Rows view() { return {byte_element(), bytes.mutable_data_ptr(), bytes.size(1), scales.data()}; }
  Tensor values() const {
    Tensor result = bytes.to(at::kDouble);
    for (int64_t row = 0; row < bytes.size(0); ++row)
      result[row].sub_(scales[static_cast<size_t>(row)].zero).mul_(scales[static_cast<size_t>(row)].scale);
    return result;
  }

  Tensor bytes;
  std::vector<kernels::RowScale> scales;
};

Tensor reference(const Tensor& input, const Tensor& weight, const Tensor& bias, Activation activation) {
  return activate(at::linear(input.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble)), activation)
      .to(at::kFloat);
}

constexpr Activation kActivations[] = {Activation::none, Activation::gelu, Activation::gelu_tanh,
                                       Activation::relu};

TEST(PrepackedLinear, FollowsTheFormulaForAllRowsAndWidths) {
  ANGLE_REQUIRE_KERNELS(Element::float32);
  for (const int64_t out : {16, 48, 64, 80, 208})
    for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 40}) {
      const Tensor weight = at::randn({out, 32}) / 5, bias = at::randn({out});
      const PrepackedLinear linear(weight, bias, Precision::float32);
      Tensor input = at::randn({rows, 32}), output = at::full({rows, out}, NAN);
      for (const Activation activation : kActivations) {
        linear.forward(rows_of(input), rows, rows_of(output), activation);
        EXPECT_TRUE(tensors_close(output, reference(input, weight, bias, activation), 5e-6))
            << rows << " rows, " << out << " columns, activation " << static_cast<int>(activation);
      }
    }
}

TEST(PrepackedLinear, ComputesGeluToTheLastDigitsEverywhere) {
  ANGLE_REQUIRE_KERNELS(Element::float32);
  const PrepackedLinear identity(at::eye(16), at::zeros({16}), Precision::float32);
  Tensor input = at::linspace(-20, 20, 160000).view({-1, 16}), output = at::empty_like(input);
  for (const Activation activation : {Activation::gelu, Activation::gelu_tanh}) {
    identity.forward(rows_of(input), input.size(0), rows_of(output), activation);
    EXPECT_TRUE(tensors_close(output, reference(input, at::eye(16), at::zeros({16}), activation), 2e-6));
  }
}

TEST(PrepackedLinear, MultipliesBfloat16) {
  ANGLE_REQUIRE_KERNELS(Element::bfloat16);
  const Tensor weight = at::randn({80, 48}) / 7, bias = at::randn({80});
  const PrepackedLinear linear(weight, bias, Precision::bfloat16);
  Tensor input = at::randn({13, 48}).to(at::kBFloat16);
  const Tensor expected = reference(input, weight.to(at::kBFloat16), bias, Activation::gelu);
  Tensor output = at::empty({13, 80}), rounded = at::empty({13, 80}, at::kBFloat16);
  linear.forward(rows_of(input), 13, rows_of(output), Activation::gelu);
  EXPECT_TRUE(tensors_close(output, expected, 5e-6));
  linear.forward(rows_of(input), 13, rows_of(rounded), Activation::gelu);
  EXPECT_TRUE(at::equal(rounded, output.to(at::kBFloat16)));
}

TEST(PrepackedLinear, MultipliesBytesWithoutLosingAnything) {
  ANGLE_REQUIRE_KERNELS(byte_element());
  const Tensor weight = at::randn({80, 3072}) / 50, bias = at::zeros({80});
  const Tensor step = weight.abs().amax(1, /*keepdim=*/true) / 127;
  const PrepackedLinear linear(weight, bias, Precision::int8);
  Quantized input(at::randn({13, 3072}) * at::logspace(-3, 3, 13).unsqueeze(1));
  Tensor output = at::empty({13, 80});
  linear.forward(input.view(), 13, rows_of(output));
  const Tensor expected = reference(input.values(), (weight / step).round() * step, bias, Activation::none);
  const Tensor error = (output - expected).abs().amax(1) / expected.abs().amax(1);
  EXPECT_LE(error.max().item<double>(), 2e-6);
}

TEST(PrepackedLinear, AddsUpTheLargestBytes) {
  ANGLE_REQUIRE_KERNELS(byte_element());
  constexpr int64_t kColumns = 3072;
  const Tensor signs = at::tensor({1.0F, -1.0F}).repeat({8}).unsqueeze(1);  // weights are 127 and −127
  const PrepackedLinear linear(signs.expand({16, kColumns}), at::zeros({16}), Precision::int8);
  Tensor rows = at::ones({7, kColumns});  // bytes are 255, but for the first row's first, 0
  rows[0][0] = 0;
  Tensor output = at::empty({7, 16});
  linear.forward(Quantized(rows).view(), 7, rows_of(output));
  EXPECT_TRUE(tensors_close(output, rows.sum(1).unsqueeze(1) * signs.t(), 1e-6 * kColumns));
}

TEST(PrepackedLinear, QuantisesEveryRowWithinAStepOfItsOwn) {
  ANGLE_REQUIRE_KERNELS(Element::float32);
  Tensor rows = at::randn({6, 80}) * at::logspace(-6, 6, 6).unsqueeze(1);
  rows[1].abs_();
  rows[2].abs_().neg_();
  rows[3].zero_();
  const Quantized quantized(rows);
  const Tensor values = quantized.values();
  for (int64_t row = 0; row < rows.size(0); ++row)
    EXPECT_LE((values[row] - rows[row]).abs().max().item<double>(),
              1.001 * quantized.scales[static_cast<size_t>(row)].scale)
        << "row " << row;
  EXPECT_EQ(values[3].abs().max().item<double>(), 0);
}

TEST(PrepackedLinear, AddsToWhatIsThere) {
  ANGLE_REQUIRE_KERNELS(Element::float32);
  const Tensor weight = at::randn({48, 16}), bias = at::randn({48}), before = at::randn({9, 48});
  Tensor input = at::randn({9, 16}), output = before.clone();
  PrepackedLinear(weight, bias, Precision::float32).add_to(rows_of(input), 9, rows_of(output));
  EXPECT_TRUE(tensors_close(output, before + reference(input, weight, bias, Activation::none), 5e-6));
}

}  // namespace
}  // namespace angle
