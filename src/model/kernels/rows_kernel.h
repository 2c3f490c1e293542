// What is done row by row. Internal linkage, see lanes.h.
#pragma once

#include "model/kernels/vector_math.h"

namespace angle::kernels {
namespace {

/// A row with its own scale: the range, with 0 in it, cut into 255 steps.
///
/// @tparam Byte  of 8 or of 16 bits
template <class Byte>
void quantize_row(const float* row, int64_t columns, Byte* out, RowScale& result) {
  Floats low = zeros(), high = zeros();
  for (int64_t column = 0; column < columns; column += kVector) {
    const Floats x = load(row + column);
    low = least(low, x);
    high = largest(high, x);
  }
  const float lowest = least_of(low), range = largest_of(high) - lowest;
  const float steps = range > 0 ? 255 / range : 0;
  result.scale = range / 255;
  result.zero = _mm_cvtss_si32(_mm_set_ss(-lowest * steps));
  const Floats factor = all(steps);
  const Words zero = all_words(result.zero);
  for (int64_t column = 0; column < columns; column += kVector)
    store_bytes(out + column, add(to_words(multiply(load(row + column), factor)), zero));
}

/// The row as `rows.element` asks for it.
void write_operand(const float* input, int64_t columns, const Rows& rows, int64_t row) {
  if (rows.element == Element::uint8)
    return quantize_row(input, columns, static_cast<uint8_t*>(rows.data) + row * rows.stride,
                        rows.scales[row]);
  if (rows.element == Element::wide_uint8)
    return quantize_row(input, columns, static_cast<uint16_t*>(rows.data) + row * rows.stride,
                        rows.scales[row]);
  for (int64_t column = 0; column < columns; column += kVector)
    store(rows, row, column, load(input + column));
}

void normalize_row(const NormalizeTask& task, float* row) {
  const auto columns = static_cast<float>(task.columns);
  Floats sum = zeros();
  for (int64_t column = 0; column < task.columns; column += kVector) sum = add(sum, load(row + column));
  const Floats mean = all(sum_of(sum) / columns);
  Floats squares = zeros();
  for (int64_t column = 0; column < task.columns; column += kVector) {
    const Floats centred = subtract(load(row + column), mean);
    squares = multiply_add(centred, centred, squares);
  }
  const float variance = sum_of(squares) / columns;
  const Floats scale = all(1 / __builtin_sqrtf(variance + task.epsilon));
  for (int64_t column = 0; column < task.columns; column += kVector) {
    const Floats normalized = multiply(subtract(load(row + column), mean), scale);
    store(row + column, multiply_add(normalized, load(task.weight + column), load(task.bias + column)));
  }
}

void normalize(const NormalizeTask& task, int64_t first_row, int64_t last_row) {
  for (int64_t row = first_row; row < last_row; ++row) {
    float* hidden = task.hidden + row * task.columns;
    normalize_row(task, hidden);
    if (task.operand.element != Element::float32) write_operand(hidden, task.columns, task.operand, row);
  }
}

void embed(const EmbedTask& task, int64_t first_row, int64_t last_row) {
  const int64_t columns = task.norm.columns;
  for (int64_t row = first_row; row < last_row; ++row) {
    const float* word = task.words + task.token_ids[row] * columns;
    const float* place = task.places + task.position_ids[row] * columns;
    float* hidden = task.norm.hidden + row * columns;
    for (int64_t column = 0; column < columns; column += kVector)
      store(hidden + column, add(load(word + column), load(place + column)));
  }
  normalize(task.norm, first_row, last_row);
}

void quantize(const QuantizeTask& task, int64_t first_row, int64_t last_row) {
  const auto* const input = static_cast<const float*>(task.input.data);
  for (int64_t row = first_row; row < last_row; ++row)
    write_operand(input + row * task.input.stride, task.columns, task.output, row);
}

}  // namespace
}  // namespace angle::kernels
