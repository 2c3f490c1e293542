// What is done row by row. Compiled for AVX-512 (x86-64-v4).
#include "model/avx512/attention_head.h"
#include "model/avx512/tile.h"
#include "model/avx512/vector_math.h"

namespace angle::avx512 {
namespace {

/// A row with its own scale: the range, with 0 in it, cut into 255 steps.
void quantize_row(const float* row, int64_t columns, uint8_t* out, RowScale& result) {
  __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
  for (int64_t column = 0; column < columns; column += kVector) {
    const __m512 x = _mm512_loadu_ps(row + column);
    low = _mm512_min_ps(low, x);
    high = _mm512_max_ps(high, x);
  }
  const float lowest = _mm512_reduce_min_ps(low), range = _mm512_reduce_max_ps(high) - lowest;
  const float steps = range > 0 ? 255 / range : 0;
  result.scale = range / 255;
  result.zero = _mm_cvtss_si32(_mm_set_ss(-lowest * steps));
  const __m512 factor = _mm512_set1_ps(steps);
  const __m512i zero = _mm512_set1_epi32(result.zero);
  for (int64_t column = 0; column < columns; column += kVector) {
    const __m512i level = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(row + column), factor));
    const __m512i byte = _mm512_max_epi32(_mm512_add_epi32(level, zero), _mm512_setzero_si512());
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + column), _mm512_cvtusepi32_epi8(byte));
  }
}

/// The row as `rows.element` asks for it.
void write_operand(const float* input, int64_t columns, const Rows& rows, int64_t row) {
  if (rows.element == Element::uint8)
    return quantize_row(input, columns, static_cast<uint8_t*>(rows.data) + row * rows.stride,
                        rows.scales[row]);
  for (int64_t column = 0; column < columns; column += kVector)
    store(rows, row, column, _mm512_loadu_ps(input + column));
}

void normalize_row(const NormalizeTask& task, float* row) {
  const auto columns = static_cast<float>(task.columns);
  __m512 sum = _mm512_setzero_ps();
  for (int64_t column = 0; column < task.columns; column += kVector)
    sum = _mm512_add_ps(sum, _mm512_loadu_ps(row + column));
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / columns);
  __m512 squares = _mm512_setzero_ps();
  for (int64_t column = 0; column < task.columns; column += kVector) {
    const __m512 centred = _mm512_sub_ps(_mm512_loadu_ps(row + column), mean);
    squares = _mm512_fmadd_ps(centred, centred, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / columns;
  const __m512 scale = _mm512_set1_ps(1 / __builtin_sqrtf(variance + task.epsilon));
  for (int64_t column = 0; column < task.columns; column += kVector) {
    const __m512 centred = _mm512_sub_ps(_mm512_loadu_ps(row + column), mean);
    _mm512_storeu_ps(row + column,
                     _mm512_fmadd_ps(_mm512_mul_ps(centred, scale), _mm512_loadu_ps(task.weight + column),
                                     _mm512_loadu_ps(task.bias + column)));
  }
}

}  // namespace

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
      _mm512_storeu_ps(hidden + column,
                       _mm512_add_ps(_mm512_loadu_ps(word + column), _mm512_loadu_ps(place + column)));
  }
  normalize(task.norm, first_row, last_row);
}

void quantize(const Rows& input, int64_t columns, const Rows& output, int64_t first_row, int64_t last_row) {
  for (int64_t row = first_row; row < last_row; ++row)
    write_operand(static_cast<const float*>(input.data) + row * input.stride, columns, output, row);
}

int64_t attention_scratch_words(int64_t length, int64_t head_size) {
  const int64_t keys = divide_up(length, kPanelColumns) * kPanelColumns;
  const int64_t columns = divide_up(head_size, kPanelColumns) * kPanelColumns;
  const int64_t by_rows = keys * head_size + length * columns + 24 * keys + 12 * columns;
  const int64_t tokens = divide_up(length, 32) * 32;
  const int64_t by_tiles = (tokens / 2 + 32) * head_size + 24 * tokens + 256;
  return by_rows > by_tiles ? by_rows : by_tiles;
}

}  // namespace angle::avx512
