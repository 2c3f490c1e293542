// Attention of one text by AMX, in bfloat16. Internal linkage, see tile.h.
//
// Sixteen queries at a time meet all keys. Their scores are computed with keys as rows and queries as
// columns, so that sixteen softmaxes run side by side, each in a lane; the probabilities are turned round for
// the product with the values.
#pragma once

#include "model/kernels/amx_tile.h"
#include "model/kernels/attention_head.h"
#include "model/kernels/lanes.h"

namespace angle::kernels {
namespace {

constexpr int64_t kTileBytes = 64;  // of a row

/// Sizes and scratch memory of one head.
struct AmxAttentionPlan {
  int64_t head_words;         // of a query or key, a multiple of kTileWords
  int64_t key_tiles;          // of the text's tokens
  int64_t pair_tiles;         // of the text's pairs of tokens: words of probabilities
  int64_t probability_words;  // from one query to the next
  int32_t* queries;           // [head_words, 16 queries]
  int32_t* last_keys;         // [16, head_words], zero beyond the text
  int32_t* values;            // [pairs, head_size] words of two tokens, zero beyond the text
  float* scores;              // [keys, 16 queries]
  int32_t* probabilities;     // [16 queries, pairs]
  float* context;             // [16 queries, head_size]
};

inline AmxAttentionPlan make_amx_plan(const AttentionTask& task) {
  AmxAttentionPlan plan{.head_words = task.head_size / 2,
                        .key_tiles = divide_up(task.length, kTileRows),
                        .pair_tiles = divide_up(task.length, 2 * kTileWords)};
  plan.probability_words = (plan.pair_tiles | 1) * kTileWords;  // an odd number of cache lines
  plan.queries = task.scratch;
  plan.last_keys = plan.queries + plan.head_words * kVector;
  plan.values = plan.last_keys + kTileRows * plan.head_words;
  plan.scores = reinterpret_cast<float*>(plan.values + plan.pair_tiles * kTileWords * task.head_size);
  plan.probabilities = reinterpret_cast<int32_t*>(plan.scores + plan.key_tiles * kTileRows * kVector);
  plan.context = reinterpret_cast<float*>(plan.probabilities + kVector * plan.probability_words);
  return plan;
}

inline const int32_t* row_of(const void* matrix, const AttentionTask& task, int64_t token) {
  return static_cast<const int32_t*>(matrix) + token * task.stride / 2;
}

/// A tile has all of its rows, so where the text ends within one its keys are copied.
inline void copy_last_keys(const AttentionTask& task, const AmxAttentionPlan& plan) {
  const int64_t first = (plan.key_tiles - 1) * kTileRows;
  for (int64_t key = 0; key < kTileRows; ++key)
    for (int64_t word = 0; word < plan.head_words; word += kVector) {
      const bool is_inside = first + key < task.length;
      _mm512_storeu_si512(plan.last_keys + key * plan.head_words + word,
                          is_inside ? _mm512_loadu_si512(row_of(task.key, task, first + key) + word)
                                    : _mm512_setzero_si512());
    }
}

/// Pairs of tokens, column by column. Of 32 columns those that unpacklo finds come first, then those of
/// unpackhi: sets of four take turns. store_context() puts them in order again.
inline void pack_value_pairs(const AttentionTask& task, const AmxAttentionPlan& plan) {
  for (int64_t pair = 0; pair < plan.pair_tiles * kTileWords; ++pair)
    for (int64_t word = 0; word < plan.head_words; word += kVector) {
      const auto load = [&](int64_t token) {
        return token < task.length ? _mm512_loadu_si512(row_of(task.value, task, token) + word)
                                   : _mm512_setzero_si512();
      };
      const __m512i first = load(2 * pair), second = load(2 * pair + 1);
      int32_t* const to = plan.values + pair * task.head_size + 2 * word;
      _mm512_storeu_si512(to, _mm512_unpacklo_epi16(first, second));
      _mm512_storeu_si512(to + kVector, _mm512_unpackhi_epi16(first, second));
    }
}

/// Queries beyond the last are zero.
inline void transpose_queries(const AttentionTask& task, const AmxAttentionPlan& plan, int64_t first) {
  const int64_t queries = task.queries - first;
  for (int64_t word = 0; word < plan.head_words; word += kVector) {
    __m512i block[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i)
      block[i] = i < queries ? _mm512_loadu_si512(row_of(task.query, task, first + i) + word)
                             : _mm512_setzero_si512();
    transpose(block);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) _mm512_storeu_si512(plan.queries + (word + i) * kVector, block[i]);
  }
}

/// Key · query of sixteen queries and all keys.
inline void score_by_tiles(const AttentionTask& task, const AmxAttentionPlan& plan) {
  memory_barrier();
  for (int64_t tile = 0; tile < plan.key_tiles; ++tile) {
    const bool is_cut = (tile + 1) * kTileRows > task.length;
    const int32_t* keys = is_cut ? plan.last_keys : row_of(task.key, task, tile * kTileRows);
    const int64_t key_bytes = is_cut ? plan.head_words * 4 : task.stride * 2;
    _tile_zero(0);
    for (int64_t word = 0; word < plan.head_words; word += kTileWords) {
      _tile_loadd(4, keys + word, key_bytes);
      _tile_loadd(6, plan.queries + word * kVector, kTileBytes);
      _tile_dpbf16ps(0, 4, 6);
    }
    _tile_stored(0, plan.scores + tile * kTileRows * kVector, kTileBytes);
  }
  memory_barrier();
}

/// The largest score of each of sixteen queries.
inline __m512 largest_scores(const AttentionTask& task, const AmxAttentionPlan& plan) {
  __m512 largest[4];  // independent, so that none waits for another
  for (__m512& of_some : largest) of_some = _mm512_loadu_ps(plan.scores);
  int64_t key = 0;
  for (; key + 4 <= task.length; key += 4)
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i)
      largest[i] = _mm512_max_ps(largest[i], _mm512_loadu_ps(plan.scores + (key + i) * kVector));
  for (; key < task.length; ++key)
    largest[0] = _mm512_max_ps(largest[0], _mm512_loadu_ps(plan.scores + key * kVector));
  return _mm512_max_ps(_mm512_max_ps(largest[0], largest[1]), _mm512_max_ps(largest[2], largest[3]));
}

/// Two vectors of sixteen floats as sixteen words of two bfloat16.
inline __m512i as_pairs(__m512 low, __m512 high) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7,
                                         22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
}

/// 2^x for x ≤ 0, within a ten-thousandth of it, a twentieth of what bfloat16 rounds; at least 2^−126.
inline __m512 coarse_exp2(__m512 x) {
  const __m512 bounded = _mm512_max_ps(_mm512_set1_ps(-126.0F), x);  // keeps NaN
  // Added to 1.5 · 2²³, a number is rounded, and its last bits are the integer.
  const __m512 shift = _mm512_set1_ps(12582912.0F);
  const __m512 shifted = _mm512_add_ps(bounded, shift);
  const __m512 fraction = _mm512_sub_ps(bounded, _mm512_sub_ps(shifted, shift));
  __m512 power = _mm512_set1_ps(0.0558382829F);
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.2426394785F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.6931367339F));
  power = _mm512_fmadd_ps(power, fraction, _mm512_set1_ps(0.9999245570F));
  const __m512i exponent = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(power), exponent));
}

/// exp(scale · (score − largest)) in bfloat16, zero beyond the text.
///
/// @return  the sum of each query
inline __m512 exponentials_of_queries(const AttentionTask& task, const AmxAttentionPlan& plan) {
  const __m512 factor = _mm512_set1_ps(task.scale * 1.44269504F);
  const __m512 offset = _mm512_mul_ps(largest_scores(task, plan), factor);
  const auto power = [&](int64_t key) {
    return coarse_exp2(_mm512_fmsub_ps(_mm512_loadu_ps(plan.scores + key * kVector), factor, offset));
  };
  __m512 even_sum = _mm512_setzero_ps(), odd_sum = _mm512_setzero_ps();
  for (int64_t tile = 0; tile < plan.pair_tiles; ++tile) {
    __m512i pairs[16];
    for (int64_t i = 0; i < kTileWords; ++i) {
      const int64_t key = 2 * (tile * kTileWords + i);
      const __m512 even = key < task.length ? power(key) : _mm512_setzero_ps();
      const __m512 odd = key + 1 < task.length ? power(key + 1) : _mm512_setzero_ps();
      even_sum = _mm512_add_ps(even_sum, even);
      odd_sum = _mm512_add_ps(odd_sum, odd);
      pairs[i] = as_pairs(even, odd);
    }
    transpose(pairs);
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i)
      _mm512_storeu_si512(plan.probabilities + i * plan.probability_words + tile * kTileWords, pairs[i]);
  }
  return _mm512_add_ps(even_sum, odd_sum);
}

inline void weigh_by_tiles(const AttentionTask& task, const AmxAttentionPlan& plan) {
  const int64_t row_bytes = task.head_size * 4;
  memory_barrier();
  for (int64_t column = 0; column < task.head_size; column += 2 * kVector) {
    const int32_t* values = plan.values + column;
    _tile_zero(0);
    _tile_zero(1);
    for (int64_t tile = 0; tile < plan.pair_tiles; ++tile, values += kTileWords * task.head_size) {
      _tile_loadd(4, plan.probabilities + tile * kTileWords, plan.probability_words * 4);
      _tile_loadd(6, values, row_bytes);
      _tile_loadd(7, values + kVector, row_bytes);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
    }
    _tile_stored(0, plan.context + column, row_bytes);
    _tile_stored(1, plan.context + column + kVector, row_bytes);
  }
  memory_barrier();
}

/// 32 columns in the order of pack_value_pairs().
inline void store_context(const Rows& rows, int64_t row, int64_t column, __m512 low, __m512 high) {
  if (rows.element == Element::bfloat16) {
    const __m512i order = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
    _mm512_storeu_si512(
        static_cast<uint16_t*>(rows.data) + row * rows.stride + column,
        _mm512_permutexvar_epi64(order, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low))));
    return;
  }
  const __m512i first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0),
                second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  const __m512i from = _mm512_castps_si512(low), and_from = _mm512_castps_si512(high);
  float* const to = static_cast<float*>(rows.data) + row * rows.stride + column;
  _mm512_storeu_si512(to, _mm512_permutex2var_epi64(from, first, and_from));
  _mm512_storeu_si512(to + kVector, _mm512_permutex2var_epi64(from, second, and_from));
}

inline void attend_head_by_tiles(const AttentionTask& task) {
  const AmxAttentionPlan plan = make_amx_plan(task);
  copy_last_keys(task, plan);
  pack_value_pairs(task, plan);
  for (int64_t first = 0; first < task.queries; first += kVector) {
    transpose_queries(task, plan, first);
    score_by_tiles(task, plan);
    alignas(64) float shares[kVector];
    _mm512_store_ps(shares, _mm512_div_ps(_mm512_set1_ps(1), exponentials_of_queries(task, plan)));
    weigh_by_tiles(task, plan);
    for (int64_t query = 0; query < kVector && first + query < task.queries; ++query)
      for (int64_t column = 0; column < task.head_size; column += 2 * kVector) {
        const float* context = plan.context + query * task.head_size + column;
        const __m512 share = _mm512_set1_ps(shares[query]);
        store_context(task.context, first + query, column, _mm512_mul_ps(_mm512_loadu_ps(context), share),
                      _mm512_mul_ps(_mm512_loadu_ps(context + kVector), share));
      }
  }
}

}  // namespace
}  // namespace angle::kernels
