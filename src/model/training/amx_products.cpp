#include "model/training/amx_products.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/avx512/operands.h"
#include "model/avx512/support.h"
#include "model/training/transpose.h"

namespace angle {
namespace {

using avx512::Element;
using avx512::kPackedBlock;
using avx512::kTokensAtOnce;

/// Rows that a thread multiplies with one panel after the other: they stay in its second level cache.
constexpr int64_t kRowsAtOnce = 256;

/// Blocks to pack that are worth a thread.
constexpr int64_t kPackingGrain = 2;

int64_t round_up(int64_t count, int64_t unit) { return (count + unit - 1) / unit * unit; }

avx512::Rows rows_of(const Tensor& matrix) {
  const Element element = matrix.scalar_type() == at::kFloat ? Element::float32 : Element::bfloat16;
  return {element, matrix.data_ptr(), matrix.stride(0), nullptr};
}

void skip_rows(avx512::Rows& rows, int64_t count) {
  rows.data = static_cast<char*>(rows.data) + count * rows.stride * avx512::bytes_of(rows.element);
}

/// Some rows of the product by some panels.
void multiply_part(avx512::LinearTask task, int64_t first_row, int64_t first_panel, int64_t last_panel) {
  task.rows = std::min(kRowsAtOnce, task.rows - first_row);
  skip_rows(task.input, first_row);
  skip_rows(task.output, first_row);
  avx512::multiply_bfloat16_amx(task, first_panel, last_panel);
}

/// left · panels + bias.
///
/// @param left    bfloat16 rows of at least as many elements as the panels have
/// @param panels  int32 [panels, words, columns of a panel]
void multiply(const Tensor& left, const Tensor& panels, const Tensor& bias, const Tensor& output) {
  const avx512::LinearTask task{.input = rows_of(left),
                                .rows = left.size(0),
                                .weights = panels.const_data_ptr<int32_t>(),
                                .words = panels.size(1),
                                .columns = output.size(1),
                                .bias = bias.const_data_ptr<float>(),
                                .finish = avx512::Finish::store,
                                .output = rows_of(output)};
  const int64_t per_row_block = panels.size(0), row_blocks = round_up(task.rows, kRowsAtOnce) / kRowsAtOnce;
  at::parallel_for(0, row_blocks * per_row_block, 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t block = begin / per_row_block, panel = begin % per_row_block;
      const int64_t count = std::min(per_row_block - panel, end - begin);
      multiply_part(task, block * kRowsAtOnce, panel, panel + count);
      begin += count;
    }
  });
}

avx512::TokenPacking packing_of(const Tensor& rows, const Tensor& to) {
  return {.rows = reinterpret_cast<const uint16_t*>(rows.const_data_ptr<c10::BFloat16>()),
          .tokens = rows.size(0),
          .columns = rows.size(1),
          .words = round_up(rows.size(0), kTokensAtOnce) / 2,
          .to = to.mutable_data_ptr<int32_t>()};
}

/// Of bfloat16 rows, in words of two; rows of the matrix are padded with zeros to whole tiles.
Transposed transpose_words(const Tensor& rows) {
  const int64_t columns = rows.size(1), words = round_up(rows.size(0), kTokensAtOnce) / 2;
  const int64_t stride = words | 16;  // columns a power of two apart would share few sets of the cache
  const Tensor matrix = at::empty({columns, stride}, rows.options().dtype(at::kInt));
  const Tensor sums = at::empty({columns}, rows.options().dtype(at::kFloat));
  const avx512::TokenPacking task = packing_of(rows, matrix);
  const avx512::TransposedTarget target{stride, sums.mutable_data_ptr<float>()};
  at::parallel_for(0, columns / kPackedBlock, kPackingGrain,
                   [&](int64_t first, int64_t last) { avx512::pack_left(task, target, first, last); });
  return {matrix.view(at::kBFloat16), sums};
}

/// Panels whose words are two tokens.
Tensor pack_tokens(const Tensor& rows) {
  const int64_t panels = rows.size(1) / kPackedBlock, words = round_up(rows.size(0), kTokensAtOnce) / 2;
  Tensor packed = at::empty({panels, words, kPackedBlock}, rows.options().dtype(at::kInt));
  const avx512::TokenPacking task = packing_of(rows, packed);
  at::parallel_for(0, panels, kPackingGrain,
                   [&](int64_t first, int64_t last) { avx512::pack_right(task, first, last); });
  return packed;
}

}  // namespace

bool amx_trains(at::ScalarType input, const Tensor& weight) {
  if (input != at::kBFloat16 || weight.scalar_type() != at::kFloat) return false;
  return weight.size(0) % kPackedBlock == 0 && weight.size(1) % kPackedBlock == 0 &&
         amx_multiplies(Element::bfloat16);
}

StepWeight amx_weight(const Tensor& weight) {
  const Tensor from = weight.contiguous();
  const int64_t out = from.size(0), in = from.size(1);
  const at::TensorOptions words = from.options().dtype(at::kInt).requires_grad(false);
  StepWeight packed{at::empty({out / kPackedBlock, in / 2, kPackedBlock}, words),
                    at::empty({in / kPackedBlock, out / 2, kPackedBlock}, words)};
  const avx512::WeightPacking task{from.const_data_ptr<float>(), out, in,
                                   packed.forward.mutable_data_ptr<int32_t>(),
                                   packed.backward.mutable_data_ptr<int32_t>()};
  at::parallel_for(0, out / kPackedBlock, kPackingGrain,
                   [&](int64_t first, int64_t last) { avx512::pack_weight(task, first, last); });
  return packed;
}

Tensor amx_product(const Tensor& rows, const Tensor& panels, const Tensor& bias) {
  const int64_t columns = panels.size(0) * kPackedBlock;
  Tensor output = at::empty({rows.size(0), columns}, rows.options());
  multiply(rows, panels, bias.defined() ? bias : at::zeros({columns}, rows.options().dtype(at::kFloat)),
           output);
  return output;
}

WeightGradients amx_weight_gradients(const Tensor& gradient, const Tensor& input) {
  const Transposed left = transpose_words(gradient);
  const int64_t in = input.size(1);
  const Tensor no_bias = at::zeros({in}, left.sums.options());
  Tensor by_weight = at::empty({gradient.size(1), in}, left.sums.options());
  multiply(left.matrix, pack_tokens(input), no_bias, by_weight);
  return {by_weight, left.sums};
}

}  // namespace angle
