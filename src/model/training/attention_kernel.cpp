#include "model/training/attention_kernel.h"

#include <cmath>
#include <limits>

#include "model/training/small_matrix.h"

namespace angle {
namespace {

using avx512::first_lanes;
using avx512::kLanes;
using avx512::load;
using avx512::multiply;
using avx512::store;

constexpr int64_t kBlockRows = 32;  // query rows at a time: their probabilities stay in the cache

int64_t round_up(int64_t count) { return (count + kLanes - 1) / kLanes * kLanes; }

/// Hands out parts of the scratch memory.
class Scratch {
 public:
  explicit Scratch(float* memory) : next_(memory) {}

  float* take(int64_t rows, int64_t columns) {
    float* const part = next_;
    next_ += rows * columns;
    return part;
  }

 private:
  float* next_;
};

/// to [length, head_size] = factor · rows of T.
template <class T>
ANGLE_AVX512 void gather(const HeadShape& shape, const T* from, int64_t row, float factor, float* to) {
  for (int64_t t = 0; t < shape.length; ++t)
    for (int64_t i = 0; i < shape.head_size; i += kLanes) {
      const __mmask16 lanes = first_lanes(shape.head_size - i);
      store(to + t * shape.head_size + i, lanes,
            _mm512_mul_ps(load(from + t * row + i, lanes), _mm512_set1_ps(factor)));
    }
}

template <class T>
ANGLE_AVX512 void scatter(const float* from, int64_t tokens, int64_t columns, float factor, T* to,
                          int64_t row) {
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t i = 0; i < columns; i += kLanes) {
      const __mmask16 lanes = first_lanes(columns - i);
      store(to + t * row + i, lanes,
            _mm512_mul_ps(load(from + t * columns + i, lanes), _mm512_set1_ps(factor)));
    }
}

/// to [head_size, padded] = rowsᵀ.
ANGLE_AVX512 void transpose(const float* rows, int64_t length, int64_t head_size, int64_t padded, float* to) {
  const __m512i steps =
      _mm512_mullo_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                         _mm512_set1_epi32(static_cast<int>(head_size)));
  for (int64_t t = 0; t < length; t += kLanes) {
    const __mmask16 lanes = first_lanes(length - t);
    for (int64_t i = 0; i < head_size; ++i)
      store(to + i * padded + t, lanes,
            _mm512_mask_i32gather_ps(_mm512_setzero_ps(), lanes, steps, rows + t * head_size + i, 4));
  }
}

ANGLE_AVX512 void softmax(float* scores, int64_t count) {
  __m512 most = _mm512_set1_ps(-std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < count; i += kLanes) {
    const __mmask16 lanes = first_lanes(count - i);
    most = _mm512_mask_max_ps(most, lanes, most, load(scores + i, lanes));
  }
  const __m512 shift = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  __m512 sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < count; i += kLanes) {
    const __mmask16 lanes = first_lanes(count - i);
    const __m512 power = avx512::exp(_mm512_sub_ps(load(scores + i, lanes), shift));
    sum = _mm512_mask_add_ps(sum, lanes, sum, power);
    store(scores + i, lanes, power);
  }
  const __m512 share = _mm512_set1_ps(1 / _mm512_reduce_add_ps(sum));
  for (int64_t i = 0; i < count; i += kLanes) {
    const __mmask16 lanes = first_lanes(count - i);
    store(scores + i, lanes, _mm512_mul_ps(load(scores + i, lanes), share));
  }
}

/// Probabilities of `rows` query rows. @param keys [head_size, padded]
ANGLE_AVX512 void probabilities(const HeadShape& shape, const float* queries, const float* keys, int64_t rows,
                                float* to) {
  const int64_t padded = round_up(shape.length);
  multiply({queries, shape.head_size, 1}, {keys, padded}, {to, padded, false}, rows, shape.length,
           shape.head_size);
  for (int64_t row = 0; row < rows; ++row) softmax(to + row * padded, shape.length);
}

/// The mask of one row of probabilities.
constexpr int64_t kWordsAtOnce = 16;

ANGLE_AVX512 void drop(const HeadShape& shape, int64_t query_row, float* row) {
  const __m512 scale = _mm512_set1_ps(shape.mask_scale);
  const int64_t words = mask_words(shape.length);
  uint16_t kept[kWordsAtOnce];
  for (int64_t word = 0; word < words; word += kWordsAtOnce) {
    const int64_t count = std::min(kWordsAtOnce, words - word);
    keep_bits(shape.mask, (shape.mask_row + query_row) * words + word, count, kept);
    for (int64_t i = 0; i < count; ++i) {
      float* const at = row + (word + i) * kLanes;  // rows are padded to whole vectors
      _mm512_storeu_ps(at, _mm512_maskz_mul_ps(kept[i], _mm512_loadu_ps(at), scale));
    }
  }
}

/// Of one row, P the probabilities, M the mask's factors, G the gradient by P∘M:
/// by the scores it is P∘(M∘G − Σ P∘M∘G). Leaves P∘M in `probability` and the result in `gradient`.
ANGLE_AVX512 void backward_row(const HeadShape& shape, int64_t query_row, float* probability,
                               float* gradient) {
  const int64_t length = shape.length;
  if (shape.mask_scale > 0) drop(shape, query_row, gradient);
  __m512 sum = _mm512_setzero_ps();
  for (int64_t i = 0; i < length; i += kLanes) {
    const __mmask16 lanes = first_lanes(length - i);
    sum = _mm512_fmadd_ps(load(probability + i, lanes), load(gradient + i, lanes), sum);
  }
  const __m512 total = _mm512_set1_ps(_mm512_reduce_add_ps(sum));
  for (int64_t i = 0; i < length; i += kLanes) {
    const __mmask16 lanes = first_lanes(length - i);
    const __m512 centered = _mm512_sub_ps(load(gradient + i, lanes), total);
    store(gradient + i, lanes, _mm512_mul_ps(load(probability + i, lanes), centered));
  }
  if (shape.mask_scale > 0) drop(shape, query_row, probability);
}

float query_scale(const HeadShape& shape) { return 1 / std::sqrt(static_cast<float>(shape.head_size)); }

}  // namespace

int64_t head_scratch(int64_t length, int64_t head_size) {
  const int64_t padded = round_up(length);
  return 6 * length * head_size + 2 * head_size * padded + kBlockRows * (2 * padded + head_size);
}

template <class T>
void head_forward(const HeadShape& shape, const HeadInputs<T>& inputs, T* output, float* scratch) {
  const int64_t length = shape.length, size = shape.head_size, padded = round_up(length);
  Scratch memory(scratch);
  float *const query = memory.take(length, size), *const value = memory.take(length, size);
  float *const key = memory.take(length, size), *const keys = memory.take(size, padded);
  float *const scores = memory.take(kBlockRows, padded), *const result = memory.take(kBlockRows, size);
  gather(shape, inputs.query, shape.row, query_scale(shape), query);
  gather(shape, inputs.key, shape.row, 1, key);
  gather(shape, inputs.value, shape.row, 1, value);
  transpose(key, length, size, padded, keys);
  for (int64_t first = 0; first < length; first += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, length - first);
    probabilities(shape, query + first * size, keys, rows, scores);
    if (shape.mask_scale > 0)
      for (int64_t row = 0; row < rows; ++row) drop(shape, first + row, scores + row * padded);
    multiply({scores, padded, 1}, {value, size}, {result, size, false}, rows, size, length);
    scatter(result, rows, size, 1, output + first * shape.output_row, shape.output_row);
  }
}

template <class T>
void head_backward(const HeadShape& shape, const HeadInputs<T>& inputs, const T* gradient,
                   const HeadGradients<T>& result, float* scratch) {
  const int64_t length = shape.length, size = shape.head_size, padded = round_up(length);
  Scratch memory(scratch);
  float *const query = memory.take(length, size), *const key = memory.take(length, size);
  float *const value = memory.take(length, size), *const by_output = memory.take(length, size);
  float *const by_key = memory.take(length, size), *const by_value = memory.take(length, size);
  float *const keys = memory.take(size, padded), *const values = memory.take(size, padded);
  float *const scores = memory.take(kBlockRows, padded), *const by_scores = memory.take(kBlockRows, padded);
  float* const by_query = memory.take(kBlockRows, size);
  gather(shape, inputs.query, shape.row, query_scale(shape), query);
  gather(shape, inputs.key, shape.row, 1, key);
  gather(shape, inputs.value, shape.row, 1, value);
  gather(shape, gradient, shape.output_row, 1, by_output);
  transpose(key, length, size, padded, keys);
  transpose(value, length, size, padded, values);
  for (int64_t first = 0; first < length; first += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, length - first);
    const float *const queries = query + first * size, *const by_rows = by_output + first * size;
    const bool more = first > 0;
    probabilities(shape, queries, keys, rows, scores);
    multiply({by_rows, size, 1}, {values, padded}, {by_scores, padded, false}, rows, length, size);
    for (int64_t row = 0; row < rows; ++row)
      backward_row(shape, first + row, scores + row * padded, by_scores + row * padded);
    multiply({scores, 1, padded}, {by_rows, size}, {by_value, size, more}, length, size, rows);
    multiply({by_scores, 1, padded}, {queries, size}, {by_key, size, more}, length, size, rows);
    multiply({by_scores, padded, 1}, {key, size}, {by_query, size, false}, rows, size, length);
    scatter(by_query, rows, size, query_scale(shape), result.query + first * shape.row, shape.row);
  }
  scatter(by_key, length, size, 1, result.key, shape.row);
  scatter(by_value, length, size, 1, result.value, shape.row);
}

template void head_forward(const HeadShape&, const HeadInputs<float>&, float*, float*);
template void head_forward(const HeadShape&, const HeadInputs<c10::BFloat16>&, c10::BFloat16*, float*);
template void head_backward(const HeadShape&, const HeadInputs<float>&, const float*,
                            const HeadGradients<float>&, float*);
template void head_backward(const HeadShape&, const HeadInputs<c10::BFloat16>&, const c10::BFloat16*,
                            const HeadGradients<c10::BFloat16>&, float*);

}  // namespace angle
