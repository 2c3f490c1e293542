// Compiled for AVX-512.
#include "model/avx512/transpose.h"

#include <algorithm>

#include "model/avx512/vector_math.h"

namespace angle::avx512 {
namespace {

/// Sixteen rows and columns, or what is left of them; returns the sums of the columns.
///
/// @tparam kSums  whether to add: words that are no floats may look like denormal ones, which a CPU may add
///                slowly
template <bool kSums>
inline __m512 transpose_block(const Transposition& task, int64_t row, int64_t column) {
  const int64_t rows = std::min(task.rows - row, kVector), columns = std::min(task.columns - column, kVector);
  const __mmask16 inside = first_lanes(columns);
  const auto* from = static_cast<const int32_t*>(task.from) + row * task.columns + column;
  __m512i block[16];
  __m512 sums = _mm512_setzero_ps();
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    block[i] = _mm512_maskz_loadu_epi32(i < rows ? inside : 0, from + i * task.columns);
    if constexpr (kSums) sums = _mm512_add_ps(sums, _mm512_castsi512_ps(block[i]));
  }
  transpose(block);
  auto* to = static_cast<int32_t*>(task.to) + column * task.stride + row;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i)
    _mm512_mask_storeu_epi32(to + i * task.stride, i < columns ? first_lanes(rows) : 0, block[i]);
  return sums;
}

template <bool kSums>
void transpose_columns(const Transposition& task, int64_t first, int64_t last) {
  const int64_t end = std::min(last * kTransposedColumns, task.columns);
  for (int64_t begin = first * kTransposedColumns; begin < end; begin += kTransposedColumns) {
    const int64_t vectors = (std::min(kTransposedColumns, end - begin) + kVector - 1) / kVector;
    __m512 sums[kTransposedColumns / kVector] = {};
    for (int64_t row = 0; row < task.rows; row += kVector)
      for (int64_t i = 0; i < vectors; ++i)
        sums[i] = _mm512_add_ps(sums[i], transpose_block<kSums>(task, row, begin + i * kVector));
    if constexpr (!kSums) continue;
    for (int64_t i = 0; i < vectors; ++i) {
      const int64_t column = begin + i * kVector;
      _mm512_mask_storeu_ps(task.sums + column, first_lanes(task.columns - column), sums[i]);
    }
  }
}

}  // namespace

void transpose(const Transposition& task, int64_t first, int64_t last) {
  if (task.sums == nullptr)
    transpose_columns<false>(task, first, last);
  else
    transpose_columns<true>(task, first, last);
}

}  // namespace angle::avx512
