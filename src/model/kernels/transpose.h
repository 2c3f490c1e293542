// A matrix of 32-bit words, its rows and columns exchanged. Knows no torch.
//
// Rows of a weight become the columns of a panel so (model/panels.h). Of a gradient by a layer's output the
// sums of its columns are made on the way: both are needed, for the gradients by weight and bias.
#pragma once

#include <cstdint>

namespace angle::kernels {

/// Columns that are read together: four lines of the cache side by side, which the CPU fetches ahead.
constexpr int64_t kTransposedColumns = 64;

struct Transposition {
  const void* from;  // [rows, columns] words
  int64_t rows, columns;
  void* to;        // [columns, stride] words, the first `rows` of each row are written
  int64_t stride;  // at least `rows`
  float* sums;     // [columns] of float32 words, of blocks of rows, in their order; or nowhere
};

/// Blocks of kTransposedColumns columns, `first` to `last` − 1; the last block of the matrix may be smaller.
void transpose_avx512(const Transposition& task, int64_t first, int64_t last);
void transpose_avx2(const Transposition& task, int64_t first, int64_t last);

}  // namespace angle::kernels
