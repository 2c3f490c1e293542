// A float32 matrix, its rows and columns exchanged, and the sums of its columns on the way: of a gradient by
// a layer's output both are needed for the gradients by weight and bias. Knows no torch.
//
// Of kPanelColumns rows of a weight the result is a panel (kernels.h).
#pragma once

#include <cstdint>

namespace angle::avx512 {

/// Columns that are read together: four lines of the cache side by side, which the CPU fetches ahead.
constexpr int64_t kTransposedColumns = 64;

struct Transposition {
  const float* from;  // [rows, columns]
  int64_t rows, columns;
  float* to;    // [columns, rows]
  float* sums;  // [columns], of blocks of rows, in their order; or nowhere
};

/// Blocks of kTransposedColumns columns, `first` to `last` − 1; the last block of the matrix may be smaller.
void transpose(const Transposition& task, int64_t first, int64_t last);

}  // namespace angle::avx512
