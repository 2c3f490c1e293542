#include "model/panels.h"

#include <algorithm>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/kernels/support.h"

namespace angle {

Tensor pack_panels(const Tensor& rows, int64_t panel_columns) {
  const Tensor matrix = rows.contiguous().view(at::kInt);  // [columns, words]
  const int64_t columns = matrix.size(0), words = matrix.size(1);
  Tensor packed = at::empty({at::divup(columns, panel_columns), words, panel_columns}, at::kInt);
  if (columns % panel_columns != 0) packed[-1].zero_();
  const auto* const from = matrix.const_data_ptr<int32_t>();
  auto* const to = packed.mutable_data_ptr<int32_t>();
  const TransposeFunction transpose = transpose_kernel();
  at::parallel_for(0, packed.size(0), 1, [&](int64_t first, int64_t last) {
    for (int64_t panel = first; panel < last; ++panel) {
      const int64_t column = panel * panel_columns;
      const kernels::Transposition task{.from = from + column * words,
                                        .rows = std::min(panel_columns, columns - column),
                                        .columns = words,
                                        .to = to + column * words,
                                        .stride = panel_columns,
                                        .sums = nullptr};
      transpose(task, 0, at::divup(words, kernels::kTransposedColumns));
    }
  });
  return packed;
}

}  // namespace angle
