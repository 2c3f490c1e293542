// The transposition of a matrix. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"
#include "model/kernels/transpose.h"

namespace angle::kernels {
namespace {

/// Sixteen rows and columns, or what is left of them; returns the sums of the columns.
///
/// @tparam kSums   whether to add: words that are no floats may look like denormal ones, which a CPU may add
///                 slowly
/// @tparam kWhole  nothing is cut
template <bool kSums, bool kWhole>
inline Floats transpose_block(const Transposition& task, int64_t row, int64_t column) {
  const int64_t rows = kWhole ? kVector : task.rows - row, columns = kWhole ? kVector : task.columns - column;
  const auto* from = static_cast<const int32_t*>(task.from) + row * task.columns + column;
  Words block[16];
  Floats sums = zeros();
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    block[i] = i < rows ? load_words(from + i * task.columns, columns) : no_words();
    if constexpr (kSums) sums = add(sums, as_floats(block[i]));
  }
  transpose(block);
  auto* to = static_cast<int32_t*>(task.to) + column * task.stride + row;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i)
    if (i < columns) store_words(to + i * task.stride, block[i], rows);
  return sums;
}

template <bool kSums>
inline Floats transpose_block(const Transposition& task, int64_t row, int64_t column) {
  const bool is_whole = row + kVector <= task.rows && column + kVector <= task.columns;
  return is_whole ? transpose_block<kSums, true>(task, row, column)
                  : transpose_block<kSums, false>(task, row, column);
}

template <bool kSums>
void transpose_columns(const Transposition& task, int64_t first, int64_t last) {
  const int64_t end = last * kTransposedColumns < task.columns ? last * kTransposedColumns : task.columns;
  for (int64_t begin = first * kTransposedColumns; begin < end; begin += kTransposedColumns) {
    const int64_t columns = end - begin < kTransposedColumns ? end - begin : kTransposedColumns;
    const int64_t vectors = (columns + kVector - 1) / kVector;
    Floats sums[kTransposedColumns / kVector];
    for (Floats& sum : sums) sum = zeros();
    for (int64_t row = 0; row < task.rows; row += kVector)
      for (int64_t i = 0; i < vectors; ++i)
        sums[i] = add(sums[i], transpose_block<kSums>(task, row, begin + i * kVector));
    if constexpr (!kSums) continue;
    for (int64_t i = 0; i < vectors; ++i)
      store(task.sums + begin + i * kVector, sums[i], columns - i * kVector);
  }
}

void transpose_columns(const Transposition& task, int64_t first, int64_t last) {
  if (task.sums == nullptr)
    transpose_columns<false>(task, first, last);
  else
    transpose_columns<true>(task, first, last);
}

}  // namespace
}  // namespace angle::kernels
