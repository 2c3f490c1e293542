// The linear layer, for every number format. Internal linkage, see tile.h.
#pragma once

#include "model/kernels/tile.h"
#include "model/kernels/vector_math.h"

namespace angle::kernels {
namespace {

/// A tile of a linear layer's output: six rows of a panel.
struct OutputTile {
  int64_t first_row;
  int64_t rows;
  int64_t first_column;
  int64_t vectors;
  const int32_t* sums;  // [rows, columns of the panel]
};

/// input · weights + bias of sixteen columns.
template <Element kElement>
inline Floats product(const LinearTask& task, int64_t row, int64_t column, const int32_t* sums, Floats bias) {
  const Words bits = load_words(sums);
  if constexpr (!holds_bytes(kElement)) return add(as_floats(bits), bias);
  const RowScale& by = task.input.scales[row];
  const Words of_zeros = multiply(load_words(task.column_sums + column), all_words(by.zero));
  const Floats scale = multiply(load(task.column_scales + column), all(by.scale));
  return multiply_add(to_floats(subtract(bits, of_zeros)), scale, bias);
}

/// What becomes of a product with its bias.
template <Finish kFinish>
inline Floats finished(const LinearTask& task, int64_t row, int64_t column, Floats y) {
  if constexpr (kFinish == Finish::gelu) return gelu(y, *task.gelu);
  if constexpr (kFinish == Finish::relu) return largest(zeros(), y);  // keeps NaN
  if constexpr (kFinish == Finish::add)
    return add(y, load(static_cast<const float*>(task.output.data) + row * task.output.stride + column));
  return y;
}

template <Element kElement, Finish kFinish>
void finish_tile(const LinearTask& task, const OutputTile& tile) {
  for (int64_t row = 0; row < tile.rows; ++row)
    for (int64_t vector = 0; vector < tile.vectors; ++vector) {
      const int64_t column = tile.first_column + vector * kVector;
      const int32_t* sums = tile.sums + (row * kPanelVectors + vector) * kVector;
      const Floats y = product<kElement>(task, tile.first_row + row, column, sums, load(task.bias + column));
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

/// Not inline, so that the product before it has all registers.
template <Element kElement>
__attribute__((noinline)) void finish_tile_apart(const LinearTask& task, const OutputTile& tile) {
  finish_tile<kElement>(task, tile);
}

/// Where that is faster: with 16 registers, and with 32 in float32. In other formats it costs 3 to 7 % with
/// 32 (Zen 4).
template <Element kElement>
constexpr bool kFinishesApart = kRegisters == 16 || kElement == Element::float32;

template <class Format>
void multiply_panel(const LinearTask& task, int64_t panel) {
  alignas(64) int32_t sums[kPanelRows * kPanelColumns];
  const int64_t column = panel * kPanelColumns;
  const int64_t left = (task.columns - column) / kVector;
  const int64_t vectors = left < kPanelVectors ? left : kPanelVectors;
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
    const OutputTile tile{row, rows, column, vectors, sums};
    if constexpr (kFinishesApart<Format::kElement>)
      finish_tile_apart<Format::kElement>(task, tile);
    else
      finish_tile<Format::kElement>(task, tile);
  }
}

template <class Format>
void multiply_panels(const LinearTask& task, int64_t first, int64_t last) {
  for (int64_t panel = first; panel < last; ++panel) multiply_panel<Format>(task, panel);
}

}  // namespace
}  // namespace angle::kernels
