#include "model/packed_linear.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "model/gelu_table.h"

namespace angle {
namespace {

using avx512::Element;

/// [out, in] of 1, 2 or 4 byte elements as [panels, words, panel_columns] words; columns beyond the last are
/// zero.
Tensor pack_words(const Tensor& weight, int64_t panel_columns) {
  const Tensor words = weight.contiguous().view(at::kInt);  // [out, words]
  const int64_t panels = (words.size(0) + panel_columns - 1) / panel_columns;
  Tensor packed = at::zeros({panels, words.size(1), panel_columns}, at::kInt);
  const auto* from = words.const_data_ptr<int32_t>();
  auto* to = packed.mutable_data_ptr<int32_t>();
  at::parallel_for(0, panels, 1, [&](int64_t first, int64_t last) {
    const int64_t length = words.size(1);
    for (int64_t panel = first; panel < last; ++panel)
      for (int64_t column = 0; column < panel_columns; ++column) {
        const int64_t row = panel * panel_columns + column;
        if (row >= words.size(0)) break;
        for (int64_t word = 0; word < length; ++word)
          to[(panel * length + word) * panel_columns + column] = from[row * length + word];
      }
  });
  return packed;
}

}  // namespace

Element operand_element(Precision precision) {
  switch (precision) {
    case Precision::float32:
      return Element::float32;
    case Precision::bfloat16:
      return Element::bfloat16;
    case Precision::int8:
      return Element::uint8;
  }
  TORCH_CHECK(false, "unknown precision");
}

PackedLinear::PackedLinear(const Tensor& weight, const Tensor& bias, Precision precision)
    : element_(operand_element(precision)),
      columns_(weight.size(0)),
      words_(weight.size(1) / avx512::elements_per_word(element_)),
      kernel_(linear_kernel(element_, words_, columns_)),
      bias_(bias.to(at::kFloat).contiguous()) {
  TORCH_CHECK(weight.size(0) % 16 == 0 && weight.size(1) % 16 == 0, "PackedLinear: sizes ", weight.sizes());
  if (precision == Precision::int8)
    quantize(weight);
  else
    weights_ = pack_words(weight.to(precision == Precision::bfloat16 ? at::kBFloat16 : at::kFloat),
                          kernel_.panel_columns);
}

void PackedLinear::quantize(const Tensor& weight) {
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
  weights_ = pack_words(integers, kernel_.panel_columns);
}

void PackedLinear::forward(const avx512::Rows& input, int64_t rows, const avx512::Rows& output,
                           Activation activation) const {
  avx512::LinearTask task{.input = input, .rows = rows, .finish = avx512::Finish::store, .output = output};
  if (activation == Activation::relu) task.finish = avx512::Finish::relu;
  if (activation == Activation::gelu || activation == Activation::gelu_tanh) {
    task.finish = avx512::Finish::gelu;
    task.gelu = &gelu_table(activation);
  }
  run(task);
}

void PackedLinear::add_to(const avx512::Rows& input, int64_t rows, const avx512::Rows& output) const {
  run({.input = input, .rows = rows, .finish = avx512::Finish::add, .output = output});
}

void PackedLinear::run(avx512::LinearTask task) const {
  task.weights = weights_.const_data_ptr<int32_t>();
  task.words = words_;
  task.columns = columns_;
  task.bias = bias_.const_data_ptr<float>();
  if (element_ == Element::uint8) {
    task.column_scales = column_scales_.const_data_ptr<float>();
    task.column_sums = column_sums_.const_data_ptr<int32_t>();
  }
  at::parallel_for(0, weights_.size(0), 1,
                   [&](int64_t first, int64_t last) { kernel_.multiply(task, first, last); });
}

}  // namespace angle
