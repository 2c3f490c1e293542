// Attention of one text ("Attention Is All You Need", arXiv 1706.03762, eq. 1). Internal linkage,
// see tile.h.
//
// Keys are transposed and values interleaved into the layout of a product's right side, once; then twelve
// queries at a time meet all of the text's tokens, so that the softmax has whole rows to work on and nothing
// is rescaled.
#pragma once

#include "model/avx512/attention_head.h"
#include "model/avx512/tile.h"
#include "model/avx512/vector_math.h"

namespace angle::avx512 {
namespace {

constexpr int64_t kQueries = 12;

/// Sizes and scratch memory of one head.
struct AttentionPlan {
  int64_t key_vectors;     // of the text's tokens
  int64_t head_words;      // of a query or key
  int64_t length_words;    // of a row of probabilities
  int64_t value_vectors;   // of a head's columns
  int32_t* keys;           // [panels, head_words, kPanelColumns]
  int32_t* values;         // [panels, length_words, kPanelColumns]
  int32_t* scores;         // [kQueries, key_vectors · 16] float32
  int32_t* probabilities;  // the same, of the format's elements
  int32_t* context;        // [kQueries, value_vectors · 16] float32

  int64_t score_stride() const { return key_vectors * kVector; }
  int64_t context_stride() const { return value_vectors * kVector; }
};

template <class Format>
AttentionPlan make_plan(const AttentionTask& task) {
  constexpr int64_t kPerWord = elements_per_word(Format::kElement);
  AttentionPlan plan{.key_vectors = divide_up(task.length, kVector),
                     .head_words = task.head_size / kPerWord,
                     .length_words = divide_up(task.length, kPerWord),
                     .value_vectors = divide_up(task.head_size, kVector)};
  plan.keys = task.scratch;
  plan.values = plan.keys + divide_up(plan.key_vectors, 4) * plan.head_words * kPanelColumns;
  plan.scores = plan.values + divide_up(plan.value_vectors, 4) * plan.length_words * kPanelColumns;
  plan.probabilities = plan.scores + kQueries * plan.score_stride();
  plan.context = plan.probabilities + kQueries * plan.score_stride();
  return plan;
}

/// The words of sixteen keys, transposed; keys beyond the text are zero.
template <class Format>
void pack_keys(const AttentionTask& task, const AttentionPlan& plan) {
  const int64_t stride = task.stride / elements_per_word(Format::kElement);
  for (int64_t key = 0; key < task.length; key += kVector)
    for (int64_t word = 0; word < plan.head_words; word += kVector) {
      const auto* from = static_cast<const int32_t*>(task.key) + key * stride + word;
      int32_t* to =
          plan.keys + (key / kPanelColumns * plan.head_words + word) * kPanelColumns + key % kPanelColumns;
      const __mmask16 words = first_lanes(plan.head_words - word);
      const int64_t keys = task.length - key;
      __m512i block[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i)
        block[i] = i < keys ? _mm512_maskz_loadu_epi32(words, from + i * stride) : _mm512_setzero_si512();
      transpose(block);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i)
        if (word + i < plan.head_words) _mm512_storeu_si512(to + i * kPanelColumns, block[i]);
    }
}

/// Sixteen columns of the values that meet one word of probabilities.
template <class Format>
inline __m512i value_words(const AttentionTask& task, int64_t word, int64_t column) {
  const __mmask16 lanes = first_lanes(task.head_size - column);
  if constexpr (Format::kElement == Element::float32) {
    return _mm512_maskz_loadu_epi32(lanes,
                                    static_cast<const int32_t*>(task.value) + word * task.stride + column);
  } else {
    const auto* first = static_cast<const uint16_t*>(task.value) + 2 * word * task.stride + column;
    const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, first));
    if (2 * word + 1 == task.length) return low;
    const __m512i high = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, first + task.stride));
    return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
  }
}

template <class Format>
void pack_values(const AttentionTask& task, const AttentionPlan& plan) {
  for (int64_t vector = 0; vector < plan.value_vectors; ++vector) {
    int32_t* to = plan.values + vector / 4 * plan.length_words * kPanelColumns + vector % 4 * kVector;
    for (int64_t word = 0; word < plan.length_words; ++word)
      _mm512_storeu_si512(to + word * kPanelColumns, value_words<Format>(task, word, vector * kVector));
  }
}

/// exp(scale · (score − largest)) of a row in the product's format, zero beyond the text.
///
/// @return  their sum
template <class Format>
float exponentials(const AttentionTask& task, const AttentionPlan& plan, int64_t query) {
  const auto* scores = reinterpret_cast<const float*>(plan.scores + query * plan.score_stride());
  const Rows out{
      Format::kElement, plan.probabilities, plan.score_stride() * elements_per_word(Format::kElement), {}};
  const int64_t last = plan.key_vectors - 1;
  const __mmask16 last_lanes = first_lanes(task.length - last * kVector);
  __m512 largest = _mm512_mask_mov_ps(_mm512_set1_ps(-__builtin_inff()), last_lanes,
                                      _mm512_loadu_ps(scores + last * kVector));
  for (int64_t vector = 0; vector < last; ++vector)
    largest = _mm512_max_ps(largest, _mm512_loadu_ps(scores + vector * kVector));
  const __m512 factor = _mm512_set1_ps(task.scale * 1.44269504F);
  const __m512 offset = _mm512_mul_ps(_mm512_set1_ps(_mm512_reduce_max_ps(largest)), factor);
  __m512 sum = _mm512_setzero_ps();
  for (int64_t vector = 0; vector <= last; ++vector) {
    const __m512 exponent = _mm512_fmsub_ps(_mm512_loadu_ps(scores + vector * kVector), factor, offset);
    const __m512 value = _mm512_maskz_mov_ps(vector == last ? last_lanes : __mmask16{0xFFFF}, exp2(exponent));
    sum = _mm512_add_ps(sum, value);
    store(out, query, vector * kVector, value);
  }
  return _mm512_reduce_add_ps(sum);
}

template <class Format>
void score_queries(const AttentionTask& task, const AttentionPlan& plan, int64_t first, int64_t queries) {
  const int64_t stride = task.stride / elements_per_word(Format::kElement);
  for (int64_t vector = 0; vector < plan.key_vectors; vector += 4)
    multiply_tiles<Format>(queries, plan.key_vectors - vector < 4 ? plan.key_vectors - vector : 4,
                           {.left = static_cast<const int32_t*>(task.query) + first * stride,
                            .left_stride = stride,
                            .right = plan.keys + vector / 4 * plan.head_words * kPanelColumns,
                            .right_stride = kPanelColumns,
                            .words = plan.head_words,
                            .out = plan.scores + vector * kVector,
                            .out_stride = plan.score_stride()});
}

template <class Format>
void weigh_values(const AttentionPlan& plan, int64_t queries) {
  for (int64_t vector = 0; vector < plan.value_vectors; vector += 4)
    multiply_tiles<Format>(queries, plan.value_vectors - vector < 4 ? plan.value_vectors - vector : 4,
                           {.left = plan.probabilities,
                            .left_stride = plan.score_stride(),
                            .right = plan.values + vector / 4 * plan.length_words * kPanelColumns,
                            .right_stride = kPanelColumns,
                            .words = plan.length_words,
                            .out = plan.context + vector * kVector,
                            .out_stride = plan.context_stride()});
}

template <class Format>
void attend_head(const AttentionTask& task) {
  const AttentionPlan plan = make_plan<Format>(task);
  pack_keys<Format>(task, plan);
  pack_values<Format>(task, plan);
  for (int64_t first = 0; first < task.queries; first += kQueries) {
    const int64_t queries = task.queries - first < kQueries ? task.queries - first : kQueries;
    score_queries<Format>(task, plan, first, queries);
    float sums[kQueries];
    for (int64_t query = 0; query < queries; ++query) sums[query] = exponentials<Format>(task, plan, query);
    weigh_values<Format>(plan, queries);
    for (int64_t query = 0; query < queries; ++query)
      for (int64_t vector = 0; vector < plan.value_vectors; ++vector) {
        const auto* values = reinterpret_cast<const float*>(plan.context + query * plan.context_stride());
        const __m512 context =
            _mm512_div_ps(_mm512_loadu_ps(values + vector * kVector), _mm512_set1_ps(sums[query]));
        store(task.context, first + query, vector * kVector, context,
              first_lanes(task.head_size - vector * kVector));
      }
  }
}

template <class Format>
void attend(const AttentionTask& task) {
  for (int64_t head = 0; head < task.heads; ++head)
    attend_head<Format>(head_of(task, Format::kElement, head));
}

}  // namespace
}  // namespace angle::avx512
