#include "model/training/transpose.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "angle/cpu_features.h"

#include "model/avx512/transpose.h"

namespace angle {

Transposed transpose(const Tensor& rows) {
  if (!cpu_features().avx512) return {rows.t().contiguous(), rows.sum(0)};
  const int64_t columns = rows.size(1);
  Transposed made{at::empty({columns, rows.size(0)}, rows.options()), at::empty({columns}, rows.options())};
  const avx512::Transposition task{.from = rows.const_data_ptr<float>(),
                                   .rows = rows.size(0),
                                   .columns = columns,
                                   .to = made.matrix.mutable_data_ptr<float>(),
                                   .stride = rows.size(0),
                                   .sums = made.sums.mutable_data_ptr<float>()};
  at::parallel_for(0, at::divup(columns, avx512::kTransposedColumns), 1,
                   [&](int64_t first, int64_t last) { avx512::transpose(task, first, last); });
  return made;
}

}  // namespace angle
