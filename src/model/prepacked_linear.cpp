#include "model/prepacked_linear.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "model/gelu_table.h"
#include "model/panels.h"

namespace angle {
namespace {

using kernels::Element;

}  // namespace

Element operand_element(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return Element::float32;
    case Precision::bfloat16:
      return Element::bfloat16;
    case Precision::int8:
      return byte_element();
  }
  TORCH_CHECK(false, "unknown precision");
}

PrepackedLinear::PrepackedLinear(const Tensor& weight, const Tensor& bias, Precision precision)
    : element_(operand_element(precision)),
      columns_(weight.size(0)),
      words_(weight.size(1) / kernels::elements_per_word(element_)),
      kernel_(linear_kernel(element_, words_, columns_)),
      bias_(bias.to(at::kFloat).contiguous()) {
  TORCH_CHECK(weight.size(0) % 16 == 0 && weight.size(1) % 16 == 0, "PrepackedLinear: sizes ",
              weight.sizes());
  if (precision == Precision::int8)
    quantize(weight);
  else
    weights_ = pack_panels(weight.to(precision == Precision::bfloat16 ? at::kBFloat16 : at::kFloat),
                           kernel_.panel_columns);
}

void PrepackedLinear::quantize(const Tensor& weight) {
  column_scales_ = at::empty({columns_}, at::kFloat);
  column_sums_ = at::empty({columns_}, at::kInt);
  const Tensor integers = at::empty(weight.sizes(), at::kChar);
  // Rows that fit the cache: temporaries of the size of the matrix would take several times as long.
  constexpr int64_t kRows = 64;
  at::parallel_for(0, columns_, kRows, [&](int64_t first, int64_t last) {
    const c10::InferenceMode inference;
    for (int64_t row = first; row < last; row += kRows) {
      const auto rows_of = [row, count = std::min(kRows, last - row)](const Tensor& tensor) {
        return tensor.narrow(0, row, count);
      };
      const Tensor rows = rows_of(weight), largest = rows.abs().amax(1);
      const Tensor scales = at::where(largest > 0, largest / 127, 1).to(at::kFloat);
      const Tensor quantized = (rows / scales.unsqueeze(1)).round().clamp(-127, 127).to(at::kChar);
      rows_of(column_scales_).copy_(scales);
      rows_of(column_sums_).copy_(quantized.sum(1, /*keepdim=*/false, at::kInt));
      rows_of(integers).copy_(quantized);
    }
  });
  weights_ = pack_panels(element_ == Element::wide_uint8 ? integers.to(at::kShort) : integers,
                         kernel_.panel_columns);
}

void PrepackedLinear::forward(const kernels::Rows& input, int64_t rows, const kernels::Rows& output,
                              Activation activation) const {
  kernels::LinearTask task{.input = input, .rows = rows, .finish = kernels::Finish::store, .output = output};
  if (activation == Activation::relu) task.finish = kernels::Finish::relu;
  if (activation == Activation::gelu || activation == Activation::gelu_tanh) {
    task.finish = kernels::Finish::gelu;
    task.gelu = &gelu_table(activation);
  }
  run(task);
}

void PrepackedLinear::add_to(const kernels::Rows& input, int64_t rows, const kernels::Rows& output) const {
  run({.input = input, .rows = rows, .finish = kernels::Finish::add, .output = output});
}

void PrepackedLinear::run(kernels::LinearTask task) const {
  task.weights = weights_.const_data_ptr<int32_t>();
  task.words = words_;
  task.columns = columns_;
  task.bias = bias_.const_data_ptr<float>();
  if (kernels::holds_bytes(element_)) {
    task.column_scales = column_scales_.const_data_ptr<float>();
    task.column_sums = column_sums_.const_data_ptr<int32_t>();
  }
  at::parallel_for(0, weights_.size(0), 1,
                   [&](int64_t first, int64_t last) { kernel_.multiply(task, first, last); });
}

}  // namespace angle
