// Products of matrices that fit into the cache, for one head of attention. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/lanes.h"

namespace angle::kernels {
namespace {

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

/// Rows and vectors of columns whose sums are in registers.
constexpr int kMatrixRows = kRegisters == 32 ? 8 : 6, kMatrixVectors = kRegisters == 32 ? 2 : 1;

/// `kRows` rows of the product by 16 · `kVectors` columns, of which the last vector has `last`.
template <int kRows, int kVectors>
void multiply_matrix_tile(const Matrix& left, const RightMatrix& right, const Target& target, int64_t depth,
                          int64_t last) {
  Floats sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[r][v] = zeros();
  for (int64_t k = 0; k < depth; ++k) {
    Floats row[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v)
      row[v] = load(right.data + k * right.row + v * kVector, v + 1 < kVectors ? kVector : last);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Floats factor = all(left.data[r * left.row + k * left.column]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[r][v] = multiply_add(factor, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      const int64_t count = v + 1 < kVectors ? kVector : last;
      float* const to = target.data + r * target.row + v * kVector;
      store(to, target.accumulate ? add(load(to, count), sums[r][v]) : sums[r][v], count);
    }
}

/// @param rows  1 to kRows
template <int kVectors, int kRows = kMatrixRows>
void multiply_matrix_rows(int64_t rows, const Matrix& left, const RightMatrix& right, const Target& target,
                          int64_t depth, int64_t last) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return multiply_matrix_tile<kRows, kVectors>(left, right, target, depth, last);
    multiply_matrix_rows<kVectors, kRows - 1>(rows, left, right, target, depth, last);
  }
}

template <int kVectors>
void multiply_matrix_columns(Matrix left, const RightMatrix& right, Target target, int64_t rows,
                             int64_t depth, int64_t last) {
  for (int64_t row = 0; row < rows; row += kMatrixRows) {
    multiply_matrix_rows<kVectors>(rows - row < kMatrixRows ? rows - row : kMatrixRows, left, right, target,
                                   depth, last);
    left.data += kMatrixRows * left.row;
    target.data += kMatrixRows * target.row;
  }
}

/// target (+)= left · right.
///
/// @param left   [rows, depth]
/// @param right  [depth, columns]
inline void multiply_matrices(const Matrix& left, const RightMatrix& right, const Target& target,
                              int64_t rows, int64_t columns, int64_t depth) {
  for (int64_t done = 0; done < columns; done += kMatrixVectors * kVector) {
    const int64_t left_over = columns - done;
    const RightMatrix from{right.data + done, right.row};
    const Target to{target.data + done, target.row, target.accumulate};
    if (kMatrixVectors > 1 && left_over > kVector)
      multiply_matrix_columns<kMatrixVectors>(left, from, to, rows, depth, left_over - kVector);
    else
      multiply_matrix_columns<1>(left, from, to, rows, depth, left_over);
  }
}

}  // namespace
}  // namespace angle::kernels
