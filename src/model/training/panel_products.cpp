#include "model/training/panel_products.h"

#include <algorithm>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/kernels/operands.h"
#include "model/kernels/support.h"
#include "model/panels.h"
#include "model/training/transpose.h"

namespace angle {
namespace {

using kernels::Element;
using kernels::kPackedBlock;
using kernels::kTokensAtOnce;

/// About the most rows that a thread multiplies with one panel after another, so that the rows of a layer's
/// input stay in its second-level cache.
constexpr int64_t kRowsAtOnce = 192;

/// Blocks to pack that are worth a thread.
constexpr int64_t kPackingGrain = 2;

/// Tasks for each thread, so that they end at much the same time.
constexpr int64_t kTasksPerThread = 4;

struct RowBlock {
  int64_t first, count;
};

/// Blocks of whole tiles and much the same size, to be multiplied by so many panels.
std::vector<RowBlock> row_blocks(int64_t rows, int64_t panel_rows, int64_t panels) {
  const int64_t tiles = at::divup(rows, panel_rows);
  const int64_t wanted = at::divup(kTasksPerThread * at::get_num_threads(), panels);
  const int64_t blocks = std::min(tiles, std::max(at::divup(rows, kRowsAtOnce), wanted));
  std::vector<RowBlock> all;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t first = tiles * block / blocks * panel_rows,
                  last = tiles * (block + 1) / blocks * panel_rows;
    all.push_back({first, std::min(last, rows) - first});
  }
  return all;
}

Element element_of(at::ScalarType type) { return type == at::kFloat ? Element::float32 : Element::bfloat16; }

/// For matrices that fill its tiles.
LinearKernel panel_kernel(at::ScalarType input) {
  return linear_kernel(element_of(input), kTokensAtOnce / 2, kPackedBlock);
}

kernels::Rows rows_of(const Tensor& matrix) {
  return {element_of(matrix.scalar_type()), matrix.data_ptr(), matrix.stride(0), nullptr};
}

void skip_rows(kernels::Rows& rows, int64_t count) {
  rows.data = static_cast<char*>(rows.data) + count * rows.stride * kernels::bytes_of(rows.element);
}

/// Some rows of the product by some panels.
void multiply_part(const LinearKernel& kernel, kernels::LinearTask task, const RowBlock& rows,
                   int64_t first_panel, int64_t last_panel) {
  task.rows = rows.count;
  skip_rows(task.input, rows.first);
  skip_rows(task.output, rows.first);
  kernel.multiply(task, first_panel, last_panel);
}

/// left · panels + bias.
///
/// @param left    rows of as many elements as the panels have
/// @param panels  [panels, words, columns of a panel], of words of elements like those of `left`
/// @param bias    float32 [columns of the output]; undefined: none
void multiply(const Tensor& left, const Tensor& panels, const Tensor& bias, const Tensor& output) {
  TORCH_CHECK(left.dim() == 2 && left.stride(1) == 1 &&
                  left.size(1) == panels.size(1) * kernels::elements_per_word(element_of(left.scalar_type())),
              "multiply: ", left.sizes(), " by panels ", panels.sizes());
  TORCH_CHECK(!bias.defined() || (bias.is_contiguous() && bias.numel() == output.size(1)),
              "multiply: a bias of ", bias.sizes());
  const Tensor added =
      bias.defined() ? bias : at::zeros({output.size(1)}, panels.options().dtype(at::kFloat));
  const kernels::LinearTask task{.input = rows_of(left),
                                 .rows = left.size(0),
                                 .weights = static_cast<const int32_t*>(panels.const_data_ptr()),
                                 .words = panels.size(1),
                                 .columns = output.size(1),
                                 .bias = added.const_data_ptr<float>(),
                                 .finish = kernels::Finish::store,
                                 .output = rows_of(output)};
  const LinearKernel kernel = panel_kernel(left.scalar_type());
  const std::vector<RowBlock> blocks = row_blocks(task.rows, kernel.panel_rows, panels.size(0));
  const int64_t per_block = panels.size(0);
  at::parallel_for(0, static_cast<int64_t>(blocks.size()) * per_block, 1, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t panel = begin % per_block, count = std::min(per_block - panel, end - begin);
      multiply_part(kernel, task, blocks[static_cast<size_t>(begin / per_block)], panel, panel + count);
      begin += count;
    }
  });
}

/// Words of a column of so many tokens.
int64_t words_of(int64_t tokens) { return at::divup(tokens, kTokensAtOnce) * (kTokensAtOnce / 2); }

kernels::TokenPacking packing_of(const Tensor& rows, const Tensor& to) {
  return {.rows = reinterpret_cast<const uint16_t*>(rows.const_data_ptr<c10::BFloat16>()),
          .tokens = rows.size(0),
          .columns = rows.size(1),
          .words = words_of(rows.size(0)),
          .to = to.mutable_data_ptr<int32_t>()};
}

/// Of bfloat16 rows, in words of two; rows of the matrix are padded with zeros to whole tiles.
Transposed transpose_words(const Tensor& rows) {
  const int64_t columns = rows.size(1), words = words_of(rows.size(0));
  const int64_t stride = words | 16;  // columns a power of two apart would share few sets of the cache
  const Tensor matrix = at::empty({columns, stride}, rows.options().dtype(at::kInt));
  const Tensor sums = at::empty({columns}, rows.options().dtype(at::kFloat));
  const kernels::TokenPacking task = packing_of(rows, matrix);
  const kernels::TransposedTarget target{stride, sums.mutable_data_ptr<float>()};
  at::parallel_for(0, columns / kPackedBlock, kPackingGrain,
                   [&](int64_t first, int64_t last) { kernels::pack_left(task, target, first, last); });
  return {matrix.view(at::kBFloat16).narrow(1, 0, 2 * words), sums};
}

/// Of bfloat16 rows: panels whose words are two tokens.
Tensor pack_tokens(const Tensor& rows) {
  const int64_t columns = rows.size(1), words = words_of(rows.size(0));
  const int64_t panel_columns = panel_kernel(at::kBFloat16).panel_columns;
  Tensor packed = at::empty({columns / panel_columns, words, panel_columns}, rows.options().dtype(at::kInt));
  const kernels::TokenPacking task = packing_of(rows, packed);
  at::parallel_for(0, columns / kPackedBlock, kPackingGrain, [&](int64_t first, int64_t last) {
    kernels::pack_right(task, panel_columns, first, last);
  });
  return packed;
}

/// Of float32 rows: panels whose words are rows.
Tensor pack_rows(const Tensor& rows) {
  const int64_t panel_columns = panel_kernel(at::kFloat).panel_columns;
  return rows.view({rows.size(0), rows.size(1) / panel_columns, panel_columns}).transpose(0, 1).contiguous();
}

/// Of a float32 weight, rounded: panels of its rows or of its columns.
Tensor pack_rounded(const Tensor& weight, bool forward) {
  const int64_t columns = weight.size(forward ? 0 : 1), sum = weight.size(forward ? 1 : 0);
  const int64_t panel_columns = panel_kernel(at::kBFloat16).panel_columns;
  Tensor packed =
      at::empty({columns / panel_columns, sum / 2, panel_columns}, weight.options().dtype(at::kInt));
  const kernels::WeightPacking task{.weight = weight.const_data_ptr<float>(),
                                    .out = weight.size(0),
                                    .in = weight.size(1),
                                    .panel_columns = panel_columns,
                                    .to = packed.mutable_data_ptr<int32_t>()};
  const auto pack = forward ? kernels::pack_forward_weight : kernels::pack_backward_weight;
  at::parallel_for(0, columns / kPackedBlock, kPackingGrain,
                   [&](int64_t first, int64_t last) { pack(task, first, last); });
  return packed;
}

Tensor product(const Tensor& rows, const Tensor& panels, const Tensor& bias) {
  Tensor output = at::empty({rows.size(0), panels.size(0) * panels.size(2)}, rows.options());
  multiply(rows, panels, bias, output);
  return output;
}

}  // namespace

bool trains_in_panels(at::ScalarType input, const Tensor& weight) {
  if ((input != at::kFloat && input != at::kBFloat16) || weight.scalar_type() != at::kFloat) return false;
  if (!cpu_multiplies(element_of(input))) return false;
  const int64_t panel_columns = panel_kernel(input).panel_columns;
  return weight.size(0) % panel_columns == 0 && weight.size(1) % panel_columns == 0;
}

Tensor panel_forward_product(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  const Tensor from = weight.detach().contiguous();
  const bool rounds = input.scalar_type() == at::kBFloat16;
  return product(input,
                 rounds ? pack_rounded(from, /*forward=*/true)
                        : pack_panels(from, panel_kernel(at::kFloat).panel_columns),
                 bias);
}

Tensor panel_input_gradient(const Tensor& gradient, const Tensor& weight) {
  const Tensor from = weight.detach().contiguous();
  const bool rounds = gradient.scalar_type() == at::kBFloat16;
  return product(gradient, rounds ? pack_rounded(from, /*forward=*/false) : pack_rows(from), Tensor());
}

WeightGradients panel_weight_gradients(const Tensor& gradient, const Tensor& input) {
  const bool in_words = gradient.scalar_type() == at::kBFloat16;
  const Transposed left = in_words ? transpose_words(gradient) : transpose(gradient);
  Tensor by_weight = at::empty({gradient.size(1), input.size(1)}, gradient.options().dtype(at::kFloat));
  multiply(left.matrix, in_words ? pack_tokens(input) : pack_rows(input), Tensor(), by_weight);
  return {by_weight, left.sums};
}

}  // namespace angle
