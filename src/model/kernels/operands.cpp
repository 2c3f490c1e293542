// Compiled for AVX-512 with AVX512_BF16.
#include "model/kernels/operands.h"

#include "model/kernels/vector_math.h"

namespace angle::kernels {
namespace {

/// 32 floats as 16 words.
inline __m512i rounded_row(const float* from) {
  return reinterpret_cast<__m512i>(
      _mm512_cvtne2ps_pbh(_mm512_loadu_ps(from + kVector), _mm512_loadu_ps(from)));
}

/// The first or second half of two rows of 32 elements: words of an element of each.
inline __m512i words_of(__m256i upper, __m256i lower) {
  return _mm512_or_si512(_mm512_cvtepu16_epi32(upper), _mm512_slli_epi32(_mm512_cvtepu16_epi32(lower), 16));
}

struct WordPair {
  __m512i first, second;
};

/// Words of two rows of 32 elements.
inline WordPair interleave(__m512i upper, __m512i lower) {
  return {words_of(_mm512_castsi512_si256(upper), _mm512_castsi512_si256(lower)),
          words_of(_mm512_extracti64x4_epi64(upper, 1), _mm512_extracti64x4_epi64(lower, 1))};
}

/// Where a column's words begin in panels of `words` words, `panel_columns` apart.
inline int64_t place_in_panels(int64_t column, int64_t words, int64_t panel_columns) {
  return column / panel_columns * words * panel_columns + column % panel_columns;
}

/// 16 rows and 32 columns of a weight, as 16 words of as many columns of panels.
inline void pack_forward_block(const WeightPacking& task, int64_t row, int64_t column) {
  __m512i rows[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) rows[i] = rounded_row(task.weight + (row + i) * task.in + column);
  transpose(rows);
  int32_t* const to =
      task.to + place_in_panels(row, task.in / 2, task.panel_columns) + column / 2 * task.panel_columns;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) _mm512_storeu_si512(to + i * task.panel_columns, rows[i]);
}

/// Words of two rows.
inline void store_words(int32_t* to, WordPair words) {
  _mm512_storeu_si512(to, words.first);
  _mm512_storeu_si512(to + kVector, words.second);
}

/// 32 elements of a row; zeros beyond the last token.
inline __m512i token_row(const TokenPacking& task, int64_t token, int64_t column) {
  if (token >= task.tokens) return _mm512_setzero_si512();
  return _mm512_loadu_si512(task.rows + token * task.columns + column);
}

/// The sums of the columns of one block.
struct ColumnSums {
  __m512 first = _mm512_setzero_ps(), second = _mm512_setzero_ps();

  void add(WordPair words) {
    first = _mm512_add_ps(first, both(words.first));
    second = _mm512_add_ps(second, both(words.second));
  }

  void add(const ColumnSums& other) {
    first = _mm512_add_ps(first, other.first);
    second = _mm512_add_ps(second, other.second);
  }

  static __m512 both(__m512i words) {
    const __m512i upper = _mm512_slli_epi32(words, 16);
    const __m512i lower = _mm512_and_si512(words, _mm512_set1_epi32(static_cast<int>(0xFFFF0000)));
    return _mm512_add_ps(_mm512_castsi512_ps(upper), _mm512_castsi512_ps(lower));
  }
};

/// 32 tokens and as many columns; returns their sums.
inline ColumnSums pack_left_block(const TokenPacking& task, int64_t stride, int64_t token, int64_t column) {
  __m512i first[16], second[16];
  ColumnSums sums;
#pragma GCC unroll 16
  for (int64_t i = 0; i < 16; ++i) {
    const WordPair words =
        interleave(token_row(task, token + 2 * i, column), token_row(task, token + 2 * i + 1, column));
    sums.add(words);
    first[i] = words.first;
    second[i] = words.second;
  }
  transpose(first);
  transpose(second);
  int32_t* const to = task.to + column * stride + token / 2;
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    _mm512_storeu_si512(to + i * stride, first[i]);
    _mm512_storeu_si512(to + (i + kVector) * stride, second[i]);
  }
  return sums;
}

}  // namespace

void pack_forward_weight(const WeightPacking& task, int64_t first, int64_t last) {
  for (int64_t row = first * kPackedBlock; row < last * kPackedBlock; row += kVector)
    for (int64_t column = 0; column < task.in; column += kPackedBlock) pack_forward_block(task, row, column);
}

void pack_backward_weight(const WeightPacking& task, int64_t first, int64_t last) {
  for (int64_t row = 0; row < task.out; row += 2)
    for (int64_t column = first * kPackedBlock; column < last * kPackedBlock; column += kPackedBlock) {
      const float* const from = task.weight + row * task.in + column;
      store_words(
          task.to + place_in_panels(column, task.out / 2, task.panel_columns) + row / 2 * task.panel_columns,
          interleave(rounded_row(from), rounded_row(from + task.in)));
    }
}

void pack_left(const TokenPacking& task, const TransposedTarget& target, int64_t first, int64_t last) {
  for (int64_t column = first * kPackedBlock; column < last * kPackedBlock; column += kPackedBlock) {
    ColumnSums sums;  // of blocks' sums, which rounds less than one sum of all tokens
    for (int64_t token = 0; token < task.tokens; token += kTokensAtOnce)
      sums.add(pack_left_block(task, target.stride, token, column));
    _mm512_storeu_ps(target.sums + column, sums.first);
    _mm512_storeu_ps(target.sums + column + kVector, sums.second);
  }
}

void pack_right(const TokenPacking& task, int64_t panel_columns, int64_t first, int64_t last) {
  for (int64_t word = 0; word < task.words; ++word)
    for (int64_t column = first * kPackedBlock; column < last * kPackedBlock; column += kPackedBlock)
      store_words(task.to + place_in_panels(column, task.words, panel_columns) + word * panel_columns,
                  interleave(token_row(task, 2 * word, column), token_row(task, 2 * word + 1, column)));
}

}  // namespace angle::kernels
