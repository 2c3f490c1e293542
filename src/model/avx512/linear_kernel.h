// The linear layer, for every number format. Internal linkage, see tile.h.
#pragma once

#include "model/avx512/tile.h"
#include "model/avx512/vector_math.h"

namespace angle::avx512 {
namespace {

/// A tile of a linear layer's output: six rows of a panel.
struct OutputTile {
  int64_t first_row;
  int64_t rows;
  int64_t first_column;
  int64_t vectors;
  const int32_t* sums;  // [rows, kPanelColumns]
};

/// input · weights of sixteen columns, without the bias.
template <Element kElement>
inline __m512 product(const LinearTask& task, int64_t row, int64_t column, const int32_t* sums) {
  const __m512i bits = _mm512_load_si512(sums);
  if constexpr (kElement != Element::uint8) return _mm512_castsi512_ps(bits);
  const RowScale& by = task.input.scales[row];
  const __m512i of_zeros =
      _mm512_mullo_epi32(_mm512_loadu_si512(task.column_sums + column), _mm512_set1_epi32(by.zero));
  const __m512 scale = _mm512_mul_ps(_mm512_loadu_ps(task.column_scales + column), _mm512_set1_ps(by.scale));
  return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(bits, of_zeros)), scale);
}

/// What becomes of a product with its bias.
template <Finish kFinish>
inline __m512 finished(const LinearTask& task, int64_t row, int64_t column, __m512 y) {
  if constexpr (kFinish == Finish::gelu) return gelu(y, *task.gelu);
  if constexpr (kFinish == Finish::relu) return _mm512_max_ps(_mm512_setzero_ps(), y);  // keeps NaN
  if constexpr (kFinish == Finish::add)
    return _mm512_add_ps(
        y, _mm512_loadu_ps(static_cast<const float*>(task.output.data) + row * task.output.stride + column));
  return y;
}

template <Element kElement, Finish kFinish>
void finish_tile(const LinearTask& task, const OutputTile& tile) {
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      const int64_t column = tile.first_column + vector * kVector;
      const int32_t* sums = tile.sums + row * kPanelColumns + vector * kVector;
      const __m512 y = _mm512_add_ps(product<kElement>(task, tile.first_row + row, column, sums),
                                     _mm512_loadu_ps(task.bias + column));
      store(task.output, tile.first_row + row, column,
            finished<kFinish>(task, tile.first_row + row, column, y));
    }
}

template <Element kElement>
void finish_tile(const LinearTask& task, const OutputTile& tile) {
  switch (task.finish) {
    case Finish::store:
      return finish_tile<kElement, Finish::store>(task, tile);
    case Finish::gelu:
      return finish_tile<kElement, Finish::gelu>(task, tile);
    case Finish::relu:
      return finish_tile<kElement, Finish::relu>(task, tile);
    case Finish::add:
      return finish_tile<kElement, Finish::add>(task, tile);
  }
}

template <class Format>
void multiply_panel(const LinearTask& task, int64_t panel) {
  alignas(64) int32_t sums[kPanelRows * kPanelColumns];
  const int64_t column = panel * kPanelColumns;
  const int64_t left = (task.columns - column) / kVector;
  const int64_t vectors = left < 4 ? left : 4;
  const int64_t stride = task.input.stride / elements_per_word(Format::kElement);
  const auto* input = static_cast<const int32_t*>(task.input.data);
  for (int64_t row = 0; row < task.rows; row += kPanelRows) {
    const int64_t rows = task.rows - row < kPanelRows ? task.rows - row : kPanelRows;
    multiply_tile<Format>(rows, vectors,
                          {.left = input + row * stride,
                           .left_stride = stride,
                           .right = task.weights + panel * task.words * kPanelColumns,
                           .right_stride = kPanelColumns,
                           .words = task.words,
                           .out = sums,
                           .out_stride = kPanelColumns});
    finish_tile<Format::kElement>(task, {row, rows, column, vectors, sums});
  }
}

template <class Format>
void multiply_panels(const LinearTask& task, int64_t first, int64_t last) {
  for (int64_t panel = first; panel < last; ++panel) multiply_panel<Format>(task, panel);
}

}  // namespace
}  // namespace angle::avx512
