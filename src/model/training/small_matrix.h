// Products of matrices that fit into the cache, for one head of attention.
#pragma once

#include "model/training/avx512.h"

namespace angle::avx512 {

/// A matrix of floats: element (i, k) is at data[i · row + k · column].
struct Matrix {
  const float* data;
  int64_t row, column;
};

/// The right side of a product: rows are contiguous.
struct RightMatrix {
  const float* data;
  int64_t row;
};

/// The result, or what a product is added to.
struct Target {
  float* data;
  int64_t row;
  bool accumulate;
};

/// `Rows` rows of the product by 16 · `Vectors` columns; the last vector is cut to `lanes`.
template <int Rows, int Vectors>
ANGLE_AVX512 void multiply_tile(const Matrix& left, const RightMatrix& right, const Target& target,
                                int64_t depth, __mmask16 lanes) {
  __m512 sums[Rows][Vectors];
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) sums[r][v] = _mm512_setzero_ps();
  for (int64_t k = 0; k < depth; ++k) {
    __m512 row[Vectors];
    for (int v = 0; v < Vectors; ++v)
      row[v] = v + 1 < Vectors ? _mm512_loadu_ps(right.data + k * right.row + v * kLanes)
                               : load(right.data + k * right.row + v * kLanes, lanes);
    for (int r = 0; r < Rows; ++r) {
      const __m512 factor = _mm512_set1_ps(left.data[r * left.row + k * left.column]);
      for (int v = 0; v < Vectors; ++v) sums[r][v] = _mm512_fmadd_ps(factor, row[v], sums[r][v]);
    }
  }
  for (int r = 0; r < Rows; ++r)
    for (int v = 0; v < Vectors; ++v) {
      const __mmask16 kept = v + 1 < Vectors ? first_lanes(kLanes) : lanes;
      float* const to = target.data + r * target.row + v * kLanes;
      store(to, kept, target.accumulate ? _mm512_add_ps(load(to, kept), sums[r][v]) : sums[r][v]);
    }
}

template <int Vectors>
ANGLE_AVX512 void multiply_columns(Matrix left, const RightMatrix& right, Target target, int64_t rows,
                                   int64_t depth, __mmask16 lanes) {
  while (rows > 0) {
    const int64_t done = rows >= 8 ? 8 : rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
    switch (done) {
      case 8:
        multiply_tile<8, Vectors>(left, right, target, depth, lanes);
        break;
      case 4:
        multiply_tile<4, Vectors>(left, right, target, depth, lanes);
        break;
      case 2:
        multiply_tile<2, Vectors>(left, right, target, depth, lanes);
        break;
      default:
        multiply_tile<1, Vectors>(left, right, target, depth, lanes);
    }
    left.data += done * left.row;
    target.data += done * target.row;
    rows -= done;
  }
}

/// target (+)= left · right.
///
/// @param left   [rows, depth]
/// @param right  [depth, columns]
ANGLE_AVX512 inline void multiply(const Matrix& left, const RightMatrix& right, const Target& target,
                                  int64_t rows, int64_t columns, int64_t depth) {
  for (int64_t done = 0; done < columns; done += 2 * kLanes) {
    const int64_t left_over = columns - done;
    const RightMatrix from{right.data + done, right.row};
    const Target to{target.data + done, target.row, target.accumulate};
    if (left_over > kLanes)
      multiply_columns<2>(left, from, to, rows, depth, first_lanes(left_over - kLanes));
    else
      multiply_columns<1>(left, from, to, rows, depth, first_lanes(left_over));
  }
}

}  // namespace angle::avx512
