// The linear layer by AMX. Internal linkage, see tile.h.
//
// Tiles are multiplied beside the other instructions, so the sums of one block become the output while the
// next block is multiplied: each step of the product is followed by a few rows of what is to be finished.
#pragma once

#include "model/kernels/amx_tile.h"
#include "model/kernels/linear_kernel.h"

namespace angle::kernels {
namespace {

/// A block of a linear layer's output.
struct Block {
  int64_t first_row;
  int64_t rows;  // 0: nothing to finish
  int64_t first_column;
  int32_t* sums;  // [kBlockRows, kBlockColumns]
};

/// Rows `first` to `last` − 1 of a block, from its sums to the output.
template <Element kElement, Element kOutput, Finish kFinish>
inline void finish_rows(const LinearTask& task, const Block& block, int64_t first, int64_t last) {
  const int64_t column = block.first_column;
  const __m512 bias[2] = {_mm512_loadu_ps(task.bias + column), _mm512_loadu_ps(task.bias + column + kVector)};
  for (int64_t i = first; i < last; ++i) {
    const int64_t row = block.first_row + i;
    __m512 y[2];
#pragma GCC unroll 2
    for (int half = 0; half < 2; ++half) {
      const int64_t at = half * kVector;
      const __m512 sum =
          product<kElement>(task, row, column + at, block.sums + i * kBlockColumns + at, bias[half]);
      y[half] = finished<kFinish>(task, row, column + at, sum);
    }
    const int64_t at = row * task.output.stride + column;
    if constexpr (kOutput == Element::float32) {
      _mm512_storeu_ps(static_cast<float*>(task.output.data) + at, y[0]);
      _mm512_storeu_ps(static_cast<float*>(task.output.data) + at + kVector, y[1]);
    } else {
      _mm512_storeu_si512(static_cast<uint16_t*>(task.output.data) + at,
                          reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(y[1], y[0])));
    }
  }
}

inline void zero_sums(bool has_lower_rows) {
  _tile_zero(0);
  _tile_zero(1);
  if (!has_lower_rows) return;
  _tile_zero(2);
  _tile_zero(3);
}

inline void store_sums(int32_t* sums, bool has_lower_rows) {
  constexpr int64_t kStride = kBlockColumns * int64_t{sizeof(int32_t)};
  int32_t* const lower = sums + kTileRows * kBlockColumns;
  memory_barrier();
  _tile_stored(0, sums, kStride);
  _tile_stored(1, sums + kVector, kStride);
  if (has_lower_rows) {
    _tile_stored(2, lower, kStride);
    _tile_stored(3, lower + kVector, kStride);
  }
  memory_barrier();
}

/// The sums of `block`, and on the way the output of `previous`.
///
/// @tparam Tiles  the instruction for a number format: kElement; add_upper_products() of tile 4, and
///                add_lower_products() of tile 5, with tiles 6 and 7
template <class Tiles, Element kOutput, Finish kFinish>
inline void multiply_block(const LinearTask& task, const Block& block, const Block& previous) {
  constexpr int64_t kRowBytes = kBlockColumns * int64_t{sizeof(int32_t)};
  const int64_t stride = task.input.stride / elements_per_word(Tiles::kElement);
  const int64_t steps = task.words / kTileWords;
  const int64_t rows_per_step = (previous.rows + steps - 1) / steps;
  const auto* left = static_cast<const int32_t*>(task.input.data) + block.first_row * stride;
  const int32_t* right = task.weights + block.first_column * task.words;
  const bool has_lower_rows = block.rows > kTileRows;
  zero_sums(has_lower_rows);
  int64_t finished = 0;
  for (int64_t step = 0; step < steps; ++step, left += kTileWords, right += kTileWords * kBlockColumns) {
    _tile_loadd(6, right, kRowBytes);
    _tile_loadd(7, right + kVector, kRowBytes);
    _tile_loadd(4, left, stride * int64_t{sizeof(int32_t)});
    Tiles::add_upper_products();
    if (has_lower_rows) {
      _tile_loadd(5, left + kTileRows * stride, stride * int64_t{sizeof(int32_t)});
      Tiles::add_lower_products();
    }
    const int64_t last = finished + rows_per_step < previous.rows ? finished + rows_per_step : previous.rows;
    finish_rows<Tiles::kElement, kOutput, kFinish>(task, previous, finished, last);
    finished = last;
  }
  store_sums(block.sums, has_lower_rows);
}

template <class Tiles, Element kOutput, Finish kFinish>
void multiply_amx_panels(const LinearTask& task, int64_t first, int64_t last) {
  alignas(64) int32_t sums[2][kBlockRows * kBlockColumns];
  Block previous{0, 0, 0, sums[1]};
  int64_t configured_rows = 0;
  for (int64_t panel = first; panel < last; ++panel)
    for (int64_t row = 0; row < task.rows; row += kBlockRows) {
      const int64_t rows = task.rows - row < kBlockRows ? task.rows - row : kBlockRows;
      const Block block{row, rows, panel * kBlockColumns, previous.sums == sums[0] ? sums[1] : sums[0]};
      if (rows != configured_rows) configure_tiles(configured_rows = rows);
      multiply_block<Tiles, kOutput, kFinish>(task, block, previous);
      previous = block;
    }
  finish_rows<Tiles::kElement, kOutput, kFinish>(task, previous, 0, previous.rows);
  _tile_release();
}

template <class Tiles, Finish kFinish>
void multiply_amx_panels(const LinearTask& task, int64_t first, int64_t last) {
  if (task.output.element == Element::float32)
    multiply_amx_panels<Tiles, Element::float32, kFinish>(task, first, last);
  else
    multiply_amx_panels<Tiles, Element::bfloat16, kFinish>(task, first, last);
}

template <class Tiles>
void multiply_amx_panels(const LinearTask& task, int64_t first, int64_t last) {
  switch (task.finish) {
    case Finish::store:
      return multiply_amx_panels<Tiles, Finish::store>(task, first, last);
    case Finish::gelu:
      return multiply_amx_panels<Tiles, Finish::gelu>(task, first, last);
    case Finish::relu:
      return multiply_amx_panels<Tiles, Finish::relu>(task, first, last);
    case Finish::add:
      return multiply_amx_panels<Tiles, Element::float32, Finish::add>(task, first, last);
  }
}

}  // namespace
}  // namespace angle::kernels
