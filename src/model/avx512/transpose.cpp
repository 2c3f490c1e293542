// Compiled for AVX-512.
#include "model/avx512/transpose.h"

#include <algorithm>

#include "model/avx512/vector_math.h"

namespace angle::avx512 {
namespace {

/// Sixteen rows and columns, or what is left of them; returns the sums of the columns.
inline __m512 transpose_block(const Transposition& task, int64_t row, int64_t column) {
  const int64_t rows = std::min(task.rows - row, kVector), columns = std::min(task.columns - column, kVector);
  const __mmask16 inside = first_lanes(columns);
  const float* from = task.from + row * task.columns + column;
  __m512i block[16];
  __m512 sums = _mm512_setzero_ps();
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __m512 values = _mm512_maskz_loadu_ps(i < rows ? inside : 0, from + i * task.columns);
    sums = _mm512_add_ps(sums, values);
    block[i] = _mm512_castps_si512(values);
  }
  transpose(block);
  float* to = task.to + column * task.rows + row;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i)
    _mm512_mask_storeu_ps(to + i * task.rows, i < columns ? first_lanes(rows) : 0,
                          _mm512_castsi512_ps(block[i]));
  return sums;
}

}  // namespace

void transpose(const Transposition& task, int64_t first, int64_t last) {
  const int64_t end = std::min(last * kTransposedColumns, task.columns);
  for (int64_t begin = first * kTransposedColumns; begin < end; begin += kTransposedColumns) {
    const int64_t vectors = (std::min(kTransposedColumns, end - begin) + kVector - 1) / kVector;
    __m512 sums[kTransposedColumns / kVector] = {};
    for (int64_t row = 0; row < task.rows; row += kVector)
      for (int64_t i = 0; i < vectors; ++i)
        sums[i] = _mm512_add_ps(sums[i], transpose_block(task, row, begin + i * kVector));
    if (task.sums == nullptr) continue;
    for (int64_t i = 0; i < vectors; ++i) {
      const int64_t column = begin + i * kVector;
      _mm512_mask_storeu_ps(task.sums + column, first_lanes(task.columns - column), sums[i]);
    }
  }
}

}  // namespace angle::avx512
