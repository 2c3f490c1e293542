#include "model/training/transpose.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "model/kernels/support.h"

namespace angle {

Transposed transpose(const Tensor& rows) {
  if (!cpu_multiplies(kernels::Element::float32)) return {rows.t().contiguous(), rows.sum(0)};
  const int64_t columns = rows.size(1);
  Transposed made{at::empty({columns, rows.size(0)}, rows.options()), at::empty({columns}, rows.options())};
  const kernels::Transposition task{.from = rows.const_data_ptr<float>(),
                                    .rows = rows.size(0),
                                    .columns = columns,
                                    .to = made.matrix.mutable_data_ptr<float>(),
                                    .stride = rows.size(0),
                                    .sums = made.sums.mutable_data_ptr<float>()};
  at::parallel_for(0, at::divup(columns, kernels::kTransposedColumns), 1,
                   [&](int64_t first, int64_t last) { transpose_kernel()(task, first, last); });
  return made;
}

}  // namespace angle
