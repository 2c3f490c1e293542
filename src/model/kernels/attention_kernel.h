// Attention of one text ("Attention Is All You Need", arXiv 1706.03762, eq. 1). Internal linkage,
// see tile.h.
//
// Keys are transposed and values interleaved into the layout of a product's right side, once; then twelve
// queries at a time meet all of the text's tokens, so that the softmax has whole rows to work on and nothing
// is rescaled.
#pragma once

#include "model/kernels/attention_head.h"
#include "model/kernels/tile.h"
#include "model/kernels/vector_math.h"

namespace angle::kernels {
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
  plan.values = plan.keys + divide_up(plan.key_vectors, kPanelVectors) * plan.head_words * kPanelColumns;
  plan.scores =
      plan.values + divide_up(plan.value_vectors, kPanelVectors) * plan.length_words * kPanelColumns;
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
      const int64_t keys = task.length - key, words = plan.head_words - word;
      Words block[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) block[i] = i < keys ? load_words(from + i * stride, words) : no_words();
      transpose(block);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i)
        if (i < words) store_words(to + i * kPanelColumns, block[i]);
    }
}

/// Sixteen columns of the values that meet one word of probabilities.
inline Words value_words(Float32, const AttentionTask& task, int64_t word, int64_t column) {
  return load_words(static_cast<const int32_t*>(task.value) + word * task.stride + column,
                    task.head_size - column);
}

#ifdef __AVX512BF16__
inline Words value_words(BFloat16, const AttentionTask& task, int64_t word, int64_t column) {
  const __mmask16 lanes = first_lanes(task.head_size - column);
  const auto* first = static_cast<const uint16_t*>(task.value) + 2 * word * task.stride + column;
  const __m512i low = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, first));
  if (2 * word + 1 == task.length) return low;
  const __m512i high = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, first + task.stride));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}
#endif

template <class Format>
void pack_values(const AttentionTask& task, const AttentionPlan& plan) {
  for (int64_t vector = 0; vector < plan.value_vectors; ++vector) {
    int32_t* to = plan.values + vector / kPanelVectors * plan.length_words * kPanelColumns +
                  vector % kPanelVectors * kVector;
    for (int64_t word = 0; word < plan.length_words; ++word)
      store_words(to + word * kPanelColumns, value_words(Format(), task, word, vector * kVector));
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
  const int64_t last_keys = task.length - last * kVector;
  Floats most = first_of(load(scores + last * kVector), last_keys, all(-__builtin_inff()));
  for (int64_t vector = 0; vector < last; ++vector) most = largest(most, load(scores + vector * kVector));
  const Floats factor = all(task.scale * 1.44269504F);
  const Floats offset = multiply(all(largest_of(most)), factor);
  Floats sum = zeros();
  for (int64_t vector = 0; vector <= last; ++vector) {
    const Floats exponent = multiply_subtract(load(scores + vector * kVector), factor, offset);
    const Floats value = first_of(exp2(exponent), vector == last ? last_keys : kVector, zeros());
    sum = add(sum, value);
    store(out, query, vector * kVector, value);
  }
  return sum_of(sum);
}

/// Any number of panels.
///
/// @param tile  of the first one
template <class Format>
inline void multiply_by_panels(int64_t rows, int64_t vectors, Tile tile) {
  for (; vectors > 0; vectors -= kPanelVectors) {
    multiply_tiles<Format>(rows, vectors < kPanelVectors ? vectors : kPanelVectors, tile);
    tile.right += tile.words * kPanelColumns;
    tile.out += kPanelColumns;
  }
}

template <class Format>
void score_queries(const AttentionTask& task, const AttentionPlan& plan, int64_t first, int64_t queries) {
  const int64_t stride = task.stride / elements_per_word(Format::kElement);
  multiply_by_panels<Format>(queries, plan.key_vectors,
                             {.left = static_cast<const int32_t*>(task.query) + first * stride,
                              .left_stride = stride,
                              .right = plan.keys,
                              .right_stride = kPanelColumns,
                              .words = plan.head_words,
                              .out = plan.scores,
                              .out_stride = plan.score_stride()});
}

template <class Format>
void weigh_values(const AttentionPlan& plan, int64_t queries) {
  multiply_by_panels<Format>(queries, plan.value_vectors,
                             {.left = plan.probabilities,
                              .left_stride = plan.score_stride(),
                              .right = plan.values,
                              .right_stride = kPanelColumns,
                              .words = plan.length_words,
                              .out = plan.context,
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
        const Floats context = divide(load(values + vector * kVector), all(sums[query]));
        store(task.context, first + query, vector * kVector, context, task.head_size - vector * kVector);
      }
  }
}

template <class Format>
void attend(const AttentionTask& task) {
  for (int64_t head = 0; head < task.heads; ++head)
    attend_head<Format>(head_of(task, Format::kElement, head));
}

}  // namespace
}  // namespace angle::kernels
